"""What a file is and whether all of it is there, from its bytes; knows no Pillow and decodes nothing.

Sources: the JPEG (ITU T.81), PNG (W3C) and WebP (RFC 9649) formats; ISO 14496-12 for the brands of HEIC and AVIF.
"""

import re
from collections.abc import Iterator

from lychee_rerank.photos.jpeg import DOUBLED_START, has_end

# How files start that people take for photos, as patterns in which a dot is any byte; the first that fits counts.
KINDS = (
    ("JPEG", rb"\xff\xd8\xff"),
    ("PNG", rb"\x89PNG\r\n\x1a\n"),
    ("WEBP", rb"RIFF.{4}WEBP"),
    ("AVIF", rb".{4}ftyp(?:.{4})*?avi[fs]"),
    ("HEIC", rb".{4}ftyp(?:.{4})*?(?:hei[cmsx]|hev[cmsx]|mif1|msf1)"),
    ("GIF", rb"GIF8[79]a"),
    ("TIFF", rb"II[*+]\x00|MM\x00[*+]"),
    ("PSD", rb"8BPS"),
    ("BMP", rb"BM.{4}\x00{4}"),
    ("PDF", rb"%PDF-"),
    ("ZIP", rb"PK(?:\x03\x04|\x05\x06)"),
    ("SVG", rb"(?i:(?:\xef\xbb\xbf)?\s*(?:<\?xml.*)?<svg)"),
    ("HTML", rb"(?i:(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body))"),
    ("text", rb"[^\x00-\x08\x0e-\x1f\x7f]+\Z"),
)
DECODED_KINDS = ("JPEG", "PNG", "WEBP", "HEIC", "AVIF")
_PICTURE_BOXES = (b"ftyp", b"meta", b"mdat", b"moov")
KIND_WINDOW_BYTES = 512  # long enough that no binary file passes for text, and for every brand that an AVIF names


def find_kind(content: bytes) -> str:
    """What the bytes start like, whatever the name ends in; empty when it is none of KINDS."""
    start = content[:KIND_WINDOW_BYTES]
    return next((kind for kind, pattern in KINDS if re.match(pattern, start, re.DOTALL)), "")


def browsers_show(content: bytes) -> bool:
    """False for a HEIC, which Safari alone shows, and for a JPEG with two start marks; its first bytes are enough."""
    return find_kind(content) != "HEIC" and not DOUBLED_START.match(content)


def ends_too_early(content: bytes, kind: str) -> bool:
    """True when the format's end is not in the file: Pillow passes such a PNG and calls such a WebP broken."""
    if kind == "JPEG":
        return not has_end(content)
    if kind == "PNG":
        return b"IEND\xaeB`\x82" not in content
    if kind == "WEBP":
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    return any(end > len(content) for end in _box_ends(content))


def _box_ends(content: bytes) -> Iterator[int]:
    """Where the outer boxes of an ISO media file end that a picture can stand in."""
    offset = 0
    while (name := content[offset + 4 : offset + 8]) in (*_PICTURE_BOXES, b"free", b"skip", b"uuid"):
        size = int.from_bytes(content[offset : offset + 4], "big")
        if size == 1:  # too large for 32 bits: it stands behind the name
            size = int.from_bytes(content[offset + 8 : offset + 16], "big")
        if size < 8:  # 0: up to the end of the file
            return
        offset += size
        if name in _PICTURE_BOXES:
            yield offset


def drop_profile(png: bytes) -> bytes:
    """The PNG without its colour profile, which stands before the pixels."""
    chunk = png.find(b"iCCP", 0, max(png.find(b"IDAT"), 0)) - 4
    return png if chunk < 0 else png[:chunk] + png[chunk + 12 + int.from_bytes(png[chunk : chunk + 4], "big") :]


def webp_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels as the first chunk of a WebP has them (RFC 9649)."""
    if content[12:16] == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if content[12:16] == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF
