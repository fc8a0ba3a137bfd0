"""A picture is turned upright by its EXIF turn, and a broken EXIF block refuses no photo."""

import random

import numpy as np
import pytest

from lychee_rerank.photos.decode import decode_photo
from tests import pictures
from tests.photos.decoding import first_pixel, pixels, same


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_exif_turn_comes_out_upright(kind: str, turn: int) -> None:
    upright = pictures.make_plain("white", size=(48, 32))
    upright.paste("red", (0, 0, 16, 16))  # upper left
    upright.paste("blue", (32, 0, 48, 16))  # upper right
    found = pixels(pictures.encode_turned(upright, turn, kind=kind))
    assert found.shape == (32, 48, 3)
    corners = [tuple(found[row, column] > 128) for row, column in ((4, 4), (4, 43), (27, 4), (27, 43))]
    red, blue, white = (True, False, False), (False, False, True), (True, True, True)
    assert corners == [red, blue, white, white]


def test_a_turn_that_stands_behind_the_pixels_of_a_png_counts() -> None:
    png = pictures.encode(pictures.make_photo(48, 32), "PNG")
    block = pictures.png_chunk(b"eXIf", pictures.make_exif(6).removeprefix(b"Exif\x00\x00"))
    assert decode_photo(png[:-12] + block + png[-12:], fit=same).picture.size == (32, 48)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on odd metadata
@pytest.mark.parametrize(
    "block",
    [b"Exif\x00\x00", b"Exif\x00\x00garbage", b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff", b"Exif\x00\x00" + bytes(40)],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_broken_exif_block_refuses_no_photo(kind: str, block: bytes) -> None:
    content = pictures.encode(pictures.make_plain("red", size=(48, 32)), kind, exif=block, quality=100)
    assert block.removeprefix(b"Exif\x00\x00") in content
    assert pixels(content).shape == (32, 48, 3)
    assert np.abs(np.subtract(first_pixel(content), (255, 0, 0))).max() <= 2


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on odd metadata
def test_no_damage_to_an_exif_block_refuses_a_photo() -> None:
    chance = random.Random(0)
    jpeg, block = pictures.encode(pictures.make_photo(48, 32)), bytearray(pictures.make_exif(6))
    sizes = set()
    for _ in range(300):
        damaged = block[:]
        damaged[chance.randrange(6, len(block))] = chance.randrange(256)
        content = pictures.add_jpeg_segment(jpeg, 0xE1, bytes(damaged[: chance.randrange(6, 2 * len(block))]))
        sizes.add(decode_photo(content, fit=same).picture.size)
    assert sizes == {(48, 32), (32, 48)}


def test_a_turn_of_no_meaning_leaves_the_picture_as_it_is() -> None:
    jpeg = pictures.encode(pictures.make_photo(48, 32), exif=pictures.make_exif(9))
    assert decode_photo(jpeg, fit=same).picture.size == (48, 32)
