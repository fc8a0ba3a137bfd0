"""The formulas of benchmarks/arithmetic.py against what torch counts while the bundled model runs."""

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.arithmetic import SEVEN_B, Prompt, encode, least, next_query, plain_loop, shapes_of
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.scoring.prompts import NUMBER
from tests.model.plain_passes import picture_of, plain_inputs

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


def test_a_first_query_costs_next_to_nothing_above_the_least_at_the_shapes_of_the_7b() -> None:
    prompt, size = Prompt(before=35, behind=90), (1036, 756)
    first = encode(SEVEN_B, size, prompt) + next_query(SEVEN_B, size, prompt, answer_tokens=1)
    assert 1 < first / least(SEVEN_B, size, prompt) < 1.001
