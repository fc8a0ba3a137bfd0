"""HEIC and AVIF, opened; for a process that decodes and does nothing else.

Their own boxes say how they are turned (irot, imir), and EXIF is not asked: so has it ISO 23008-12, and so do browsers.
EXIF and XMP are hidden from the decoders, which refuse a whole picture where one of these is damaged.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO

from PIL import Image

from lychee_rerank.photos.colour_codes import build_profile

Open = Callable[[BytesIO], Image.Image]

# ISO 14496-12, an entry in the list of items: its version, flags, number and protection, and then its kind.
_METADATA = re.compile(rb"(infe(?:\x02.{7}|\x03.{9}))(?:Exif|mime)", re.DOTALL)
_TIFF = (b"MM\x00*", b"II*\x00")


def hide_metadata(content: bytes) -> bytes:
    """The same pictures without EXIF and XMP; no byte moves."""
    return _METADATA.sub(rb"\1none", content)


def open_heic(content: bytes) -> Image.Image:
    """The primary picture, not decoded yet, its size as it is once turned; opens an AVIF too, but cannot decode it."""
    try:
        return _heic_plugin()(BytesIO(content))
    except SyntaxError:  # colour codes that libheif does not know are enough
        return _heic_plugin()(BytesIO(content.replace(b"colrnclx", b"nonenclx")))


def open_avif(content: bytes) -> Image.Image:
    """The primary or first picture, not decoded yet, its turn where EXIF would say it."""
    from PIL import AvifImagePlugin  # brings libavif

    return AvifImagePlugin.AvifImageFile(BytesIO(content))


def read_profile(image: Image.Image) -> bytes:
    """The colour profile of what `open_heic` opened, built where there are codes in its place; empty without either."""
    codes = image.info.get("nclx_profile")
    built = codes and build_profile(primaries=codes["color_primaries"], transfer=codes["transfer_characteristics"])
    return bytes(image.info.get("icc_profile") or built or b"")


def read_exif(image: Image.Image) -> bytes:
    """The EXIF block of what `open_heic` opened with its metadata hidden; empty where there is none.

    ISO 23008-12, annex A: before the block stands how far away its header is, in four bytes.
    """
    for item in image.info.get("metadata") or ():
        data = bytes(item["data"])
        block = data[4 + int.from_bytes(data[:4], "big") :]
        if block.startswith(_TIFF):
            return block
    return b""


@lru_cache(maxsize=1)
def _heic_plugin() -> Open:
    """Pi-heif's class of pictures, told to look at the primary picture alone; Pillow is not told of it."""
    import pi_heif  # brings libheif and libde265
    from pi_heif import options

    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    plugin: Open = pi_heif.HeifImageFile
    return plugin
