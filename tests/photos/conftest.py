"""Tests that decode here, as a decoding process does."""

import pytest
from PIL import Image

from lychee_rerank.photos.limits import limit_pillow


@pytest.fixture(autouse=True)
def pillow_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow as a decoding process has it; as it was before once the test is over."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    limit_pillow()
