"""What is read from a file's first bytes, against files that Pillow wrote."""

import pytest

from lychee_rerank.formats import webp_size
from tests import pictures

LARGEST = {"lossy": 16_383, "lossless": 16_384, "extended": 1 << 24}


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
