"""HEIC files put together box by box (ISO 14496-12, ISO 23008-12), as no writer would."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.heif_pictures import encode_heic
from tests.pictures import make_photo

TILE_PX = 64


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its kind, its data, the size that it claims, and the items that it is derived from."""

    kind: bytes
    data: bytes
    size: tuple[int, int]
    sources: tuple[int, ...] = field(default=())
    coded: bool = False


def make_tile() -> Item:
    """A coded picture of TILE_PX by TILE_PX."""
    content = encode_heic(make_photo(TILE_PX, TILE_PX))
    data = content[content.index(b"mdat") + 4 :]
    return Item(b"hvc1", data, (TILE_PX, TILE_PX), coded=True)


def make_grid(rows: int, columns: int, size: tuple[int, int], *, sources: Sequence[int]) -> Item:
    """A grid of other items, by their numbers."""
    return Item(b"grid", struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *size), size, tuple(sources))


def make_overlay(size: tuple[int, int], *, sources: Sequence[int]) -> Item:
    """A canvas with other items laid on it."""
    data = struct.pack(">BB4HII", 0, 1, 0, 0, 0, 65535, *size) + struct.pack(">ii", 0, 0) * len(sources)
    return Item(b"iovl", data, size, tuple(sources))


def write_heic(*items: Item, primary: int) -> bytes:
    """The items, numbered from 1, as a file; what is the same in two of them is in it once."""
    config, count = _coding_of_tiles(), struct.pack(">I", len(items))
    sizes = list(dict.fromkeys(_box(b"ispe", bytes(4) + struct.pack(">II", *item.size)) for item in items))
    entries, places, links, uses, data = b"", b"", b"", b"", b""
    for number, item in enumerate(items, start=1):
        entries += _box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", number, 0) + item.kind + b"\0")
        size = 2 + sizes.index(_box(b"ispe", bytes(4) + struct.pack(">II", *item.size)))
        properties = (size, 0x8001) if item.coded else (size,)
        uses += struct.pack(f">HB{len(properties)}H", number, len(properties), *properties)
        if item.sources:
            links += _box(b"dimg", struct.pack(f">HH{len(item.sources)}H", number, len(item.sources), *item.sources))
    pieces = [
        _box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
        _box(b"pitm", bytes(4) + struct.pack(">H", primary)),
        _box(b"iinf", bytes(4) + struct.pack(">H", len(items)) + entries),
        _box(b"iref", bytes(4) + links),
        _box(b"iprp", _box(b"ipco", config + b"".join(sizes)) + _box(b"ipma", b"\0\0\0\1" + count + uses)),
    ]
    head = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    start = len(head) + 12 + sum(map(len, pieces)) + 16 + 14 * len(items) + 8
    for number, item in enumerate(items, start=1):
        if item.data not in data:
            data += item.data
        places += struct.pack(">HHHII", number, 0, 1, start + data.index(item.data), len(item.data))
    pieces.append(_box(b"iloc", bytes(4) + b"\x44\x00" + struct.pack(">H", len(items)) + places))
    return head + _box(b"meta", bytes(4) + b"".join(pieces)) + _box(b"mdat", data)


def _coding_of_tiles() -> bytes:
    """The box that says how the tiles are coded."""
    content = encode_heic(make_photo(TILE_PX, TILE_PX))
    start = content.index(b"hvcC") - 4
    return content[start : start + int.from_bytes(content[start : start + 4], "big")]


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content
