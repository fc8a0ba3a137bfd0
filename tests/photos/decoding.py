"""Formats to encode a picture in, and what decoding makes of bytes: pixels, or a refusal."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import decode_photo
from tests import pictures

JPEG = pictures.encode(pictures.make_photo(64, 48))
FORMATS = {
    "JPEG": ("JPEG", {}),
    "progressive JPEG": ("JPEG", {"progressive": True}),
    "PNG": ("PNG", {}),
    "palette PNG": ("PNG", {}),
    "lossy WebP": ("WEBP", {}),
    "lossless WebP": ("WEBP", {"lossless": True}),
}


def same(width: int, height: int) -> tuple[int, int]:
    """The size that leaves a picture as it is."""
    return width, height


def encode_as(name: str, picture: Image.Image) -> bytes:
    """The picture in one of FORMATS."""
    kind, options = FORMATS[name]
    return pictures.encode(picture.quantize(64) if name.startswith("palette") else picture, kind, **options)


def refusal(content: bytes) -> PhotoRefused:
    """The refusal that the bytes meet."""
    with pytest.raises(PhotoRefused) as caught:
        decode_photo(content, fit=same)
    return caught.value


def pixels(content: bytes) -> np.ndarray:
    """The decoded picture at its own size, as whole numbers, (height, width, 3)."""
    return np.asarray(decode_photo(content, fit=same).picture).astype(int)


def first_pixel(content: bytes) -> tuple[int, ...]:
    """The colour in the upper left corner."""
    return tuple(int(level) for level in pixels(content)[0, 0])


def memory_bytes() -> tuple[int, int]:
    """Address space and resident memory of this process."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(pages[0]) * resource.getpagesize(), int(pages[1]) * resource.getpagesize()


@contextmanager
def no_more_memory_than(extra_bytes: int) -> Iterator[None]:
    """A stretch in which this process may ask for so much memory more, used or not."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes()[0] + extra_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
