"""What one photo costs in arithmetic, by formula: needs no GPU, and has no noise.

    python -m benchmarks.arithmetic

A product of matrices [a, b] x [b, c] counts 2abc, attention as if every query token met every key, elementwise work not
at all: as torch's FlopCounterMode counts, to which tests/model/test_arithmetic.py holds every formula.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from benchmarks.operators import print_operators
from lychee_rerank.model.patches import MERGE, PATCH_PX, TOKEN_PX

PATCH_VALUES = 2 * 3 * PATCH_PX**2  # of a patch: two frames, three colours
WINDOW_TOKENS = 4  # visual tokens per side of an attention window: 112 pixels
FULL_TOKENS, QUICK_TOKENS = (
    1280,
    64,
)  # pixel budgets, in visual tokens: what the weights were trained with, a quick look


@dataclass(frozen=True, slots=True)
class Shapes:
    """The sizes of a Qwen2.5-VL's layers."""

    vision_layers: int
    vision_full_attention: int  # layers whose patches all attend to each other
    vision_hidden: int
    vision_intermediate: int
    layers: int
    hidden: int
    intermediate: int
    key_value_width: int  # of all key heads together
    vocabulary: int


# https://huggingface.co/Qwen/Qwen2.5-VL-7B-Instruct/blob/main/config.json, the shapes of the lychee weights too
SEVEN_B = Shapes(
    vision_layers=32,
    vision_full_attention=4,
    vision_hidden=1280,
    vision_intermediate=3420,
    layers=28,
    hidden=3584,
    intermediate=18944,
    key_value_width=4 * 128,
    vocabulary=152064,
)


def shapes_of(config: Any) -> Shapes:
    """The sizes in a transformers configuration."""
    vision, text = config.vision_config, config.text_config
    return Shapes(
        vision_layers=vision.depth,
        vision_full_attention=len(vision.fullatt_block_indexes),
        vision_hidden=vision.hidden_size,
        vision_intermediate=vision.intermediate_size,
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        intermediate=text.intermediate_size,
        key_value_width=text.hidden_size // text.num_attention_heads * text.num_key_value_heads,
        vocabulary=text.vocab_size,
    )


def visual_tokens(width_px: int, height_px: int) -> int:
    """Of a photo of this size, both multiples of TOKEN_PX."""
    return width_px * height_px // TOKEN_PX**2


