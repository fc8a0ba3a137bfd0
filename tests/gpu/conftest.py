"""What these tests run on: the first NVIDIA GPU; without one they are skipped, every one of them for one reason.

GPU_TESTS_ON=cpu python -m pytest tests/gpu     runs on the CPU what needs no CUDA, to try the tests themselves
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from lychee_rerank.model.from_folder import gpu_state, load_model
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice
from tests.model.test_exactness import make_random

PIXELS = 100 * 28 * 28  # large enough for windows at the edges, small enough for many plain passes


def load(
    folder: Path,
    *,
    device: str | None,
    dtype: str,
    pixel_budget_px: int = PIXELS,
    empty_cache: EmptyCache = EmptyCache.PHOTO,
) -> VisionLanguageModel:
    """The checkpoint on this device, or where accelerate puts it."""
    choice = ModelChoice(folder=folder, name=folder.name, demo=True, reason=ChoiceReason.REQUESTED)
    return load_model(choice, device=device, dtype=dtype, pixel_budget_px=pixel_budget_px, empty_cache=empty_cache)


@pytest.fixture(scope="session", autouse=True)
def device() -> str:
    """ "cuda", or what GPU_TESTS_ON says."""
    wanted = os.environ.get("GPU_TESTS_ON", "cuda")
    if wanted == "cuda" and gpu_state().name is None:
        pytest.skip("no NVIDIA GPU here")
    return wanted


@pytest.fixture
def cuda(device: str) -> str:
    """The device of what means nothing on a CPU."""
    if device != "cuda":
        pytest.skip(f"means nothing on {device}")
    return device


@pytest.fixture(scope="session", autouse=True)
def exact_products(device: str) -> Iterator[None]:
    """Float32 is float32: convolutions would round to TF32, three digits, by default."""
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = allowed


@pytest.fixture(scope="session")
def random_folder(device: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random checkpoint whose vision layers attend within windows."""
    return make_random(tmp_path_factory.mktemp("model") / "random")


@pytest.fixture(scope="session")
def random_model(device: str, random_folder: Path) -> VisionLanguageModel:
    """It in float32."""
    return load(random_folder, device=device, dtype="float32")


@pytest.fixture(scope="session")
def half_model(device: str, random_folder: Path) -> VisionLanguageModel:
    """It in BF16."""
    return load(random_folder, device=device, dtype="bfloat16")
