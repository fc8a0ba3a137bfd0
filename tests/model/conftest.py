"""The bundled model, loaded once for all tests."""

import pytest

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice


@pytest.fixture(scope="session")
def model() -> VisionLanguageModel:
    """As the app loads it."""
    choice = ModelChoice(folder=DEMO_FOLDER, name="demo", demo=True, reason=ChoiceReason.REQUESTED)
    return load_model(choice, dtype=None, pixel_budget_px=None, empty_cache=EmptyCache.PHOTO)
