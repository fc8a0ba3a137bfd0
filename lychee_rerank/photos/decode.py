"""Bytes from outside -> one upright RGB picture within limits and its facts, or a refusal; knows no model and no page.

Pillow's errors end here. Whatever changes a pixel that comes out raises DECODE_POLICY_VERSION.
"""

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Protocol

from PIL import ExifTags, Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.facts import PhotoFacts
from lychee_rerank.photos.colour import to_srgb
from lychee_rerank.photos.exif import read_camera, read_taken, read_turn
from lychee_rerank.photos.fingerprint import take_fingerprint
from lychee_rerank.photos.limits import check_bytes, pad_size
from lychee_rerank.photos.opaque import make_opaque
from lychee_rerank.photos.opening import open_picture
from lychee_rerank.problems import RefusalReason

Picture = Image.Image
FitSize = Callable[[int, int], tuple[int, int]]  # upright (width, height) in pixels -> the size to resize to


@dataclass(frozen=True, slots=True)
class Decoded:
    """A photo's picture, and what is known of the photo itself."""

    picture: Picture
    facts: PhotoFacts


class Decode(Protocol):
    """decode_photo, or what does the same elsewhere."""

    def __call__(self, content: bytes, *, fit: FitSize) -> Decoded:
        """The photo in the bytes; raises PhotoRefused."""


DECODE_POLICY_VERSION = 2
THUMBNAIL_QUALITY = 85

_WHITE: dict[str, int | tuple[int, ...]] = {"RGB": (255, 255, 255), "L": 255, "CMYK": (0, 0, 0, 0)}
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


def decode_photo(content: bytes, *, fit: FitSize) -> Decoded:
    """The first or primary picture, upright, sRGB, without metadata, of exactly the size that `fit` asks for.

    `fit` is given the upright original size, padded with white to MAX_ASPECT_RATIO where it is narrower. Resized once,
    BICUBIC: it is what the model's own processor would use. Raises PhotoRefused; what `fit` raises passes through.
    """
    with _pillow_errors_refused():
        image = open_picture(content)
        exif = image.info.get("exif") or b""
        turn, told = read_turn(exif), image.info.get("camera_exif", exif)
    width_px, height_px = _swapped(image.size, turn=turn)
    target = fit(*pad_size(width_px, height_px))
    with _pillow_errors_refused():
        image.draft(None, _swapped(target, turn=turn))
        image.load()
        picture = make_opaque(image)
        if turn in UPRIGHT:
            picture = picture.transpose(UPRIGHT[turn])
        picture = _padded(picture).resize(target, Image.Resampling.BICUBIC)
        picture = to_srgb(picture, image.info.get("icc_profile") or b"")  # a few pixels now, and not all of them
    picture.info.clear()
    facts = PhotoFacts(width_px, height_px, read_taken(told), read_camera(told), take_fingerprint(picture))
    return Decoded(picture, facts)


def build_picture(content: bytes, *, size: tuple[int, int]) -> Picture:
    """The picture that these are the pixels of: RGB, 3 bytes a pixel, row by row."""
    return Image.frombytes("RGB", size, content)


def encode_picture(picture: Picture) -> bytes:
    """A PNG of a picture that is no file, with its turn and profile; what PNG has no mode for becomes RGB."""
    out, exif, profile = BytesIO(), Image.Exif(), picture.info.get("icc_profile") or b""
    picture.load()  # the EXIF block of a PNG may stand behind its pixels
    exif[ExifTags.Base.Orientation] = read_turn(picture.info.get("exif") or b"")
    plain = picture
    if picture.mode == "CMYK":
        plain, profile = to_srgb(picture, profile), b""
    elif picture.mode not in _PNG_MODES:
        plain = picture.convert("RGB")
    plain.save(out, "PNG", compress_level=1, exif=exif.tobytes(), icc_profile=profile)
    return out.getvalue()


def make_thumbnail(content: bytes, *, long_side_px: int, decode: Decode) -> bytes:
    """A JPEG of what `decode` sees, upright, without metadata, never larger than the original."""
    out = BytesIO()
    decode(content, fit=fit_within(long_side_px)).picture.save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return out.getvalue()


def fit_within(long_side_px: int) -> FitSize:
    """The size with so long a side at most, never larger than the original."""

    def fit(width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, long_side_px / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    return fit


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


def _swapped(size: tuple[int, int], *, turn: int) -> tuple[int, int]:
    """The size with its sides exchanged when the turn is one by a quarter."""
    return (size[1], size[0]) if turn in QUARTER_TURNS else size


def _padded(picture: Picture) -> Picture:
    """The picture in the middle of white when it is narrower than MAX_ASPECT_RATIO allows."""
    width, height = pad_size(*picture.size)
    if (width, height) == picture.size:
        return picture
    canvas = Image.new(picture.mode, (width, height), _WHITE[picture.mode])
    canvas.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return canvas
