"""Stars in the ratings that an EXIF block has, in their place: no byte moves, so that makers' notes stay readable.

Sources: CIPA DC-008, 4.6.2, for the directories of TIFF; Microsoft, tags 0x4746 (stars) and 0x4749 (per cent), which
Windows and digiKam write into the first of them.
"""

import struct

from lychee_rerank.errors import MetadataUnreadable
from lychee_rerank.export.ratings import PERCENT

_RATING, _RATING_PERCENT = 0x4746, 0x4749
_SHORT = 3  # the type of both, a single one of which stands in its entry
_ENTRY_BYTES = 12


def set_exif_rating(tiff: bytes, stars: int) -> bytes:
    """The block with those stars wherever its first directory has a rating, and every other byte as it was.

    Raises MetadataUnreadable where a rating is no SHORT: another program would go on reading the old one.
    """
    content, order = bytearray(tiff), ">" if tiff.startswith(b"MM") else "<"
    values = {_RATING: stars, _RATING_PERCENT: PERCENT[stars]}
    for entry in _entries(tiff, order):
        tag, kind, count = struct.unpack_from(f"{order}HHL", tiff, entry)
        if tag not in values:
            continue
        if (kind, count) != (_SHORT, 1):
            raise MetadataUnreadable("a rating in EXIF is no number of two bytes")
        struct.pack_into(f"{order}H", content, entry + 8, values[tag])
    return bytes(content)


def _entries(tiff: bytes, order: str) -> range:
    """Where each whole entry of the first directory begins; none where it is no TIFF."""
    if len(tiff) < 8 or tiff[:2] not in (b"II", b"MM"):
        return range(0)
    (directory,) = struct.unpack_from(f"{order}L", tiff, 4)
    if directory + 2 > len(tiff):
        return range(0)
    (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
    start = directory + 2
    return range(start, start + _ENTRY_BYTES * min(entries, (len(tiff) - start) // _ENTRY_BYTES), _ENTRY_BYTES)
