"""Bytes from outside -> one upright RGB picture within limits, or a refusal; knows no model, no folder and no page.

Pillow lives here and its errors end here. Whatever changes a pixel that comes out raises DECODE_POLICY_VERSION.
"""

import stat
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Protocol

from PIL import ExifTags, Image, JpegImagePlugin

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.formats import DECODED_KINDS, ends_too_early, find_kind, find_scan, webp_size
from lychee_rerank.problems import RefusalReason

Picture = Image.Image
FitSize = Callable[[int, int], tuple[int, int]]  # upright (width, height) in pixels -> the size to resize to


class Decode(Protocol):
    """decode_picture, or what does the same elsewhere."""

    def __call__(self, content: bytes, *, fit: FitSize) -> Picture:
        """The picture in the bytes; raises PhotoRefused."""


DECODE_POLICY_VERSION = 1
MAX_FILE_BYTES = 200_000_000
MAX_PNG_WEBP_PX = 50_000_000  # decoded whole, at 4 bytes a pixel and up to four such canvases at once
MAX_JPEG_PX = 250_000_000  # phones shoot 108 and 200 million; decoded at the scale that is needed
MAX_SEVERAL_SCANS_PX = 100_000_000  # libjpeg holds every coefficient until the last scan: 6 bytes a pixel
MAX_ASPECT_RATIO = 200  # transformers' smart_resize raises above it
THUMBNAIL_QUALITY = 85

_PNG_MODES = ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")

# EXIF 2.32, tag 0x0112: what sets a picture upright that was stored in each of these turns.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
QUARTER_TURNS = (5, 6, 7, 8)


def limit_pillow() -> None:
    """Has Pillow raise above the largest limit here, where it would print a warning first.

    Process-wide, as Pillow has it: for a process that decodes and does nothing else.
    """
    Image.MAX_IMAGE_PIXELS = MAX_JPEG_PX
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def read_bytes(path: Path) -> bytes:
    """The bytes of one file; raises PhotoRefused when it is empty, above MAX_FILE_BYTES or cannot be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise PhotoRefused(RefusalReason.UNREADABLE)
        check_bytes(status.st_size)
        content = path.read_bytes()
    except MemoryError as error:
        raise PhotoRefused(RefusalReason.OUT_OF_MEMORY) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise PhotoRefused(RefusalReason.UNREADABLE) from error
    check_bytes(len(content))
    return content


def decode_picture(content: bytes, *, fit: FitSize) -> Picture:
    """The first picture in the bytes, upright, RGB, without metadata, of exactly the size that `fit` asks for.

    `fit` is given the upright original size, padded with white to MAX_ASPECT_RATIO where it is narrower. Resized once,
    BICUBIC: it is what the model's own processor would use. Raises PhotoRefused; what `fit` raises passes through.
    """
    with _pillow_errors_refused():
        image = _open(content)
        turn = _read_turn(image)
    target = fit(*_padded_size(*_swapped(image.size, turn=turn)))
    with _pillow_errors_refused():
        image.draft(None, _swapped(target, turn=turn))
        picture = _over_white(image, content)
        if turn in UPRIGHT:
            picture = picture.transpose(UPRIGHT[turn])
        picture = _padded(picture).resize(target, Image.Resampling.BICUBIC)
    picture.info.clear()
    return picture


def build_picture(content: bytes, *, size: tuple[int, int]) -> Picture:
    """The picture that these are the pixels of: RGB, 3 bytes a pixel, row by row."""
    return Image.frombytes("RGB", size, content)


def encode_picture(picture: Picture) -> bytes:
    """A PNG of a picture that is no file, with its EXIF turn; what PNG has no mode for becomes RGB."""
    out = BytesIO()
    plain = picture if picture.mode in _PNG_MODES else picture.convert("RGB")
    plain.save(out, "PNG", compress_level=1, exif=picture.getexif().tobytes())
    return out.getvalue()


def make_thumbnail(content: bytes, *, long_side_px: int, decode: Decode) -> bytes:
    """A JPEG of what `decode` sees, upright, without metadata, never larger than the original."""

    def fit(width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, long_side_px / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    out = BytesIO()
    decode(content, fit=fit).save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return out.getvalue()


@contextmanager
def _pillow_errors_refused() -> Iterator[None]:
    """Turns whatever decoding raises into a refusal: OSError, SyntaxError, ValueError, EOFError and more occur."""
    try:
        yield
    except PhotoRefused:
        raise
    except MemoryError as error:
        raise PhotoRefused(RefusalReason.OUT_OF_MEMORY) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused(RefusalReason.TOO_MANY_PIXELS) from error
    except Exception as error:
        raise PhotoRefused(RefusalReason.BROKEN) from error


def _open(content: bytes) -> Picture:
    """The picture in the bytes, within every limit; a JPEG is not decoded yet, so that `draft` can still scale it."""
    check_bytes(len(content))
    kind = find_kind(content)
    if kind not in DECODED_KINDS:
        raise PhotoRefused(RefusalReason.NOT_A_PICTURE, kind=kind)
    if ends_too_early(content, kind):
        raise PhotoRefused(RefusalReason.TRUNCATED)
    if kind == "WEBP":  # Pillow builds two canvases while it opens one
        _check_pixels(*webp_size(content), limit=MAX_PNG_WEBP_PX)
    image = Image.open(BytesIO(content), formats=DECODED_KINDS)
    limit = MAX_PNG_WEBP_PX
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        several_scans = "progressive" in image.info or content[find_scan(content) + 4] < image.layers
        limit = MAX_SEVERAL_SCANS_PX if several_scans else MAX_JPEG_PX
    _check_pixels(*_padded_size(*image.size), limit=limit)
    if kind == "PNG":  # its EXIF block may stand behind the pixels
        image.load()
    return image


def check_bytes(size_bytes: int) -> None:
    """Raises PhotoRefused for an empty file and for one above MAX_FILE_BYTES."""
    if size_bytes == 0:
        raise PhotoRefused(RefusalReason.EMPTY)
    if size_bytes > MAX_FILE_BYTES:
        raise PhotoRefused(RefusalReason.TOO_MANY_BYTES)


def _check_pixels(width: int, height: int, *, limit: int) -> None:
    if width * height > limit:
        raise PhotoRefused(RefusalReason.TOO_MANY_PIXELS)


def _read_turn(image: Picture) -> int:
    """The EXIF turn; 1 where there is none or the block cannot be read, which refuses no photo."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - odd metadata costs no photo
        return 1


