"""A photo that asks for too many pixels, or for more memory than there is, is refused, and the next is decoded."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.limits import MAX_WHOLE_PX
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.photos.decoding import JPEG, encode_as, memory_bytes, no_more_memory_than, refusal, same
from tests.served import ROOT


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds one row."""
    return pictures.make_png((width, height), [bytes(8)], depth_bits=1, colour=pictures.GREY)


PROGRESSIVE = pictures.encode(pictures.make_photo(64, 48), progressive=True)
TOO_LARGE = {
    "PNG one row above its limit": png_header(10_000, 16_001),
    "PNG bomb": png_header(50_000, 50_000),
    "PNG that padding would make too large": png_header(40_000_000, 1),
    "WebP bomb of 1.4 GB": pictures.make_webp_bomb(13_229, 13_229),
    "WebP bomb of 1 PB": pictures.make_webp_bomb(1 << 24, 1 << 24),
    "lossless WebP": pictures.claim_webp_size(encode_as("lossless WebP", pictures.make_photo()), 16_383, 16_383),
    "lossy WebP": pictures.claim_webp_size(encode_as("lossy WebP", pictures.make_photo()), 16_383, 16_383),
    "JPEG one row above its limit": pictures.claim_jpeg_size(JPEG, 20_000, 12_501),
    "JPEG of the largest size there is": pictures.claim_jpeg_size(JPEG, 65_535, 65_535),
    "progressive JPEG above its limit": pictures.claim_jpeg_size(PROGRESSIVE, 10_000, 16_001),
    "JPEG in a scan per layer": pictures.split_first_scan(pictures.claim_jpeg_size(JPEG, 10_000, 16_001)),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_asks_for_too_many_pixels_is_refused_before_memory_is_asked_for(name: str) -> None:
    with no_more_memory_than(100_000_000):
        assert refusal(TOO_LARGE[name]).reason is RefusalReason.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("content", "size", "memory_bytes"),
    [
        (pictures.claim_jpeg_size(JPEG, 20_000, 12_500), (20_000, 12_500), 100_000_000),
        (pictures.claim_jpeg_size(PROGRESSIVE, 10_000, 16_000), (10_000, 16_000), 600_000_000),
    ],
)
def test_a_jpeg_at_its_limit_is_decoded_without_memory_for_all_its_pixels(
    content: bytes, size: tuple[int, int], memory_bytes: int
) -> None:
    seen: list[tuple[int, int]] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        seen.append((width, height))
        return 280, 196

    with no_more_memory_than(memory_bytes):
        assert decode_photo(content, fit=fit).picture.size == (280, 196)
    assert seen == [size]


def test_a_png_of_exactly_the_largest_size_is_not_too_large() -> None:
    assert refusal(png_header(10_000, MAX_WHOLE_PX // 10_000)).reason is RefusalReason.BROKEN


def test_a_bomb_leaves_memory_where_it_was_and_the_photos_after_it_are_decoded() -> None:
    good = pictures.encode(pictures.make_photo(640, 480))
    expected = decode_photo(good, fit=same).picture.tobytes()
    before = memory_bytes()
    for bomb in TOO_LARGE.values():
        assert refusal(bomb).reason is RefusalReason.TOO_MANY_PIXELS
        assert decode_photo(good, fit=same).picture.tobytes() == expected
    assert max(after - first for after, first in zip(memory_bytes(), before, strict=True)) < 50_000_000


def test_a_photo_that_memory_does_not_reach_for_is_refused_for_that_and_the_next_is_decoded() -> None:
    # As large as it may be: a smaller one finds room in what tests before it have given back to this process.
    content = pictures.make_png((10_000, 5_000), [bytes(1250)] * 5000, depth_bits=1, colour=pictures.GREY)
    with no_more_memory_than(20_000_000):
        found = refusal(content)
    assert (found.reason, type(found.__cause__)) == (RefusalReason.OUT_OF_MEMORY, MemoryError)
    assert decode_photo(content, fit=lambda _w, _h: (28, 28)).picture.getextrema() == ((0, 0), (0, 0), (0, 0))


def test_pillows_own_limit_is_the_largest_of_ours_and_never_off() -> None:
    assert Image.MAX_IMAGE_PIXELS == 250_000_000


def test_nothing_is_printed_beside_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "large.jpg").write_bytes(TOO_LARGE["JPEG one row above its limit"])
    script = (
        "import sys, pathlib\n"
        "from lychee_rerank import errors\n"
        "from lychee_rerank.photos import decode, limits\n"
        "limits.limit_pillow()\n"
        "try:\n"
        "    decode.decode_photo(pathlib.Path(sys.argv[1]).read_bytes(), fit=lambda w, h: (28, 28)).picture\n"
        "except errors.PhotoRefused as refused:\n"
        "    print(refused.reason)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "large.jpg")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("too_many_pixels\n", "")
