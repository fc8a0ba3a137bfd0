"""Every way to store a colour becomes the RGB that a person sees: transparency, palettes, depths, printing inks."""

import struct

import numpy as np
import pytest

from tests import pictures
from tests.photos.decoding import first_pixel, pixels


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize(("alpha", "level"), [(0, 255), (127, 128), (255, 0)])
def test_transparency_is_laid_over_white(kind: str, alpha: int, level: int) -> None:
    picture = pictures.make_plain((255, 0, 0, alpha), mode="RGBA")
    assert first_pixel(pictures.encode(picture, kind, lossless=True, exact=True)) == (255, level, level)


PAINT = pictures.png_chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]))


def transparent(*levels: int) -> bytes:
    """A chunk that makes one colour transparent, a level in 16 bits each."""
    return pictures.png_chunk(b"tRNS", struct.pack(f">{len(levels)}H", *levels))


@pytest.mark.parametrize(
    ("png", "expected"),
    [
        pytest.param(
            pictures.make_png((2, 1), [bytes([0, 255, 0, 127])], colour=pictures.GREY_ALPHA),
            [(0, 0, 0), (128, 128, 128)],
            id="grey and alpha",
        ),
        pytest.param(
            pictures.make_png((2, 1), [struct.pack(">4H", 0x8000, 0xFFFF, 0, 0)], depth_bits=16, colour=4),
            [(128, 128, 128), (255, 255, 255)],
            id="grey and alpha in 16 bits",
        ),
        pytest.param(
            pictures.make_png((1, 1), [struct.pack(">4H", 0xFFFF, 0, 0, 0x8000)], depth_bits=16, colour=6),
            [(255, 127, 127)],
            id="colour and alpha in 16 bits",
        ),
        pytest.param(
            pictures.make_png(
                (3, 1), [bytes([0, 1, 2])], colour=3, extra=PAINT + pictures.png_chunk(b"tRNS", b"\0\x80")
            ),
            [(255, 255, 255), (127, 255, 127), (0, 0, 255)],
            id="palette with an alpha per entry",
        ),
        pytest.param(
            pictures.make_png((2, 1), [bytes([0, 1])], colour=3, extra=PAINT + pictures.png_chunk(b"tRNS", b"\xff\0")),
            [(255, 0, 0), (255, 255, 255)],
            id="palette with one transparent entry",
        ),
        pytest.param(
            pictures.make_png((2, 1), [bytes([1, 2, 3, 4, 5, 6])], extra=transparent(1, 2, 3)),
            [(255, 255, 255), (4, 5, 6)],
            id="one transparent colour",
        ),
        pytest.param(
            pictures.make_png(
                (2, 1), [struct.pack(">6H", 0x8000, 0, 0, 0x9000, 0, 0)], depth_bits=16, extra=transparent(0x8000, 0, 0)
            ),
            [(255, 255, 255), (144, 0, 0)],
            id="one transparent colour in 16 bits",
        ),
        pytest.param(
            pictures.make_png((4, 1), [bytes([0b00011011])], depth_bits=2, colour=0, extra=transparent(1)),
            [(0, 0, 0), (255, 255, 255), (170, 170, 170), (255, 255, 255)],
            id="one transparent grey in 2 bits",
        ),
        pytest.param(
            pictures.make_png((2, 1), [bytes([0, 7])], colour=0, extra=transparent(7)),
            [(0, 0, 0), (255, 255, 255)],
            id="one transparent grey in 8 bits",
        ),
        pytest.param(
            pictures.make_png(
                (3, 1), [struct.pack(">3H", 0x1234, 0x1235, 0)], depth_bits=16, colour=0, extra=transparent(0x1234)
            ),
            [(255, 255, 255), (18, 18, 18), (0, 0, 0)],
            id="one transparent grey in 16 bits",
        ),
        pytest.param(
            pictures.make_png((8, 1), [bytes([0b10111111])], depth_bits=1, colour=0, extra=transparent(1)),
            [(255, 255, 255), (0, 0, 0), *[(255, 255, 255)] * 6],
            id="transparent white in 1 bit",
        ),
        pytest.param(
            pictures.make_png((4, 1), [struct.pack(">4H", 0, 255, 0x8000, 0xFFFF)], depth_bits=16, colour=0),
            [(0, 0, 0), (0, 0, 0), (128, 128, 128), (255, 255, 255)],
            id="grey in 16 bits, divided by 256",
        ),
        pytest.param(
            pictures.make_png((2, 1), [struct.pack(">6H", 0x80FF, 0, 0, 0xFFFF, 255, 0)], depth_bits=16),
            [(128, 0, 0), (255, 0, 0)],
            id="colour in 16 bits",
        ),
        pytest.param(
            pictures.make_png((3, 1), [bytes([0, 1, 2])], colour=3, extra=PAINT),
            [(255, 0, 0), (0, 255, 0), (0, 0, 255)],
            id="palette",
        ),
        pytest.param(
            pictures.make_png((2, 1), [bytes([0b01000000])], depth_bits=1, colour=0),
            [(0, 0, 0), (255, 255, 255)],
            id="black and white",
        ),
    ],
)
def test_every_kind_of_png_becomes_the_rgb_that_a_person_sees(png: bytes, expected: list[tuple[int, ...]]) -> None:
    assert [tuple(pixel) for pixel in pixels(png)[0].tolist()] == expected


@pytest.mark.parametrize(
    ("ink", "colour"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((0, 255, 255, 0), (255, 0, 0)),
        ((255, 0, 0, 0), (0, 255, 255)),
        ((60, 120, 180, 0), (195, 135, 75)),
    ],
)
@pytest.mark.parametrize("options", [{}, {"marked": False}, {"ycck": True}], ids=["Adobe", "unmarked", "YCCK"])
def test_printing_inks_become_the_colours_that_they_print(
    ink: tuple[int, int, int, int], colour: tuple[int, ...], options: dict[str, bool]
) -> None:
    found = first_pixel(pictures.make_cmyk_jpeg(ink, **options))
    assert np.abs(np.subtract(found, colour)).max() <= 4


def test_a_grey_jpeg_becomes_rgb() -> None:
    assert first_pixel(pictures.encode(pictures.make_plain(90, mode="L"))) == (90, 90, 90)  # type: ignore[arg-type]
