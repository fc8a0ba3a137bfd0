"""Pictures as bytes: what phones, editors and broken downloads hand in; and photos for the fake judge."""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from lychee_rerank.records import Photo

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6  # PNG colour types


def make_photo(width: int = 320, height: int = 240, *, seed: int = 0) -> Image.Image:
    """A picture with ramps and grain: it compresses as a photo does, and no two places in it look the same."""
    rows, columns = np.mgrid[0:height, 0:width]
    ramps = np.stack([columns * 255 // width, rows * 255 // height, (rows + columns) * 2 % 256], axis=-1)
    grain = np.random.default_rng(seed).integers(-20, 20, (height, width, 1))
    return Image.fromarray((ramps + grain).clip(0, 255).astype(np.uint8))


def make_plain(colour: str | tuple[int, ...], *, size: tuple[int, int] = (16, 16), mode: str = "RGB") -> Image.Image:
    """A picture of one colour."""
    return Image.new(mode, size, colour)


def write_reds(folder: Path, reds: Mapping[str, int] | Iterable[int]) -> list[Photo]:
    """A PNG of one colour per red, from 0 to 255, under the name that comes with it or its own: "102.png"."""
    named = reds if isinstance(reds, Mapping) else {f"{red}.png": red for red in reds}
    for name, red in named.items():
        (folder / name).write_bytes(encode(make_plain((red, 0, 0)), "PNG"))
    return [Photo(name, folder / name) for name in named]


def encode(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file of that kind; options go to Pillow's writer."""
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def encode_turned(upright: Image.Image, turn: int, *, kind: str = "JPEG", **options: object) -> bytes:
    """A file whose pixels are stored so that the EXIF turn sets them upright.

    Built from the words of EXIF 2.32, not from a table of turns: tag 0x0112 says at which side of the upright picture
    the stored first row and first column are.
    """
    first_row, first_column = {
        1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
        5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
    }[turn]  # fmt: skip
    pixels = np.asarray(upright)
    if "bottom" in (first_row, first_column):
        pixels = pixels[::-1]
    if "right" in (first_row, first_column):
        pixels = pixels[:, ::-1]
    if first_row in ("left", "right"):
        pixels = pixels.swapaxes(0, 1)
    return encode(Image.fromarray(np.ascontiguousarray(pixels)), kind, exif=make_exif(turn), **options)


def make_exif(turn: int) -> bytes:
    """An EXIF block that holds a turn, and a place nobody else should learn."""
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010F] = "SecretPhoneMaker"
    return exif.tobytes()


def add_jpeg_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    """The JPEG with one more segment right behind its first two bytes."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, 2 + len(payload)) + payload + jpeg[2:]


def drop_jpeg_segment(jpeg: bytes, marker: int) -> bytes:
    """The JPEG without its first segment of that marker."""
    start = jpeg.index(bytes((0xFF, marker)))
    return jpeg[:start] + jpeg[start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big") :]


def claim_jpeg_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size in its frame header, and the pixels that it had."""
    frame = max(jpeg.find(b"\xff\xc0\x00\x11\x08"), jpeg.find(b"\xff\xc2\x00\x11\x08"))
    return jpeg[: frame + 5] + struct.pack(">HH", height, width) + jpeg[frame + 9 :]


def split_first_scan(jpeg: bytes) -> bytes:
    """The JPEG with a first scan that announces one of its three layers, as files with a scan per layer do."""
    scan = jpeg.index(b"\xff\xda\x00\x0c\x03")
    return jpeg[:scan] + b"\xff\xda\x00\x08\x01" + jpeg[scan + 5 : scan + 7] + b"\x00\x3f\x00" + jpeg[scan + 14 :]


def make_cmyk_jpeg(ink: tuple[int, int, int, int], *, ycck: bool = False, marked: bool = True) -> bytes:
    """A four-layer JPEG of one ink (0 to 255 each), its levels inverted as Adobe writes them.

    ycck: its first three layers are stored as luminance and colour differences (BT.601), and its marker says so.
    marked: with Adobe's APP14 segment.
    """
    if not ycck:
        jpeg = encode(make_plain(ink, mode="CMYK"), quality=100)
        return jpeg if marked else drop_jpeg_segment(jpeg, 0xEE)
    differences = Image.new("RGB", (1, 1), ink[:3]).convert("YCbCr").getpixel((0, 0))
    assert isinstance(differences, tuple)
    stored = (*(255 - round(level) for level in differences), ink[3])
    jpeg = encode(make_plain(stored, mode="CMYK"), quality=100)
    transform = jpeg.index(b"Adobe") + 11
    return jpeg[:transform] + b"\x02" + jpeg[transform + 1 :]


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One PNG chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def make_png(
    size: tuple[int, int], rows: list[bytes], *, depth_bits: int = 8, colour: int = RGB, extra: bytes = b""
) -> bytes:
    """A PNG written by hand, for depths and chunks that Pillow does not write; `extra` stands before the pixels."""
    header = struct.pack(">IIBBBBB", *size, depth_bits, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows))
    chunks = (png_chunk(b"IHDR", header), extra, png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b""))
    return PNG_SIGNATURE + b"".join(chunks)


def riff_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a WebP, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\x00" * (len(content) % 2)


def make_webp_bomb(width: int, height: int) -> bytes:
    """An animated WebP of some 80 bytes that asks for two canvases of that size."""
    frame = riff_chunk(b"VP8L", b"\x2f" + bytes(7))
    canvas = b"\x02\x00\x00\x00" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = riff_chunk(b"VP8X", canvas) + riff_chunk(b"ANIM", bytes(6)) + riff_chunk(b"ANMF", bytes(16) + frame)
    return riff_chunk(b"RIFF", b"WEBP" + body)


def claim_webp_size(webp: bytes, width: int, height: int) -> bytes:
    """The simple WebP, lossy or lossless, with another size in its header."""
    if webp[12:16] == b"VP8L":
        bits = int.from_bytes(webp[21:25], "little") & ~0xFFFFFFF | (width - 1) | (height - 1) << 14
        return webp[:21] + bits.to_bytes(4, "little") + webp[25:]
    return webp[:26] + struct.pack("<HH", width, height) + webp[30:]


def make_zip() -> bytes:
    """A ZIP with one file in it."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", b"")
    return out.getvalue()


def make_iso_media(*brands: bytes) -> bytes:
    """The beginning of a HEIC, AVIF or other ISO media file with those brands, the main one first."""
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    return struct.pack(">I", 4 + len(box)) + box + bytes(64)
