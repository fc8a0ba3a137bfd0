"""An EXIF block -> turn, time and camera; knows no file format. Odd metadata costs no photo.

Source: EXIF 2.32 (CIPA DC-008). Not `image.getexif()`, which asks XMP and ImageMagick's own text too: no browser does.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from PIL import ExifTags, Image

_MOST_CAMERA_CHARACTERS = 100
_TIME_BYTES = 19  # "2026:11:29 08:15:00"; some programs write fractions of a second behind it
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")

Tags = Mapping[int, object]


def read_turn(block: bytes) -> int:
    """The turn that the block says; 1 where there is none."""
    turn = _read(block).get(ExifTags.Base.Orientation, 1)
    return turn if isinstance(turn, int) else 1


def read_taken(block: bytes) -> datetime | None:
    """When the shutter opened, by the camera's clock; with its time zone where that is told."""
    tags = _read(block, ExifTags.IFD.Exif)
    try:
        taken = datetime.strptime(_text(tags, ExifTags.Base.DateTimeOriginal)[:_TIME_BYTES], "%Y:%m:%d %H:%M:%S")
    except ValueError:  # nothing there, or what cameras without a clock write
        return None
    offset = _OFFSET.fullmatch(_text(tags, ExifTags.Base.OffsetTimeOriginal))
    if offset is None or int(offset[2]) >= 24:
        return taken
    east = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    return taken.replace(tzinfo=timezone(-east if offset[1] == "-" else east))


def read_camera(block: bytes) -> str:
    """Maker and model, once where the model names the maker too; empty where neither is told."""
    tags = _read(block)
    maker, model = _text(tags, ExifTags.Base.Make), _text(tags, ExifTags.Base.Model)
    named = model.casefold().startswith(maker.casefold().partition(" ")[0])
    return (model if model and named else f"{maker} {model}".strip())[:_MOST_CAMERA_CHARACTERS]


def _read(block: bytes, directory: int | None = None) -> Tags:
    """The tags of the main directory, or of one below it; none where the block cannot be read."""
    exif = Image.Exif()
    try:
        exif.load(block)
        tags = exif if directory is None else exif.get_ifd(directory)
        return dict(tags)
    except Exception:  # noqa: BLE001 - whatever Pillow raises
        return {}


def _text(tags: Tags, tag: int) -> str:
    """A text without what pads it; empty where the tag holds none."""
    found = tags.get(tag)
    return " ".join("".join(c if c.isprintable() else " " for c in found).split()) if isinstance(found, str) else ""
