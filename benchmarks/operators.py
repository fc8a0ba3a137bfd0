"""How many operators one photo takes: what a GPU has to be handed one by one, whatever their size; without any noise.

    python -m benchmarks.arithmetic     prints it beside the arithmetic

Counted are the aten operators that compute or copy, once composite ones are taken apart, while the engine runs on a
random model with the layers of the 7B, a few numbers wide, in BF16 on the CPU; views and allocations are left out. On a
GPU most of them are one kernel launch; fused kernels and the little that is worked out on the host differ.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import Qwen2_5_VLForConditionalGeneration

from benchmarks.plain import PlainLoop
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model.network import prepare_picture
from lychee_rerank.model.prompt import PrefilledPrompt
from lychee_rerank.model.vlm import MOST_AT_ONCE, VisionLanguageModel
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice
from lychee_rerank.scoring.prompts import NUMBER
from tools.full_size_checkpoint import TEXT, VISION, build_config, write_checkpoint

NARROW_VISION = {**VISION, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 32}
NARROW_TEXT = {
    "num_hidden_layers": TEXT["num_hidden_layers"],
    "layer_types": TEXT["layer_types"],
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
NARROW_ROPE = {"mrope_section": [2, 3, 3]}
AT_ONCE = 4  # quick looks that the scorer encodes together
QUERY = "a sofa and a cup of coffee"
NO_WORK = ("empty", "_unsafe_view")  # how the names of operators begin that neither compute nor copy


class OperatorCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operators by name while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()

    def __torch_dispatch__(
        self, operator: Any, types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Takes a composite operator apart, counts any other."""
        with self:
            parts = operator.decompose(*args, **(kwargs or {}))
        if parts is not NotImplemented:
            return parts
        name = operator.overloadpacket.__name__
        if not operator.is_view and not name.removeprefix("new_").startswith(NO_WORK):
            self.counted[name] += 1
        return operator(*args, **(kwargs or {}))


def count_operators(act: Callable[[], object]) -> Counter[str]:
    """How many of each kind a call takes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the operators are so small that on a busy machine threads do little but wait
    try:
        with OperatorCounter() as counter:
            act()
    finally:
        torch.set_num_threads(threads)
    return counter.counted


def load_narrow(folder: Path) -> VisionLanguageModel:
    """A random model with the layers of the 7B, written into the folder, which must not be there."""
    write_checkpoint(folder, build_config(NARROW_VISION, NARROW_TEXT, NARROW_ROPE), shards=1)
    choice = ModelChoice(folder=folder, name="narrow", demo=True, reason=ChoiceReason.REQUESTED)
    return load_model(choice, device="cpu", dtype="bfloat16", pixel_budget_px=None, empty_cache=EmptyCache.NEVER)


@dataclass(frozen=True, slots=True)
class Look:
    """Operators that a batch of photos takes: to encode them, and to answer one query about them."""

    encode: int
    answer: int


def count_look(
    prompt: PrefilledPrompt, model: VisionLanguageModel, sizes: Sequence[tuple[int, int]], *, answer_tokens: int = 1
) -> Look:
    """For photos of these (width, height) in pixels, encoded together and answered together."""
    prepared = [prepare_picture(model.processor, Image.new("RGB", size)) for size in sizes]
    encoded = prompt.encode(prepared)  # once uncounted: where its windows lie is found once per shape
    answer = count_operators(lambda: prompt.generate(encoded, max_tokens=answer_tokens, until=lambda _: False))
    return Look(encode=count_operators(lambda: prompt.encode(prepared)).total(), answer=answer.total())


def count_plain_loop(model: VisionLanguageModel, size: tuple[int, int], *, answer_tokens: int) -> int:
    """One photo by `generate` of the same weights, as transformers has it."""
    network: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(model.card.folder, dtype=torch.bfloat16).eval()
    inputs = PlainLoop(model).inputs(QUERY, Image.new("RGB", size))
    options = {"do_sample": False, "max_new_tokens": answer_tokens, "min_new_tokens": answer_tokens}
    with torch.inference_mode():
        return count_operators(lambda: network.generate(**inputs, **options)).total()


def count_all(folder: Path, full: tuple[int, int], small: tuple[int, int]) -> dict[str, float]:
    """What is done with a photo, and the operators that it takes; `folder` must not be there."""
    model = load_narrow(folder)
    prompt = model.build_prompt(NUMBER, QUERY)
    whole, number = count_look(prompt, model, [full]), count_look(prompt, model, [full], answer_tokens=4)
    quick, batch = count_look(prompt, model, [small]), count_look(prompt, model, [small] * AT_ONCE)
    answered = count_look(prompt, model, [small] * MOST_AT_ONCE).answer
    return {
        "plain loop, 4 answer tokens": count_plain_loop(model, full, answer_tokens=4),
        "full look, `number`, 4 answer tokens": number.encode + number.answer,
        "full look, 1 answer token": whole.encode + whole.answer,
        "quick look, 1 answer token": quick.encode + quick.answer,
        "next query, `number`, 4 answer tokens": number.answer,
        "next query, 1 answer token": whole.answer,
        f"{AT_ONCE} quick looks together, 1 answer token": (batch.encode + batch.answer) / AT_ONCE,
        f"next query over {MOST_AT_ONCE} remembered quick looks together, 1 answer token": answered / MOST_AT_ONCE,
    }


def print_operators(folder: Path, full: tuple[int, int], small: tuple[int, int]) -> None:
    """The table, per photo; `folder` must not be there."""
    print("| one photo, with the layers of the 7B | operators |\n|---|---|")
    for name, operators in count_all(folder, full, small).items():
        print(f"| {name} | {operators:,.0f} |", flush=True)
