"""What stands in a JPEG's segments and scans, from its bytes; knows no Pillow and decodes no pixel.

Source: ITU T.81, annex B for the markers, annex G for what the scans of a progressive JPEG hold.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

START, END = b"\xff\xd8", b"\xff\xd9"
DOUBLED_START = re.compile(rb"\xff\xd8(?:\xff+\xd8)+(?=\xff)")
_SCAN = 0xDA
_FRAMES = tuple(bytes([kind]) for kind in range(0xC0, 0xD0) if kind not in (0xC4, 0xC8, 0xCC))  # SOF0 to SOF15
_PROGRESSIVE = (b"\xc2", b"\xc6", b"\xca", b"\xce")
# In the data of a scan: 0xFF 0x00 is a byte of it, 0xD0 to 0xD7 begin its intervals, more 0xFF are filling.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_MISSING = 99  # more bits than a coefficient has


def _filling(bits: bytes, *, first: int) -> bytes:
    """Bits, and the same behind each restart marker, so that an interval that is missing as a whole begins."""
    return bits + b"".join(bytes((0xFF, 0xD0 + n % 8)) + bits for n in range(first, first + 8))


# What may stand where a file ends too early. libjpeg passes over an interval whose marker is one or two ahead: one of
# the first two is not.
_ONES, _ZEROS = b"\xfe" * 64, b"\x00" * 64
FILLINGS = (_filling(_ONES, first=0), _filling(_ONES, first=4), _filling(_ZEROS, first=0), b"")


@dataclass(frozen=True, slots=True)
class Frame:
    """The size in pixels that a JPEG claims, its layers by their numbers, and whether they come bit by bit."""

    width: int
    height: int
    layers: bytes
    progressive: bool


def trim_start(content: bytes) -> bytes:
    """The JPEG with one start mark where it has several, over which libjpeg stops."""
    doubled = DOUBLED_START.match(content)
    return START + content[doubled.end() :] if doubled else content


def trim_end(content: bytes) -> bytes:
    """The JPEG without the zeros that some disks and cameras leave in place of its end."""
    data = _next(content, max(content.rfind(b"\xff\xda"), 0))  # a scan's header may end in zeros of its own
    trimmed = content[:data] + content[data:].rstrip(b"\x00")
    return trimmed + b"\x00" if trimmed.endswith(b"\xff") else trimmed  # that byte's own, or half an end mark


def find_scan(content: bytes) -> int:
    """Where a JPEG's first scan begins, past thumbnails and profiles; else where its segments stop making sense."""
    offset = 2
    while content[offset : offset + 1] == b"\xff" and content[offset + 1 : offset + 2] != b"\xda":
        offset = _next(content, offset)
    return offset


def has_end(content: bytes) -> bool:
    """True when there is an end mark behind the first scan's beginning."""
    return content.find(END, find_scan(content)) != -1


def read_frame(content: bytes) -> Frame | None:
    """What the frame header says; None where there is none before the first scan."""
    offset, scan = 2, find_scan(content)
    while offset < scan:
        after = _next(content, offset)
        kind, segment = content[offset + 1 : offset + 2], content[offset + 4 : after]
        if kind in _FRAMES and len(segment) > 5:
            height, width = (int.from_bytes(segment[at : at + 2], "big") for at in (1, 3))
            return Frame(width, height, segment[6 : 6 + 3 * segment[5] : 3], kind in _PROGRESSIVE)
        offset = after
    return None


def has_several_scans(content: bytes, frame: Frame) -> bool:
    """True when libjpeg has to hold every coefficient until the last scan."""
    return frame.progressive or content[find_scan(content) + 4 :][:1] < bytes([len(frame.layers)])


def has_all_scans(content: bytes) -> bool:
    """True when the scans that have begun hold every bit of every layer: a file can end between two of them."""
    frame = read_frame(content)
    if frame is None:
        return False
    missing = {(layer, place): _MISSING for layer in frame.layers for place in range(64)}
    for header in _scan_headers(content):
        count = header[0]
        first, last, bits = header[-3], header[-2], header[-1] & 0x0F
        if not frame.progressive:
            first, last, bits = 0, 63, 0
        for layer in header[1 : 1 + 2 * count : 2]:
            missing |= {(layer, place): bits for place in range(first, last + 1)}
    return not any(missing.values())


def _scan_headers(content: bytes) -> Iterator[bytes]:
    """The headers of the scans, without their lengths."""
    offset = find_scan(content)
    while content[offset : offset + 1] == b"\xff" and offset < len(content) - 4:
        after = _next(content, offset)
        if content[offset + 1] == _SCAN:
            header = content[offset + 4 : after]
            if len(header) < 6 or len(header) != 4 + 2 * header[0]:
                return
            yield header
            found = _NEXT_MARKER.search(content, after)
            after = found.start() if found else len(content)
        offset = after


def _next(content: bytes, offset: int) -> int:
    """Where the segment at the offset ends; one byte of filling is one."""
    if content[offset + 1 : offset + 2] == b"\xff":
        return offset + 1
    return offset + 2 + int.from_bytes(content[offset + 2 : offset + 4], "big")
