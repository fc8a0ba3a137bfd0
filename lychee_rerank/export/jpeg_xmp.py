"""Marks into the head of a JPEG, with every other byte as it was: nothing is decoded, no pixel is touched.

Sources: ITU T.81 for segments; Adobe, XMP Specification, part 3, 1.1.3 for where XMP stands; CIPA DC-007 for MPF, the
list of further pictures (portraits, gain maps) that phones put behind the first.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from lychee_rerank.errors import MetadataUnreadable
from lychee_rerank.export.exif_rating import set_exif_rating
from lychee_rerank.export.ratings import Marks
from lychee_rerank.export.xmp import build_packet, merge_packet

JPEG_START = b"\xff\xd8\xff"
_START, _APP0, _APP1, _APP2, _SCAN = b"\xff\xd8", b"\xff\xe0", b"\xff\xe1", b"\xff\xe2", b"\xff\xda"
_XMP, _EXIF, _MPF = b"http://ns.adobe.com/xap/1.0/\0", b"Exif\0\0", b"MPF\0"
_MAX_PAYLOAD_BYTES = 0xFFFF - 2  # the length counts its own two bytes
_MP_ENTRY = 0xB002  # the tag of the list in MPF


@dataclass(frozen=True, slots=True)
class _Segment:
    """One segment as it stands in the file: any filling bytes, the two of its marker, two of its length, a payload."""

    filling: bytes
    marker: bytes
    payload: bytes

    def is_a(self, marker: bytes, signature: bytes) -> bool:
        return self.marker == marker and self.payload.startswith(signature)

    def written(self) -> bytes:
        return self.filling + self.marker + struct.pack(">H", 2 + len(self.payload)) + self.payload


def embed_marks(file: BinaryIO, marks: Marks) -> bytes:
    """The new bytes before the first scan; the file is read up to there.

    The marks are in its XMP, which is made behind EXIF where there is none, and the stars also in the ratings that EXIF
    has. Raises MetadataUnreadable where that cannot be done without harm: the JPEG is to be left as it is.
    """
    segments = [_set_rating(segment, marks.stars) for segment in _read_head(file)]
    there = [n for n, segment in enumerate(segments) if segment.is_a(_APP1, _XMP)]
    if len(there) > 1:
        raise MetadataUnreadable("several XMP packets")
    place = there[0] if there else _find_place(segments)
    old = segments[place : place + len(there)]
    packet = merge_packet(old[0].payload[len(_XMP) :], marks) if old else build_packet(marks)
    new = _Segment(b"", _APP1, _XMP + packet)
    if len(new.payload) > _MAX_PAYLOAD_BYTES:
        raise MetadataUnreadable("XMP too long for one segment")
    grown_bytes = len(new.written()) - sum(len(segment.written()) for segment in old)
    before, behind = segments[:place], segments[place + len(old) :]
    if grown_bytes:
        behind = _update_mpf(before, behind, grown_bytes=grown_bytes)
    return _START + b"".join(segment.written() for segment in (*before, new, *behind))


def _read_head(file: BinaryIO) -> list[_Segment]:
    """The segments before the first scan; the file is left where that begins."""
    segments: list[_Segment] = []
    if file.read(2) != _START:
        raise MetadataUnreadable("no JPEG")
    while True:
        filling, marker = b"", file.read(2)
        while marker == b"\xff\xff":
            filling, marker = filling + b"\xff", b"\xff" + file.read(1)
        if marker == _SCAN:
            file.seek(-2 - len(filling), 1)
            return segments
        length = int.from_bytes(file.read(2), "big")
        payload = file.read(max(length - 2, 0))
        if marker[:1] != b"\xff" or length < 2 or len(payload) != length - 2:
            raise MetadataUnreadable("the segments of the JPEG make no sense")
        segments.append(_Segment(filling, marker, payload))


def _set_rating(segment: _Segment, stars: int) -> _Segment:
    """The segment, with those stars in the ratings that it has where it is EXIF."""
    if not segment.is_a(_APP1, _EXIF):
        return segment
    return replace(segment, payload=_EXIF + set_exif_rating(segment.payload[len(_EXIF) :], stars))


def _find_place(segments: Sequence[_Segment]) -> int:
    """Behind EXIF, otherwise behind the JFIF segments that have to come first."""
    for n, segment in enumerate(segments):
        if segment.is_a(_APP1, _EXIF):
            return n + 1
    return next((n for n, segment in enumerate(segments) if segment.marker != _APP0), len(segments))


def _update_mpf(before: Sequence[_Segment], behind: Sequence[_Segment], *, grown_bytes: int) -> list[_Segment]:
    """The segments behind, with the new length of the first picture in MPF, whose offsets count from itself."""
    if any(segment.is_a(_APP2, _MPF) for segment in before):
        raise MetadataUnreadable("further pictures would no longer be found")
    return [
        replace(segment, payload=_lengthen_first(segment.payload, grown_bytes))
        if segment.is_a(_APP2, _MPF)
        else segment
        for segment in behind
    ]


def _lengthen_first(payload: bytes, grown_bytes: int) -> bytes:
    """The payload of MPF with more bytes for the first picture."""
    content, tiff = bytearray(payload), len(_MPF)
    order = "<" if content[tiff : tiff + 2] == b"II" else ">"
    try:
        (directory,) = struct.unpack_from(f"{order}I", content, tiff + 4)
        (entries,) = struct.unpack_from(f"{order}H", content, tiff + directory)
        for n in range(entries):
            tag, _, _, value = struct.unpack_from(f"{order}HHII", content, tiff + directory + 2 + 12 * n)
            if tag == _MP_ENTRY:
                (length,) = struct.unpack_from(f"{order}I", content, tiff + value + 4)
                struct.pack_into(f"{order}I", content, tiff + value + 4, length + grown_bytes)
    except struct.error as error:
        raise MetadataUnreadable("the list of further pictures makes no sense") from error
    return bytes(content)
