"""In BF16, as on every GPU: the fast path and plain passes against each other, within bounds that BF16 allows."""

import pytest
import torch

from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.records import Answer
from lychee_rerank.scoring.prompts import WHOLE
from lychee_rerank.scoring.readout import read_expected
from tests.model.plain_passes import (
    QUERY,
    SIZES,
    encode,
    generate_one,
    never,
    picture_of,
    plain_inputs,
    plain_probabilities,
)

pytestmark = pytest.mark.gpu

# On a score of 0 to 10. On a CPU the two differ by 0.007 at most, while BF16 and float32 differ by 0.08.
SCORE_BOUND = 0.15


def expected_plainly(model: VisionLanguageModel, size: tuple[int, int]) -> float:
    inputs = plain_inputs(model, picture_of(model, size), QUERY, WHOLE)
    digits = [model.label_token(str(n)) for n in range(10)]
    first = plain_probabilities(model, inputs)[digits]
    ten = float(plain_probabilities(model, inputs, "1")[digits[0]])
    return read_expected(Answer(text="", digits=(tuple(first.tolist()),), ten=ten)).value


def test_weights_are_bf16_and_the_bound_is_smaller_than_what_sets_photos_apart(half_model: VisionLanguageModel) -> None:
    assert half_model.network.dtype is torch.bfloat16
    plain = [expected_plainly(half_model, size) for size in SIZES]
    assert max(plain) - min(plain) > SCORE_BOUND


@pytest.mark.parametrize("size", SIZES)
def test_a_score_is_the_one_of_plain_passes(half_model: VisionLanguageModel, size: tuple[int, int]) -> None:
    prompt = half_model.build_prompt(WHOLE, QUERY)
    answer = generate_one(prompt, picture_of(half_model, size), max_tokens=1, until=never)
    assert read_expected(answer).value == pytest.approx(expected_plainly(half_model, size), abs=SCORE_BOUND)


def test_scores_of_a_ragged_batch_of_remembered_photos_are_those_of_each_by_itself(
    half_model: VisionLanguageModel,
) -> None:
    prompt, pictures = half_model.build_prompt(WHOLE, QUERY), [picture_of(half_model, size) for size in SIZES]
    remembered = [one.on_host() for one in encode(half_model, prompt, pictures)]
    together = prompt.generate(remembered, max_tokens=1, until=never)
    for picture, answer in zip(pictures, together, strict=True):
        alone = generate_one(prompt, picture, max_tokens=1, until=never)
        assert read_expected(answer).value == pytest.approx(read_expected(alone).value, abs=SCORE_BOUND)
