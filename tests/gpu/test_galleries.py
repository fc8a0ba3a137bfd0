"""In float32 on the GPU: whole galleries with the photo memory cold, warm and half evicted, and shared windows."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.vlm import VisionLanguageModel
from tests.gpu.conftest import load
from tests.model.plain_passes import SIZES, draw
from tests.model.test_exactness import photos, test_cold_warm_and_half_evicted_all_give_what_plain_passes_give

pytestmark = pytest.mark.gpu

# pytest finds what a module names, under its own fixtures: `model` is the one on the GPU.
__all__ = ["photos", "test_cold_warm_and_half_evicted_all_give_what_plain_passes_give"]

FEATURE_TOLERANCE = 1e-4  # of features about 1, float32: another kernel adds in another order


@pytest.fixture(scope="module", params=["demo", "random"])
def model(request: pytest.FixtureRequest, device: str, random_folder: Path) -> VisionLanguageModel:
    """What the imported test takes as the model."""
    return load(DEMO_FOLDER if request.param == "demo" else random_folder, device=device, dtype="float32")


def test_the_model_is_where_the_other_tests_think_it_is(model: VisionLanguageModel, device: str) -> None:
    assert (model.network.device.type, model.network.dtype) == (device, torch.float32)
    assert model.card.off_gpu_layers == 0


def test_windows_that_share_a_call_give_the_features_of_one_call_per_window(
    random_model: VisionLanguageModel, random_folder: Path, device: str
) -> None:
    plain: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(random_folder).to(device).eval()
    for size in SIZES:
        patches, grid = random_model.patches(draw(random_model.fit_size(*size)))
        with torch.inference_mode():
            encoded = plain.model.get_image_features(patches.to(device), grid.to(device), return_dict=True)
            (shared,) = random_model.visual_features([(patches, grid)])
        torch.testing.assert_close(shared, encoded.pooler_output[0], rtol=0, atol=FEATURE_TOLERANCE)
