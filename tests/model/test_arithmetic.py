"""The formulas of benchmarks/arithmetic.py against what torch counts while the bundled model runs."""

from dataclasses import replace

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.arithmetic import (
    FULL_TOKENS,
    QUICK_TOKENS,
    SEVEN_B,
    Prompt,
    encode,
    fit_size,
    kept_bytes,
    look,
    next_query,
    plain_loop,
    ratios,
    shapes_of,
    visual_tokens,
)
from lychee_rerank.model.kv_cache import EncodedPhoto
from lychee_rerank.model.patches import TOKEN_PX
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.scoring.prompts import NUMBER
from tests.model.plain_passes import draw, never, picture_of, plain_inputs

QUERY = "a red sofa and a lamp"
SIZES = [(168, 168), (280, 84), (112, 112), (56, 140)]


def counted(act: object) -> int:
    # Plain attention, as products of matrices: torch counts nothing of the fused one on a CPU.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        act()  # type: ignore[operator]
    return int(counter.get_total_flops())


@pytest.fixture
def prompt(model: VisionLanguageModel) -> Prompt:
    tokens = model.prompt_tokens(NUMBER, QUERY)
    place = tokens.index(model.processor.image_token_id)
    return Prompt(before=place, behind=len(tokens) - place - 1)


@pytest.mark.parametrize("size", SIZES)
def test_encoding_and_a_query_cost_what_torch_counts(
    model: VisionLanguageModel, prompt: Prompt, size: tuple[int, int]
) -> None:
    shapes, picture = shapes_of(model.network.config), picture_of(model, size)
    prefilled, encoded = model.build_prompt(NUMBER, QUERY), []
    assert counted(lambda: encoded.extend(prefilled.encode([picture]))) == encode(shapes, picture.size, prompt)
    for tokens in (1, 3):
        answered = counted(lambda n=tokens: prefilled.generate(encoded, max_tokens=n, until=lambda _: False))
        assert answered == next_query(shapes, picture.size, prompt, answer_tokens=tokens)


@pytest.mark.parametrize("size", SIZES)
def test_the_plain_loop_costs_what_torch_counts(
    model: VisionLanguageModel, prompt: Prompt, size: tuple[int, int]
) -> None:
    shapes, picture = shapes_of(model.network.config), picture_of(model, size)
    inputs = plain_inputs(model, picture, QUERY)
    model.network.model.rope_deltas = None
    options = {"max_new_tokens": 3, "min_new_tokens": 3, "do_sample": False}
    assert counted(lambda: model.network.generate(**inputs, **options)) == plain_loop(
        shapes, picture.size, prompt, answer_tokens=3
    )


def test_a_quick_look_and_a_query_over_a_remembered_one_cost_what_torch_counts(
    model: VisionLanguageModel, prompt: Prompt
) -> None:
    shapes, size = shapes_of(model.network.config), fit_size(1024, 768, budget_tokens=QUICK_TOKENS)
    prefilled, encoded = model.build_prompt(NUMBER, QUERY), []

    def answer(photo: list[EncodedPhoto]) -> object:
        return prefilled.generate(photo, max_tokens=1, until=never)

    seen = counted(lambda: answer(encoded.append(prefilled.encode([draw(size)])[0]) or encoded))
    assert seen == look(shapes, size, prompt)
    remembered = [encoded[0].on_host()]
    assert counted(lambda: answer(remembered)) == next_query(shapes, size, prompt, answer_tokens=1)
    assert remembered[0].size_bytes == kept_bytes(shapes, size, number_bytes=4)  # float32


@pytest.mark.parametrize("size", [(1024, 768), (768, 1024), (4000, 3000), (4000, 40)])
def test_a_photo_is_fitted_into_a_budget_as_the_model_fits_it(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    for budget in (FULL_TOKENS, QUICK_TOKENS):
        monkeypatch.setattr(model, "card", replace(model.card, pixel_budget_px=budget * TOKEN_PX**2))
        assert fit_size(*size, budget_tokens=budget) == model.fit_size(*size)


@pytest.mark.parametrize("size", [(1024, 768), (768, 1024), (4000, 3000)])
def test_looks_cost_no_more_than_their_bars_at_the_shapes_of_the_7b(size: tuple[int, int]) -> None:
    prompt = Prompt(before=35, behind=90)
    full, small = (fit_size(*size, budget_tokens=budget) for budget in (FULL_TOKENS, QUICK_TOKENS))
    found = {ratio.name: ratio.of / ratio.to for ratio in ratios(SEVEN_B, full, small, prompt)}
    bars = {ratio.name: ratio.at_most for ratio in ratios(SEVEN_B, full, small, prompt)}
    assert [name for name, ratio in found.items() if ratio > bars[name]] == []
    assert kept_bytes(SEVEN_B, full) == 57_344 * visual_tokens(*full)
    assert found["a full look, of the least"] > 1
