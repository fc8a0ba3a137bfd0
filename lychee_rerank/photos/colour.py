"""Levels as a photo's colour profile means them -> sRGB; knows no file format.

Relative colorimetric with black point compensation: white stays white, black becomes black, and what sRGB has too keeps
its colour, whatever kind of profile it is. Those made of a matrix (cameras, displays) know no other intent anyway.
"""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageChops, ImageCms

_SOURCES = ("scnr", "mntr", "prtr", "spac")  # the classes of profiles that say what a picture's levels mean
_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_SAME_LEVELS = 2  # of 255; a maker who writes the curve of sRGB in 16 points is off by one
_SAMPLES = {
    "RGB": bytes(v for red in range(0, 256, 15) for other in range(0, 256, 15) for v in (red, other, 255 - other)),
    "L": bytes(range(256)),
}


def to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """The picture, which is RGB, L or CMYK, as RGB; a profile that does not fit it, or is broken, is passed over."""
    convert = _find_transform(profile) if profile else None
    if convert is not None and convert.input_mode == "RGB" and picture.mode == "L":
        picture = picture.convert("RGB")
    if convert is None or convert.input_mode != picture.mode:
        return picture.convert("RGB")
    return convert.apply(picture)


@lru_cache(maxsize=16)
def _find_transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """The way from this profile to sRGB; None where it cannot be used, or changes no level that one could see."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.device_class not in _SOURCES:
            return None
        mode = _MODES[source.profile.xcolor_space]
        convert = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except Exception:  # noqa: BLE001 - an odd profile costs no photo
        return None
    return None if mode in _SAMPLES and _changes_nothing(convert, mode) else convert


def _changes_nothing(convert: ImageCms.ImageCmsTransform, mode: str) -> bool:
    samples = Image.frombytes(mode, (len(_SAMPLES[mode]) // len(mode), 1), _SAMPLES[mode])
    changes = ImageChops.difference(samples.convert("RGB"), convert.apply(samples))
    return max(changes.tobytes()) <= _SAME_LEVELS
