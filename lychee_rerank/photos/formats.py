"""What a file is and whether all of it is there, from its bytes; knows no Pillow and decodes nothing.

Sources: the JPEG (ITU T.81), PNG (W3C) and WebP (RFC 9649) formats; ISO 14496-12 for the brands of HEIC and AVIF.
"""

import re

# How files start that people take for photos, as patterns in which a dot is any byte; the first that fits counts.
KINDS = (
    ("JPEG", rb"\xff\xd8\xff"),
    ("PNG", rb"\x89PNG\r\n\x1a\n"),
    ("WEBP", rb"RIFF.{4}WEBP"),
    ("AVIF", rb".{4}ftyp(?:.{4})*?avi[fs]"),
    ("HEIC", rb".{4}ftyp(?:.{4})*?(?:hei[cmsx]|hev[cx]|mif1|msf1)"),
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
DECODED_KINDS = ("JPEG", "PNG", "WEBP")
KIND_WINDOW_BYTES = 512  # long enough that no binary file passes for text, and for every brand that an AVIF names


def find_kind(content: bytes) -> str:
    """What the bytes start like, whatever the name ends in; empty when it is none of KINDS."""
    start = content[:KIND_WINDOW_BYTES]
    return next((kind for kind, pattern in KINDS if re.match(pattern, start, re.DOTALL)), "")


def ends_too_early(content: bytes, kind: str) -> bool:
    """True when the format's end is not in the file: Pillow passes such a PNG and calls such a WebP broken."""
    if kind == "PNG":
        return b"IEND\xaeB`\x82" not in content
    if kind == "WEBP":
        return len(content) < 8 + int.from_bytes(content[4:8], "little")
    return content.find(b"\xff\xd9", find_scan(content)) == -1


def find_scan(content: bytes) -> int:
    """Where a JPEG's first scan begins, past thumbnails and profiles; else where its segments stop making sense."""
    offset = 2
    while content[offset : offset + 1] == b"\xff" and content[offset + 1 : offset + 2] != b"\xda":
        padding = content[offset + 1 : offset + 2] == b"\xff"
        offset += 1 if padding else 2 + int.from_bytes(content[offset + 2 : offset + 4], "big")
    return offset


def webp_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels as the first chunk of a WebP has them (RFC 9649)."""
    if content[12:16] == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if content[12:16] == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF
