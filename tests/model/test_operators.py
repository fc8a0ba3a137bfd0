"""How many operators the engine takes: what does not change with a photo's size, and what each further photo adds."""

import pytest
import torch

from benchmarks.arithmetic import FULL_TOKENS, QUICK_TOKENS, fit_size
from benchmarks.operators import QUERY, Look, count_look, count_operators, count_plain_loop, load_narrow
from lychee_rerank.model.prompt import PrefilledPrompt
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.scoring.prompts import NUMBER

FULL, QUICK = (fit_size(1024, 768, budget_tokens=budget) for budget in (FULL_TOKENS, QUICK_TOKENS))
LAYERS = 28
JOINED = 2 * 2 * LAYERS  # copies that join a photo's keys and values with those of the prefix, layer by layer


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> VisionLanguageModel:
    return load_narrow(tmp_path_factory.mktemp("narrow") / "model")


@pytest.fixture(scope="module")
def prompt(narrow: VisionLanguageModel) -> PrefilledPrompt:
    return narrow.build_prompt(NUMBER, QUERY)


@pytest.fixture(scope="module")
def one(narrow: VisionLanguageModel, prompt: PrefilledPrompt) -> Look:
    return count_look(prompt, narrow, [QUICK])


def test_operators_that_compute_or_copy_are_counted_and_composite_ones_by_their_parts() -> None:
    rows, weights = torch.ones(2, 3), torch.ones(4, 3)

    def act() -> None:
        torch.nn.functional.linear(rows, weights)
        rows.reshape(6).view(3, 2)
        rows.t().contiguous()
        torch.empty(5), rows.to(torch.float32), rows.to(torch.float64)

    with torch.inference_mode():
        assert count_operators(act) == {"mm": 1, "clone": 1, "_to_copy": 1}


def test_a_quick_look_takes_as_many_operators_as_a_full_look(
    narrow: VisionLanguageModel, prompt: PrefilledPrompt, one: Look
) -> None:
    assert count_look(prompt, narrow, [FULL]) == one


def test_a_further_photo_adds_next_to_nothing_to_a_batch_that_is_encoded_and_its_copies_to_one_that_is_answered(
    narrow: VisionLanguageModel, prompt: PrefilledPrompt, one: Look
) -> None:
    two, four = (count_look(prompt, narrow, [QUICK] * photos) for photos in (2, 4))
    assert (four.encode - one.encode, four.answer - one.answer) == (
        3 * (two.encode - one.encode),
        3 * (two.answer - one.answer),
    )
    assert two.encode - one.encode < 10
    assert two.answer - one.answer <= JOINED + 1


def test_each_further_token_takes_one_pass_as_each_before_it(
    narrow: VisionLanguageModel, prompt: PrefilledPrompt, one: Look
) -> None:
    two, four = (count_look(prompt, narrow, [QUICK], answer_tokens=tokens) for tokens in (2, 4))
    assert two.encode == four.encode == one.encode
    assert four.answer - two.answer == 2 * (two.answer - one.answer)
    assert two.answer - one.answer < one.answer  # its keys and values are joined already


def test_a_full_look_takes_fewer_operators_than_a_pass_of_the_plain_loop(
    narrow: VisionLanguageModel, one: Look
) -> None:
    assert one.encode + one.answer < count_plain_loop(narrow, FULL, answer_tokens=1)
