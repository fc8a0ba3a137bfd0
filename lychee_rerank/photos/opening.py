"""Bytes of a photo -> a picture that is whole and within the limits; knows nothing of what becomes of it."""

import hashlib
from contextlib import suppress
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos import heif, jpeg
from lychee_rerank.photos.formats import DECODED_KINDS, drop_profile, ends_too_early, find_kind, webp_size
from lychee_rerank.photos.limits import MAX_JPEG_PX, MAX_WEBP_PX, MAX_WHOLE_PX, check_bytes, check_pixels
from lychee_rerank.photos.opaque import png_in_8_bits
from lychee_rerank.problems import RefusalReason

_SPARE_BYTES = 8  # fewer zeros than any disk leaves at the end of a half written file


def open_picture(content: bytes) -> Image.Image:
    """The picture, not decoded yet unless it is a PNG; its colour profile is `info["icc_profile"]`.

    `info["exif"]` tells its turn; what the camera wrote is in `info["camera_exif"]` where it must not turn the picture.
    Raises PhotoRefused, and whatever Pillow and pi-heif raise.
    """
    check_bytes(len(content))
    kind = find_kind(content)
    if kind not in DECODED_KINDS:
        raise PhotoRefused(RefusalReason.NOT_A_PICTURE, detail=kind)
    if kind != "JPEG" and ends_too_early(content, kind):
        raise PhotoRefused(RefusalReason.TRUNCATED)
    return _OPENERS[kind](content)


def _open_jpeg(content: bytes) -> Image.Image:
    """Not decoded yet, so that `draft` can still scale it."""
    content = jpeg.trim_start(content)
    frame = jpeg.read_frame(content)
    limit = MAX_JPEG_PX if frame and not jpeg.has_several_scans(content, frame) else MAX_WHOLE_PX
    if frame is not None:
        check_pixels(frame.width, frame.height, limit=limit)
    if ends_too_early(content, "JPEG"):
        content = _add_end(content)
    image = Image.open(BytesIO(content), formats=("JPEG",))
    check_pixels(*image.size, limit=MAX_WHOLE_PX if "progressive" in image.info else limit)  # as Pillow reads it
    return image


def _add_end(content: bytes) -> bytes:
    """The JPEG with the end mark that it lacks; raises PhotoRefused where it lacks more."""
    trimmed = jpeg.trim_end(content)
    if _is_complete(trimmed):
        return trimmed + jpeg.END
    # Zeros can belong to the picture too: then there are hardly more of them than it needs.
    if content.endswith(b"\0") and _is_complete(content) and not _is_complete(content[:-_SPARE_BYTES]):
        return content + jpeg.END
    raise PhotoRefused(RefusalReason.TRUNCATED)


def _is_complete(content: bytes) -> bool:
    """True when no pixel of a JPEG without its end depends on what stands there: libjpeg makes up what it lacks."""
    if not jpeg.has_all_scans(content):
        return False
    try:
        first, *others = (content + filling + jpeg.END for filling in jpeg.FILLINGS)
        expected = _hash_pixels(first)
        return all(_hash_pixels(other) == expected for other in others)
    except (OSError, SyntaxError, ValueError):
        return False


def _hash_pixels(content: bytes) -> bytes:
    return hashlib.sha256(Image.open(BytesIO(content), formats=("JPEG",)).tobytes()).digest()


def _open_png(content: bytes) -> Image.Image:
    """Decoded, as its EXIF block may stand behind the pixels."""
    try:
        image = PngImageFile(BytesIO(content))
    except (SyntaxError, ValueError):  # a profile that is too long or damaged is enough
        image = PngImageFile(BytesIO(drop_profile(content)))
    check_pixels(*image.size)
    image.load()
    return png_in_8_bits(image, depth_bits=content[24])  # the depth stands in its first chunk


def _open_webp(content: bytes) -> Image.Image:
    check_pixels(*webp_size(content), limit=MAX_WEBP_PX)  # Pillow builds two canvases while it opens one
    image = Image.open(BytesIO(content), formats=("WEBP",))
    check_pixels(*image.size, limit=MAX_WEBP_PX)
    return image


def _open_heic(content: bytes) -> Image.Image:
    image = heif.open_heic(heif.hide_metadata(content))
    if not image.info["primary"]:  # libheif drops one that it cannot read, and shows another
        raise PhotoRefused(RefusalReason.BROKEN)
    check_pixels(*image.size)
    image.info["icc_profile"] = heif.read_profile(image)
    image.info["camera_exif"] = heif.read_exif(image)
    return image


def _open_avif(content: bytes) -> Image.Image:
    content = heif.hide_metadata(content)
    profile = exif = b""
    with suppress(SyntaxError):  # a sequence without a primary picture
        described = heif.open_heic(content)
        check_pixels(*described.size)  # libavif has a limit of its own, which it does not tell
        profile, exif = heif.read_profile(described), heif.read_exif(described)
    image = heif.open_avif(content)
    check_pixels(*image.size)
    image.info["icc_profile"] = profile or image.info.get("icc_profile", b"")
    image.info["camera_exif"] = exif
    return image


_OPENERS = {"JPEG": _open_jpeg, "PNG": _open_png, "WEBP": _open_webp, "HEIC": _open_heic, "AVIF": _open_avif}
