"""HEIC and AVIF as bytes, made in memory: turned by their boxes, by EXIF or by both, of several pictures, hostile."""

import struct
from io import BytesIO

import pillow_heif
from PIL import Image

from tests.pictures import encode, make_exif


def encode_heic(*pictures: Image.Image, primary: int = 0, **options: object) -> bytes:
    """The pictures as one HEIC; options go to pillow-heif's writer, which turns by irot and imir as `exif` says."""
    heic, out = pillow_heif.HeifFile(), BytesIO()
    for picture in pictures:
        heic.add_from_pillow(picture)
    heic.save(out, primary_index=primary, **options)
    return out.getvalue()


def encode_kind(kind: str, picture: Image.Image, **options: object) -> bytes:
    """The picture as a HEIC or an AVIF."""
    return encode_heic(picture, **options) if kind == "HEIC" else encode(picture, kind, **options)


def encode_with_turns(kind: str, picture: Image.Image, *, boxes: int, exif: int) -> bytes:
    """The picture as it is stored, with one turn in its boxes and one in EXIF, each 1 to 8; 0 for no EXIF at all."""
    if not exif:
        return _without_exif(encode_kind(kind, picture, exif=make_exif(boxes)))
    if kind == "HEIC":
        return encode_heic(picture, exif=make_exif(boxes)).replace(_turn_entry(boxes), _turn_entry(exif))
    block = Image.Exif()
    block.load(make_exif(boxes))
    block[_OTHER_TAG] = exif
    content = encode(picture, kind, exif=block.tobytes())  # Pillow's writer takes the turn out of it
    return content.replace(_turn_entry(exif, tag=_OTHER_TAG), _turn_entry(exif))


_OTHER_TAG = 0x0113


def _turn_entry(turn: int, *, tag: int = 0x0112) -> bytes:
    return struct.pack(">HHIH", tag, 3, 1, turn)


def _without_exif(content: bytes) -> bytes:
    """The block is there, and no reader looks for its kind."""
    start = content.index(b"Exif", content.index(b"infe"))
    return content[:start] + b"none" + content[start + 4 :]


def claim_size(content: bytes, width: int, height: int) -> bytes:
    """The HEIC or AVIF with another size in every ispe box."""
    parts = content.split(b"ispe")
    return b"ispe".join([parts[0], *(part[:4] + struct.pack(">II", width, height) + part[12:] for part in parts[1:])])
