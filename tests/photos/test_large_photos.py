"""What medium-format cameras and scanners write is decoded within a process's limits; a refusal names its numbers."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.limits import check_bytes, check_pixels
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.decode_processes import decoding_processes, peak_bytes
from tests.heif_pictures import claim_size, encode_kind
from tests.photos.decoding import refusal

A3_AT_600_DPI = (9_933, 7_016)
MEDIUM_FORMAT = (11_648, 8_736)  # 102 million
MOST_BYTES = 1_000_000_000  # of memory, for the photos below

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SCANS = {
    "RGB": (RGB, 8, 3),
    "RGBA": (RGB_ALPHA, 8, 4),
    "grey": (GREY, 8, 1),
    "grey and alpha": (GREY_ALPHA, 8, 2),
    "palette": (PALETTE, 8, 1),
    "1 bit": (GREY, 1, 1 / 8),
    "16-bit grey": (GREY, 16, 2),
    "16-bit RGB": (RGB, 16, 6),
}


@pytest.fixture
def decoders() -> Iterator[DecodePool]:
    with DecodePool() as decoders:
        yield decoders


def small(width_px: int, height_px: int) -> tuple[int, int]:
    return 280, 196


def make_scan(name: str) -> bytes:
    """An A3 page in one of SCANS, dark from top to bottom; written row by row, as it takes 400 MB otherwise."""
    width, height = A3_AT_600_DPI
    colour, depth_bits, pixel_bytes = SCANS[name]
    row, packer = b"\0" + bytes(-int(-width * pixel_bytes // 1)), zlib.compressobj(1)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth_bits, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    if colour == PALETTE:
        chunks.insert(1, (b"PLTE", bytes(6)))
    return pictures.PNG_SIGNATURE + b"".join(pictures.png_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize("name", SCANS)
def test_an_a3_scan_at_600_dpi_is_decoded(decoders: DecodePool, name: str) -> None:
    picture = decoders.decode(make_scan(name), fit=small).picture
    assert picture.size == (280, 196)
    assert picture.getextrema() == (((255, 255),) * 3 if "alpha" in name or name == "RGBA" else ((0, 0),) * 3)
    (process,) = decoding_processes()
    assert peak_bytes(process) < MOST_BYTES


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_a_progressive_jpeg_of_102_megapixels_is_decoded(decoders: DecodePool, subsampling: str) -> None:
    photo = pictures.encode(pictures.make_photo(64, 48), progressive=True, subsampling=subsampling)
    picture = decoders.decode(pictures.claim_jpeg_size(photo, *MEDIUM_FORMAT), fit=small).picture
    assert picture.size == (280, 196)
    (process,) = decoding_processes()
    assert peak_bytes(process) < MOST_BYTES


def test_the_largest_sensors_are_decoded_and_one_row_more_than_the_limit_is_not(decoders: DecodePool) -> None:
    photo = pictures.encode(pictures.make_photo(64, 48), progressive=True, subsampling="4:4:4")
    for size in ((14_204, 10_652), (16_000, 10_000)):
        assert decoders.decode(pictures.claim_jpeg_size(photo, *size), fit=small).picture.size == (280, 196)
    with pytest.raises(PhotoRefused, match="161 MP > 160 MP"):
        decoders.decode(pictures.claim_jpeg_size(photo, 16_000, 10_001), fit=small)


def test_an_avif_that_makes_much_of_little_stays_within_the_process(decoders: DecodePool) -> None:
    """libavif makes the picture as large as the box says, from few pixels."""
    bomb = claim_size(encode_kind("AVIF", pictures.make_photo(64, 48)), 16_000, 10_000)
    assert decoders.decode(bomb, fit=small).picture.size == (280, 196)
    (process,) = decoding_processes()
    assert decoders.decode(pictures.encode(pictures.make_photo()), fit=small).picture.size == (280, 196)
    assert process.memory_info().rss < 300_000_000


WEBP = pictures.encode(pictures.make_photo(64, 48), "WEBP")
JPEG = pictures.encode(pictures.make_photo(64, 48))
PROGRESSIVE = pictures.encode(pictures.make_photo(64, 48), progressive=True)


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (pictures.make_png((13_500, 13_500), [bytes(8)], depth_bits=1, colour=GREY), "183 MP > 160 MP"),
        (pictures.make_png((100_000, 100_000), [bytes(8)], depth_bits=1, colour=GREY), "10000 MP > 160 MP"),
        (pictures.claim_webp_size(WEBP, 16_000, 10_000), "160 MP > 100 MP"),
        (pictures.claim_jpeg_size(JPEG, 65_535, 65_535), "4295 MP > 250 MP"),
        (pictures.claim_jpeg_size(JPEG, 20_000, 12_501), "251 MP > 250 MP"),
        (pictures.claim_jpeg_size(PROGRESSIVE, 20_000, 12_500), "250 MP > 160 MP"),
    ],
)
def test_too_many_pixels_are_refused_with_both_numbers(content: bytes, detail: str) -> None:
    found = refusal(content)
    assert (found.reason, found.detail) == (RefusalReason.TOO_MANY_PIXELS, detail)


@pytest.mark.parametrize(("size_bytes", "detail"), [(200_000_001, "201 MB > 200 MB"), (3 * 10**9, "3000 MB > 200 MB")])
def test_too_many_bytes_are_refused_with_both_numbers(size_bytes: int, detail: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        check_bytes(size_bytes)
    assert (refused.value.reason, refused.value.detail) == (RefusalReason.TOO_MANY_BYTES, detail)


def test_a_picture_counts_with_the_white_that_it_is_padded_with() -> None:
    check_pixels(160_000, 1)
    check_pixels(178_800, 1)  # by 894
    with pytest.raises(PhotoRefused, match="161 MP > 160 MP"):
        check_pixels(179_000, 1)


def test_a_refusal_comes_out_of_the_process_with_its_numbers(decoders: DecodePool) -> None:
    out = BytesIO()
    Image.new("1", (12_700, 12_700)).save(out, "PNG")
    with pytest.raises(PhotoRefused) as refused:
        decoders.decode(out.getvalue(), fit=small)
    assert refused.value.detail == "162 MP > 160 MP"


@pytest.mark.parametrize("junk", [b"\x00", b"junk"])
def test_a_frame_that_is_hidden_behind_junk_is_held_to_the_limit_too(decoders: DecodePool, junk: bytes) -> None:
    jpeg = pictures.claim_jpeg_size(PROGRESSIVE, 20_000, 12_500)
    with pytest.raises(PhotoRefused, match="250 MP > 160 MP"):
        decoders.decode(jpeg[:20] + junk + jpeg[20:], fit=small)
