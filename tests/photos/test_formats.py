"""What is read from a file's first bytes, against files that Pillow wrote."""

import pytest

from lychee_rerank.photos.formats import ends_too_early, find_kind, webp_size
from lychee_rerank.photos.jpeg import find_scan
from tests import pictures
from tests.photos.decoding import JPEG

SCAN = JPEG.index(b"\xff\xda\x00\x0c")
KINDS = {
    "JPEG": JPEG,
    "PNG": pictures.encode(pictures.make_photo(64, 48), "PNG"),
    "WEBP": pictures.encode(pictures.make_photo(64, 48), "WEBP"),
}
LARGEST = {"lossy": 16_383, "lossless": 16_384, "extended": 1 << 24}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_whole_with_its_last_byte_and_not_without(kind: str) -> None:
    content = KINDS[kind]
    assert find_kind(content) == kind
    assert not ends_too_early(content, kind)
    assert not ends_too_early(content + b"and more", kind)
    assert ends_too_early(content[:-1], kind)


def test_the_first_512_bytes_alone_tell_what_a_file_is() -> None:
    assert find_kind(b"a" * 512 + b"\x00") == "text"
    assert find_kind(b"a" * 511 + b"\x00") == ""
    assert find_kind(b"") == ""


@pytest.mark.parametrize("length", [2, 3, 255, 256, 40_000])
def test_the_scan_of_a_jpeg_is_found_behind_segments_of_any_length(length: int) -> None:
    content = pictures.add_jpeg_segment(JPEG, 0xE1, (b"\xff\xda" * length)[: length - 2])
    assert find_scan(content) == SCAN + 2 + length
    assert find_scan(content[:2] + b"\xff\xff\xff" + content[2:]) == SCAN + 2 + length + 3


def test_the_end_of_a_thumbnail_is_not_the_end_of_its_photo() -> None:
    content = pictures.add_jpeg_segment(JPEG, 0xE1, b"Exif" + JPEG)
    assert not ends_too_early(content, "JPEG")
    assert ends_too_early(content[:-1], "JPEG")


def test_where_segments_stop_making_sense_the_search_for_a_scan_ends() -> None:
    assert find_scan(JPEG[:2] + b"no segment") == 2
    assert find_scan(JPEG[:2] + b"\xff\xe1\x00\x04ab" + b"\x00" + JPEG[2:]) == 8
    assert find_scan(JPEG[:2]) == 2


@pytest.mark.parametrize("size", [(1, 1), (640, 480), (3, 700), (1025, 257)])
@pytest.mark.parametrize("kind", LARGEST)
def test_the_size_of_a_webp_is_read_to_the_pixel(kind: str, size: tuple[int, int]) -> None:
    options = {"lossless": kind == "lossless", "exif": pictures.make_exif(1) if kind == "extended" else b""}
    content = pictures.encode(pictures.make_photo(*size), "WEBP", **options)
    assert content[12:16] == {"lossy": b"VP8 ", "lossless": b"VP8L", "extended": b"VP8X"}[kind]
    assert webp_size(content) == size


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("kind", LARGEST)
def test_the_largest_size_that_a_webp_can_claim_is_read_whole(kind: str, swap: bool) -> None:
    width, height = (3, LARGEST[kind]) if swap else (LARGEST[kind], 3)
    if kind == "extended":
        content = pictures.make_webp_bomb(width, height)
    else:
        webp = pictures.encode(pictures.make_photo(), "WEBP", lossless=kind == "lossless")
        content = pictures.claim_webp_size(webp, width, height)
    assert webp_size(content) == (width, height)


@pytest.mark.parametrize(("lossless", "place", "bits"), [(False, 27, 0xC0), (False, 29, 0xC0), (True, 24, 0xF0)])
def test_what_shares_its_bytes_with_a_size_is_no_part_of_it(lossless: bool, place: int, bits: int) -> None:
    webp = bytearray(pictures.encode(pictures.make_photo(640, 480), "WEBP", lossless=lossless))
    webp[place] |= bits  # the scale, the alpha, the version
    assert webp_size(bytes(webp)) == (640, 480)
