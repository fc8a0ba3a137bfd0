"""What is transparent lies over white, and over mid-grey where all that is drawn would vanish on white."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lychee_rerank.photos.opaque import make_opaque
from tests import pictures
from tests.heif_pictures import encode_kind
from tests.photos.decoding import pixels

WHITE, GREY = (255, 255, 255), (128, 128, 128)
KINDS = ("PNG", "WEBP", "HEIC", "AVIF")


def drawing(*colour: int, alpha: int = 255, side: int = 64) -> Image.Image:
    """A disc of one colour, half as wide as the transparent picture that it stands in."""
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((side // 4, side // 4, side * 3 // 4, side * 3 // 4), fill=(*colour, alpha))
    return picture


def encode(picture: Image.Image, kind: str = "PNG") -> bytes:
    return encode_kind(kind, picture, **({"lossless": True} if kind == "WEBP" else {"quality": 95}))


@pytest.mark.parametrize("colour", [(255, 255, 255), (250, 252, 245), (231, 231, 231)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_white_drawing_is_seen_on_grey(kind: str, colour: tuple[int, ...]) -> None:
    found = pixels(encode(drawing(*colour), kind))
    assert np.abs(found[1, 1] - GREY).max() <= 4
    assert np.abs(found[32, 32] - colour).max() <= 6


@pytest.mark.parametrize("colour", [(0, 0, 0), (220, 220, 220), (255, 255, 200), (255, 0, 0), (128, 128, 128)])
@pytest.mark.parametrize("kind", KINDS)
def test_any_other_drawing_stays_on_white(kind: str, colour: tuple[int, ...]) -> None:
    found = pixels(encode(drawing(*colour), kind))
    assert np.abs(found[1, 1] - WHITE).max() <= 4
    assert np.abs(found[32, 32] - colour).max() <= 12


def test_a_white_glow_is_seen_on_grey() -> None:
    picture = Image.new("RGBA", (256, 256), WHITE)
    picture.putalpha(Image.radial_gradient("L").point([(255 - level) // 2 for level in range(256)]))
    found = pixels(encode(picture))
    assert found[1, 1].tolist() == list(GREY)
    assert found[128, 128].tolist() == [191, 191, 191]


def test_a_black_shadow_is_no_white_drawing_however_faint() -> None:
    assert pixels(encode(drawing(0, 0, 0, alpha=20)))[[1, 32], [1, 32]].tolist() == [list(WHITE), [235] * 3]


def test_a_white_drawing_with_a_dark_line_of_its_own_stays_on_white() -> None:
    picture = drawing(255, 255, 255)
    ImageDraw.Draw(picture).ellipse((16, 16, 48, 48), outline=(0, 0, 0, 255))
    assert pixels(encode(picture))[1, 1].tolist() == list(WHITE)


def test_one_dark_pixel_in_a_hundred_makes_a_drawing_visible_on_white_and_fewer_do_not() -> None:
    for dark, ground in ((9, GREY), (10, WHITE)):
        picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
        picture.paste((255, 255, 255, 255), (10, 10, 60, 30))
        picture.paste((0, 0, 0, 255), (10, 10, 10 + dark, 11))
        assert pixels(encode(picture))[1, 1].tolist() == list(ground)


def test_what_is_hidden_below_full_transparency_counts_for_nothing() -> None:
    picture = drawing(255, 255, 255)
    for alpha, ground in ((0, 128), (15, 122)):  # 15: what lossy formats leave behind
        layers = Image.new("RGBA", picture.size, (20, 20, 20, alpha))
        layers.paste(picture, mask=picture.getchannel("A"))
        assert pixels(encode(layers))[1, 1].tolist() == [ground] * 3


def test_a_light_photo_with_a_transparent_border_stays_on_white() -> None:
    snow = pictures.make_photo(80, 60).point([200 + level // 5 for level in range(256)] * 3)
    picture = Image.new("RGBA", (100, 80), (0, 0, 0, 0))
    picture.paste(snow, (10, 10))
    assert pixels(encode(picture))[1, 1].tolist() == list(WHITE)


def test_a_white_tile_with_a_transparent_sign_shows_the_sign() -> None:
    picture = Image.new("RGBA", (100, 100), WHITE)
    picture.paste((0, 0, 0, 0), (40, 20, 60, 80))
    assert pixels(encode(picture))[[50, 1], [50, 1]].tolist() == [list(GREY), list(WHITE)]


@pytest.mark.parametrize("colour", [(255, 255, 255, 0), (0, 0, 0, 0), (255, 255, 255, 3)])
def test_a_picture_of_which_nothing_is_visible_is_white(colour: tuple[int, ...]) -> None:
    assert (pixels(encode(Image.new("RGBA", (64, 64), colour))) >= 254).all()


def test_a_white_picture_without_transparency_stays_as_it_is() -> None:
    for mode in ("RGBA", "LA", "RGB"):
        assert (pixels(encode(Image.new(mode, (64, 64), "white"))) == 255).all()


def palette_png() -> bytes:
    """White and transparent, by a palette."""
    extra = pictures.png_chunk(b"PLTE", bytes([255, 255, 255, 0, 0, 0])) + pictures.png_chunk(b"tRNS", b"\xff\x00")
    return pictures.make_png((4, 1), [bytes([1, 0, 1, 1])], colour=pictures.PALETTE, extra=extra)


WHITE_ON_NOTHING = {
    "palette": palette_png(),
    "grey and alpha": pictures.make_png((4, 1), [bytes([0, 0, 255, 255, 0, 0, 0, 0])], colour=pictures.GREY_ALPHA),
    "16 bits": pictures.make_png(
        (2, 1), [struct.pack(">8H", 0, 0, 0, 0, *[0xFFFF] * 4)], depth_bits=16, colour=pictures.RGB_ALPHA
    ),
    "transparent black": pictures.make_png(
        (2, 1), [bytes([0, 0, 0, 255, 255, 255])], extra=pictures.png_chunk(b"tRNS", bytes(6))
    ),
    "transparent black in 16-bit grey": pictures.make_png(
        (2, 1), [struct.pack(">2H", 0, 0xFFFF)], depth_bits=16, colour=pictures.GREY,
        extra=pictures.png_chunk(b"tRNS", bytes(2)),
    ),
    "transparent black in 1 bit": pictures.make_png(
        (8, 1), [bytes([0b01000000])], depth_bits=1, colour=pictures.GREY, extra=pictures.png_chunk(b"tRNS", bytes(2))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHITE_ON_NOTHING)
def test_the_rule_holds_for_every_kind_of_transparency(name: str) -> None:
    assert pixels(WHITE_ON_NOTHING[name])[0, :2].tolist() == [list(GREY), list(WHITE)]


@pytest.mark.parametrize(
    ("mode", "becomes"),
    [
        *((mode, "RGB") for mode in ("RGB", "P", "YCbCr", "RGBA")),
        *((mode, "L") for mode in ("L", "1", "I;16", "LA")),
        ("CMYK", "CMYK"),
    ],
)
def test_a_picture_keeps_the_space_that_its_profile_is_for(mode: str, becomes: str) -> None:
    grey = pictures.make_photo(16, 12).convert("L")
    picture = grey.convert(mode) if mode in ("LA", "I;16", "L", "1") else pictures.make_photo(16, 12).convert(mode)
    assert make_opaque(picture).mode == becomes
