"""In float32 on the GPU: the bundled model's fast path against plain passes, by the tests that hold it on a CPU."""

import pytest

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.vlm import VisionLanguageModel
from tests.gpu.conftest import load
from tests.model.test_fast_path import (
    test_an_encoded_photo_serves_another_query_and_another_readout,
    test_many_photos_at_once_are_answered_as_each_by_itself,
    test_one_prompt_serves_many_photos_without_remembering_any,
    test_the_answer_is_the_one_that_generate_gives,
    test_the_expected_score_of_a_number_is_the_one_of_plain_forward_passes,
    test_the_probabilities_of_a_number_are_those_of_plain_forward_passes,
    test_the_readout_expected_is_one_pass_with_the_numbers_of_the_plain_one,
    test_the_readout_yes_no_is_one_pass_with_the_numbers_of_the_plain_one,
)

pytestmark = pytest.mark.gpu

# pytest finds what a module names, under its own fixtures: `model` is the one on the GPU.
__all__ = [
    "test_an_encoded_photo_serves_another_query_and_another_readout",
    "test_many_photos_at_once_are_answered_as_each_by_itself",
    "test_one_prompt_serves_many_photos_without_remembering_any",
    "test_the_answer_is_the_one_that_generate_gives",
    "test_the_expected_score_of_a_number_is_the_one_of_plain_forward_passes",
    "test_the_probabilities_of_a_number_are_those_of_plain_forward_passes",
    "test_the_readout_expected_is_one_pass_with_the_numbers_of_the_plain_one",
    "test_the_readout_yes_no_is_one_pass_with_the_numbers_of_the_plain_one",
]


@pytest.fixture(scope="module")
def model(device: str) -> VisionLanguageModel:
    """What the imported tests take as the model."""
    return load(DEMO_FOLDER, device=device, dtype="float32")