def _swapped(size: tuple[int, int], *, turn: int) -> tuple[int, int]:
    """The size with its sides exchanged when the turn is one by a quarter."""
    return (size[1], size[0]) if turn in QUARTER_TURNS else size


def _padded_size(width: int, height: int) -> tuple[int, int]:
    """The size with its short side no shorter than 1 / MAX_ASPECT_RATIO of the long one."""
    shortest = -(-max(width, height) // MAX_ASPECT_RATIO)
    return max(width, shortest), max(height, shortest)


def _padded(picture: Picture) -> Picture:
    """The picture in the middle of white when it is narrower than MAX_ASPECT_RATIO allows."""
    width, height = _padded_size(*picture.size)
    if (width, height) == picture.size:
        return picture
    canvas = Image.new("RGB", (width, height), "white")
    canvas.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return canvas


def _over_white(image: Picture, content: bytes) -> Picture:
    """The picture as opaque RGB: transparency over white, 16-bit grey divided by 256, CMYK read as Adobe writes it."""
    image.load()
    if image.format == "PNG":  # the depth stands in its first chunk
        image = _png_in_8_bits(image, depth_bits=content[24])
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    layers = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(layers, mask=layers.getchannel("A"))
    return white


def _png_in_8_bits(image: Picture, *, depth_bits: int) -> Picture:
    """The PNG with levels and transparent colour both in 8 bits; Pillow leaves that colour at the file's own depth."""
    key = image.info.get("transparency")
    if image.mode.startswith("I"):
        levels = image.convert("I")
        grey = levels.point([level >> 8 for level in range(1 << 16)], "L")
        alpha = levels.point([0 if level == key else 255 for level in range(1 << 16)], "L")
        return grey if key is None else Image.merge("LA", (grey, alpha))
    if image.mode == "L" and key is not None:
        image.info["transparency"] = key * 255 // ((1 << depth_bits) - 1)
    if image.mode == "RGB" and key is not None and depth_bits == 16:
        image.info["transparency"] = tuple(level >> 8 for level in key)
    return image
