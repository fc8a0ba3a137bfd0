"""How large a photo may be, in bytes and in pixels; checked before a pixel is decoded. Knows no file format."""

import warnings

from PIL import Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.problems import RefusalReason

MAX_FILE_BYTES = 200_000_000
# Held whole, at 8 to 13 bytes a pixel. The largest sensor that is sold has 151 million pixels, A2 at 600 dpi 139.
MAX_WHOLE_PX = 160_000_000
MAX_WEBP_PX = 100_000_000  # 17 bytes a pixel: Pillow holds two canvases beside the picture. A3 at 600 dpi has 70
MAX_JPEG_PX = 250_000_000  # phones shoot 108 and 200 million; decoded at the scale that is needed
MAX_ASPECT_RATIO = 200  # transformers' smart_resize raises above it


def limit_pillow() -> None:
    """Has Pillow raise above the largest limit here, where it would print a warning first.

    Process-wide, as Pillow has it: for a process that decodes and does nothing else.
    """
    Image.MAX_IMAGE_PIXELS = MAX_JPEG_PX
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def check_bytes(size_bytes: int) -> None:
    """Raises PhotoRefused for an empty file and for one above MAX_FILE_BYTES."""
    if size_bytes == 0:
        raise PhotoRefused(RefusalReason.EMPTY)
    if size_bytes > MAX_FILE_BYTES:
        raise PhotoRefused(RefusalReason.TOO_MANY_BYTES, detail=_compare(size_bytes, MAX_FILE_BYTES, "MB"))


def check_pixels(width: int, height: int, *, limit: int = MAX_WHOLE_PX) -> None:
    """Raises PhotoRefused where the picture, padded to MAX_ASPECT_RATIO, has more pixels than that."""
    padded_width, padded_height = pad_size(width, height)
    if padded_width * padded_height > limit:
        raise PhotoRefused(RefusalReason.TOO_MANY_PIXELS, detail=_compare(padded_width * padded_height, limit, "MP"))


def pad_size(width: int, height: int) -> tuple[int, int]:
    """The size with its short side no shorter than 1 / MAX_ASPECT_RATIO of the long one."""
    shortest = -(-max(width, height) // MAX_ASPECT_RATIO)
    return max(width, shortest), max(height, shortest)


def _compare(count: int, limit: int, unit: str) -> str:
    """Both in millions, as in "182 MP > 160 MP"."""
    return f"{-(-count // 1_000_000)} {unit} > {limit // 1_000_000} {unit}"
