"""Bytes that are no whole picture of a kind that is taken are refused, each with its reason."""

import random

import pytest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.photos.decoding import FORMATS, encode_as, refusal


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"holiday photos, second week\n", "text"),
        ("第二周的照片".encode(), "text"),
        (b"<!DOCTYPE html><title>404</title>", "HTML"),
        (b"\n <html><body>Not found</body></html>", "HTML"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (pictures.make_zip(), "ZIP"),
        (pictures.encode(pictures.make_photo(), "TIFF"), "TIFF"),
        (b"MM\x00\x2a" + bytes(60), "TIFF"),
        (pictures.encode(pictures.make_photo(), "GIF"), "GIF"),
        (pictures.encode(pictures.make_photo(), "BMP"), "BMP"),
        (pictures.encode(pictures.make_photo(), "PDF"), "PDF"),
        (b"8BPS\x00\x01" + bytes(60), "PSD"),
        (pictures.make_iso_media(b"isom", b"mp42"), ""),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(60), ""),
        (bytes(1000), ""),
        (random.Random(0).randbytes(1000), ""),
    ],
)
def test_what_is_no_picture_of_a_kind_that_is_taken_is_named_as_what_it_is(content: bytes, kind: str) -> None:
    found = refusal(content)
    assert (found.reason, found.detail) == (RefusalReason.NOT_A_PICTURE, kind)


def test_no_bytes_are_an_empty_file() -> None:
    assert refusal(b"").reason is RefusalReason.EMPTY


@pytest.mark.parametrize("percent", [25, 50, 90, 99])
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [(320, 240), (40, 30)])
def test_a_file_that_ends_too_early_is_called_so(name: str, percent: int, size: tuple[int, int]) -> None:
    content = encode_as(name, pictures.make_photo(*size))
    assert refusal(content[: len(content) * percent // 100]).reason is RefusalReason.TRUNCATED


@pytest.mark.parametrize("percent", [50, 90, 99])
@pytest.mark.parametrize("fill", [b"", b"\xff\xff\xff"])
def test_the_end_of_a_thumbnail_inside_a_jpeg_is_not_taken_for_the_end_of_the_photo(percent: int, fill: bytes) -> None:
    thumbnail = b"Exif\x00\x00" + pictures.encode(pictures.make_photo(40, 30))
    content = pictures.add_jpeg_segment(pictures.encode_turned(pictures.make_photo(), 6), 0xE1, thumbnail)
    content = content[:2] + fill + content[2:]  # a segment may begin with any number of these
    assert refusal(content[: len(content) * percent // 100]).reason is RefusalReason.TRUNCATED


@pytest.mark.parametrize("name", [name for name in FORMATS if "JPEG" not in name])
def test_a_file_that_lacks_its_last_byte_is_refused(name: str) -> None:
    assert refusal(encode_as(name, pictures.make_photo(64, 48))[:-1]).reason is RefusalReason.TRUNCATED


def spoil(content: bytes, *, start: int, length: int) -> bytes:
    """The content with random bytes in one place."""
    return content[:start] + random.Random(1).randbytes(length) + content[start + length :]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(spoil(encode_as("PNG", pictures.make_photo()), start=9000, length=30), id="PNG pixels"),
        pytest.param(spoil(encode_as("PNG", pictures.make_photo()), start=16, length=8), id="PNG header"),
        pytest.param(spoil(encode_as("JPEG", pictures.make_photo()), start=20, length=300), id="JPEG tables"),
        pytest.param(spoil(encode_as("lossless WebP", pictures.make_photo()), start=25, length=90), id="WebP pixels"),
        pytest.param(pictures.riff_chunk(b"RIFF", b"WEBPNOPE" + bytes(16)), id="WebP of an unknown chunk"),
        pytest.param(pictures.make_png((4, 4), [b""]), id="PNG without pixels"),
        pytest.param(pictures.make_png((4, 4), [], depth_bits=7), id="PNG of an impossible depth"),
        pytest.param(b"\xff\xd8\xff\xda\x00\x02\xff\xd9", id="JPEG without a frame"),
    ],
)
def test_damage_that_the_decoder_notices_is_called_broken_and_chained(content: bytes) -> None:
    found = refusal(content)
    assert found.reason is RefusalReason.BROKEN
    assert isinstance(found.__cause__, Exception)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on odd metadata
@pytest.mark.parametrize("name", FORMATS)
def test_no_damage_brings_anything_but_a_picture_or_a_refusal(name: str) -> None:
    content, chance = encode_as(name, pictures.make_photo(64, 48)), random.Random(name)
    outcomes: list[object] = []
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 3, 30))):
            damaged[chance.randrange(len(damaged))] = chance.choice((0, 255, chance.randrange(256)))
        try:
            picture = decode_photo(
                bytes(damaged[: chance.randrange(1, 2 * len(content))]), fit=lambda _w, _h: (28, 56)
            ).picture
            outcomes.append((picture.mode, picture.size))
        except PhotoRefused as refused:
            outcomes.append(refused.reason)
    possible = {
        ("RGB", (28, 56)),
        RefusalReason.BROKEN,
        RefusalReason.TRUNCATED,
        RefusalReason.NOT_A_PICTURE,
        RefusalReason.TOO_MANY_PIXELS,
    }
    assert {RefusalReason.BROKEN, RefusalReason.TRUNCATED} <= set(outcomes) <= possible