def visual_features(shapes: Shapes, width_px: int, height_px: int) -> int:
    """The vision layers and the merger over one photo."""
    tokens, hidden = visual_tokens(width_px, height_px), shapes.vision_hidden
    patches = tokens * MERGE**2
    linear = 4 * hidden**2 + 3 * hidden * shapes.vision_intermediate
    in_windows = sum(window**2 for window in _windows(width_px // TOKEN_PX, height_px // TOKEN_PX))
    windowed = (shapes.vision_layers - shapes.vision_full_attention) * in_windows
    attention = 4 * hidden * (windowed + shapes.vision_full_attention * patches**2)
    merged = MERGE**2 * hidden
    merger = 2 * tokens * (merged**2 + merged * shapes.hidden)
    return 2 * patches * (PATCH_VALUES * hidden + shapes.vision_layers * linear) + attention + merger


def _windows(columns: int, rows: int) -> Iterator[int]:
    """The patches in each attention window of a photo of so many visual tokens."""
    for left, top in product(range(0, columns, WINDOW_TOKENS), range(0, rows, WINDOW_TOKENS)):
        yield min(WINDOW_TOKENS, columns - left) * min(WINDOW_TOKENS, rows - top) * MERGE**2


def prefill(shapes: Shapes, tokens: int, *, cached: int = 0, last_mlp_rows: int | None = None, logits: int = 0) -> int:
    """The language layers over so many tokens behind a cache; the last MLP over some rows alone, where it is said."""
    hidden, mlp = shapes.hidden, 3 * shapes.hidden * shapes.intermediate
    attention = tokens * (2 * hidden**2 + 2 * hidden * shapes.key_value_width) + 2 * hidden * tokens * (cached + tokens)
    mlp_rows = (shapes.layers - 1) * tokens + (tokens if last_mlp_rows is None else last_mlp_rows)
    return 2 * (shapes.layers * attention + mlp_rows * mlp + logits * hidden * shapes.vocabulary)


@dataclass(frozen=True, slots=True)
class Prompt:
    """How many tokens stand before and behind the photo."""

    before: int
    behind: int


def plain_loop(shapes: Shapes, size: tuple[int, int], prompt: Prompt, *, answer_tokens: int) -> int:
    """The whole prompt in one pass for each photo, then a pass per further token, as `generate` does."""
    tokens = prompt.before + visual_tokens(*size) + prompt.behind
    first = visual_features(shapes, *size) + prefill(shapes, tokens, logits=1)
    return first + sum(prefill(shapes, 1, cached=tokens + n, logits=1) for n in range(answer_tokens - 1))


def encode(shapes: Shapes, size: tuple[int, int], prompt: Prompt) -> int:
    """A photo behind the cached start of the prompt, of which no row is read."""
    tokens = visual_tokens(*size)
    return visual_features(shapes, *size) + prefill(shapes, tokens, cached=prompt.before, last_mlp_rows=0)


def next_query(shapes: Shapes, size: tuple[int, int], prompt: Prompt, *, answer_tokens: int) -> int:
    """A query behind an encoded photo and a "1" behind it, whose two rows are read; then a pass per further token."""
    cached, tokens = prompt.before + visual_tokens(*size), prompt.behind + 1
    first = prefill(shapes, tokens, cached=cached, last_mlp_rows=2, logits=2)
    further = (prefill(shapes, 1, cached=cached + prompt.behind + n, logits=1) for n in range(answer_tokens - 1))
    return first + sum(further)


def least(shapes: Shapes, size: tuple[int, int], prompt: Prompt) -> int:
    """What no order of the same work leaves out: each token of photo and query once, the logits of one row."""
    cached = prompt.before + visual_tokens(*size)
    return encode(shapes, size, prompt) + prefill(shapes, prompt.behind, cached=cached, last_mlp_rows=1, logits=1)


def look(shapes: Shapes, size: tuple[int, int], prompt: Prompt, *, answer_tokens: int = 1) -> int:
    """A query about a photo that was never seen, at this size."""
    return encode(shapes, size, prompt) + next_query(shapes, size, prompt, answer_tokens=answer_tokens)


def kept_bytes(shapes: Shapes, size: tuple[int, int], *, number_bytes: int = 2) -> int:
    """The KV cache that is kept of an encoded photo, in BF16 unless numbers are of another size."""
    return visual_tokens(*size) * 2 * shapes.layers * shapes.key_value_width * number_bytes


def fit_size(width_px: int, height_px: int, *, budget_tokens: int) -> tuple[int, int]:
    """The (width, height) in pixels that so many visual tokens have room for; a ribbon of a photo may take more."""
    most, least = budget_tokens * TOKEN_PX**2, 4 * TOKEN_PX**2
    height, width = smart_resize(height_px, width_px, factor=TOKEN_PX, min_pixels=least, max_pixels=most)
    return width, height


@dataclass(frozen=True, slots=True)
class Ratio:
    """One count against another, and how large it may be at most."""

    name: str
    of: int
    to: int
    at_most: float


def ratios(shapes: Shapes, full: tuple[int, int], small: tuple[int, int], prompt: Prompt) -> tuple[Ratio, ...]:
    """What a quick look may cost beside a full look, and a full look beside the least."""
    whole, quick = look(shapes, full, prompt), look(shapes, small, prompt)
    run = look(shapes, full, prompt, answer_tokens=4)
    return (
        Ratio("a quick look, of a full look", quick, whole, 1 / 8),
        Ratio("a full look, of the least", whole, least(shapes, full, prompt), 1.03),
        Ratio("a run by `number` with a quick look at every photo first, of one without", run + quick, run, 1.12),
    )


def print_costs(shapes: Shapes, full: tuple[int, int], small: tuple[int, int], prompt: Prompt) -> None:
    """The table of one photo."""
    whole = look(shapes, full, prompt)
    rows = {
        "plain loop, 4 answer tokens": plain_loop(shapes, full, prompt, answer_tokens=4),
        "full look, `number`, 4 answer tokens": look(shapes, full, prompt, answer_tokens=4),
        "full look, 1 answer token": whole,
        "the least that a full look can cost": least(shapes, full, prompt),
        "quick look, 1 answer token": look(shapes, small, prompt),
        "next query, `number`, 4 answer tokens": next_query(shapes, full, prompt, answer_tokens=4),
        "next query, 1 answer token": next_query(shapes, full, prompt, answer_tokens=1),
        "next query over a remembered quick look, 1 answer token": next_query(shapes, small, prompt, answer_tokens=1),
    }
    tokens = f"{visual_tokens(*full)} visual tokens, {visual_tokens(*small)} at a quick look"
    print(f"| one photo of {tokens}, at the 7B's shapes | TFLOP | of a full look |")
    print("|---|---|---|")
    for name, operations in rows.items():
        print(f"| {name} | {operations / 1e12:.2f} | {operations / whole:.1%} |")
    kept = " and ".join(f"{kept_bytes(shapes, size) / 1e6:.1f} MB" for size in (full, small))
    print(f"\nThe KV cache kept of a full look and of a quick look, in BF16: {kept}\n")


def main() -> None:
    """Prints the tables for the 7B's shapes, and how many operators its layers take."""
    prompt = Prompt(before=35, behind=90)
    full, small = (fit_size(1024, 768, budget_tokens=budget) for budget in (FULL_TOKENS, QUICK_TOKENS))
    print_costs(SEVEN_B, full, small, prompt)
    print("| ratio | counted | bar, at most |\n|---|---|---|")
    for ratio in ratios(SEVEN_B, full, small, prompt):
        verdict = "" if ratio.of / ratio.to <= ratio.at_most else " **above**"
        print(f"| {ratio.name} | {ratio.of / ratio.to:.3f}{verdict} | {ratio.at_most:g} |", flush=True)
    print()
    with tempfile.TemporaryDirectory() as folder:
        print_operators(Path(folder) / "narrow", full, small)


if __name__ == "__main__":
    main()
