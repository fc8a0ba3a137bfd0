"""What comes in from outside leaves as the picture that a person sees, or as a refusal with its reason."""

import os
import random
import resource
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import (
    MAX_FILE_BYTES,
    MAX_PNG_WEBP_PX,
    decode_picture,
    encode_picture,
    limit_pillow,
    make_thumbnail,
    read_bytes,
)
from lychee_rerank.problems import RefusalReason
from tests import pictures

FORMATS = {
    "JPEG": ("JPEG", {}),
    "progressive JPEG": ("JPEG", {"progressive": True}),
    "PNG": ("PNG", {}),
    "palette PNG": ("PNG", {}),
    "lossy WebP": ("WEBP", {}),
    "lossless WebP": ("WEBP", {"lossless": True}),
}


@pytest.fixture(autouse=True)
def pillow_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow as a decoding process has it; as it was before once the test is over."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    limit_pillow()


def same(width: int, height: int) -> tuple[int, int]:
    """The size that leaves a picture as it is."""
    return width, height


def encode_as(name: str, picture: Image.Image) -> bytes:
    """The picture in one of FORMATS."""
    kind, options = FORMATS[name]
    return pictures.encode(picture.quantize(64) if name.startswith("palette") else picture, kind, **options)


def refusal(content: bytes) -> PhotoRefused:
    """The refusal that the bytes meet."""
    with pytest.raises(PhotoRefused) as caught:
        decode_picture(content, fit=same)
    return caught.value


def pixels(content: bytes) -> np.ndarray:
    """The decoded picture at its own size, as whole numbers, (height, width, 3)."""
    return np.asarray(decode_picture(content, fit=same)).astype(int)


def first_pixel(content: bytes) -> tuple[int, ...]:
    """The colour in the upper left corner."""
    return tuple(int(level) for level in pixels(content)[0, 0])


def memory_bytes() -> tuple[int, int]:
    """Address space and resident memory of this process."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(pages[0]) * resource.getpagesize(), int(pages[1]) * resource.getpagesize()


@contextmanager
def no_more_memory_than(extra_bytes: int) -> Iterator[None]:
    """A stretch in which this process may ask for so much memory more, used or not."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes()[0] + extra_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


# What is decoded, and to what


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_comes_out_as_rgb_with_the_pixels_that_went_in(name: str) -> None:
    photo = pictures.make_photo(96, 64)
    picture = decode_picture(encode_as(name, photo), fit=same)
    assert (picture.mode, picture.size) == ("RGB", (96, 64))
    assert np.abs(np.asarray(picture).astype(int) - np.asarray(photo)).mean() < 12


def test_the_size_is_what_fit_says_of_the_original_size() -> None:
    seen: list[tuple[int, int]] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        seen.append((width, height))
        return 84, 56

    assert decode_picture(pictures.encode(pictures.make_photo(300, 200)), fit=fit).size == (84, 56)
    assert seen == [(300, 200)]


def test_what_fit_raises_is_no_refusal_of_the_photo() -> None:
    def fit(width: int, height: int) -> tuple[int, int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decode_picture(pictures.encode(pictures.make_photo()), fit=fit)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_same_bytes_give_the_same_pixels_again(kind: str) -> None:
    content = pictures.encode(pictures.make_photo(333, 222), kind)
    first, again = (decode_picture(content, fit=lambda _w, _h: (112, 84)).tobytes() for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("size", "target", "scale"),
    [
        ((1600, 1200), (400, 300), 4),
        ((1600, 1200), (401, 300), 2),
        ((1600, 1200), (28, 28), 8),
        ((1600, 1200), (1600, 1200), 1),
        ((160, 120), (320, 240), 1),
    ],
)
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_decoded_at_the_smallest_scale_that_is_not_below_the_target(
    size: tuple[int, int], target: tuple[int, int], scale: int, progressive: bool
) -> None:
    content = pictures.encode(pictures.make_photo(*size), progressive=progressive)
    expected = Image.open(BytesIO(content))
    expected.draft(None, (size[0] // scale, size[1] // scale))
    assert expected.size == (size[0] // scale, size[1] // scale)
    picture = decode_picture(content, fit=lambda _w, _h: target)
    assert picture.tobytes() == expected.resize(target, Image.Resampling.BICUBIC).tobytes()


@pytest.mark.parametrize("turn", [5, 6, 7, 8])
def test_the_scale_of_a_jpeg_that_lies_on_its_side_is_chosen_with_its_sides_swapped(turn: int) -> None:
    content = pictures.encode_turned(pictures.make_photo(400, 1600), turn)
    stored = Image.open(BytesIO(content))
    assert stored.size == (1600, 400)
    stored.draft(None, (400, 100))
    expected = ImageOps.exif_transpose(stored)
    assert expected.size == (100, 400)
    assert decode_picture(content, fit=lambda _w, _h: (100, 400)).tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_no_jpeg_is_decoded_whole_and_resized_once(kind: str) -> None:
    content = pictures.encode(pictures.make_photo(320, 240), kind)
    expected = Image.open(BytesIO(content)).convert("RGB").resize((56, 28), Image.Resampling.BICUBIC)
    assert decode_picture(content, fit=lambda _w, _h: (56, 28)).tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_one_pixel_is_a_picture(kind: str) -> None:
    content = pictures.encode(pictures.make_plain("white", size=(1, 1)), kind)
    picture = decode_picture(content, fit=lambda width, height: (56 * width, 56 * height))
    assert picture.size == (56, 56)
    assert picture.getextrema() == ((255, 255), (255, 255), (255, 255))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("size", "padded"), [((1, 10000), (50, 10000)), ((10000, 1), (10000, 50))])
def test_a_very_narrow_picture_stands_in_the_middle_of_white(
    kind: str, size: tuple[int, int], padded: tuple[int, int]
) -> None:
    picture = decode_picture(pictures.encode(pictures.make_plain("black", size=size), kind), fit=same)
    assert picture.size == padded
    dark = np.asarray(picture).sum(axis=2) < 30
    rows, columns = np.nonzero(dark)
    assert dark.sum() == 10000
    assert {len(set(rows)), len(set(columns))} == {1, 10000}
    assert min(padded) // 2 - 1 in (rows[0], columns[0])
    assert (np.asarray(picture)[~dark] == 255).all()


def test_a_ratio_of_200_is_not_padded_and_one_above_is() -> None:
    sizes = [(200, 1), (201, 1), (1000, 4)]
    found = [decode_picture(pictures.encode(pictures.make_plain("red", size=s), "PNG"), fit=same).size for s in sizes]
    assert found == [(200, 1), (201, 2), (1000, 5)]


# Upright


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
    assert decode_picture(png[:-12] + block + png[-12:], fit=same).size == (32, 48)


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
        sizes.add(decode_picture(content, fit=same).size)
    assert sizes == {(48, 32), (32, 48)}


def test_a_turn_of_no_meaning_leaves_the_picture_as_it_is() -> None:
    jpeg = pictures.encode(pictures.make_photo(48, 32), exif=pictures.make_exif(9))
    assert decode_picture(jpeg, fit=same).size == (48, 32)


# To RGB


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
            pictures.make_png((8, 1), [bytes([0b01000000])], depth_bits=1, colour=0, extra=transparent(0)),
            [(255, 255, 255)] * 8,
            id="transparent black in 1 bit",
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


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_of_several_pictures_in_a_file_the_first_is_taken(kind: str) -> None:
    red, blue = pictures.make_plain("red"), pictures.make_plain("blue")
    content = pictures.encode(red, kind, save_all=True, append_images=[blue], quality=100, duration=100)
    Image.open(BytesIO(content)).seek(1)  # there is a second one
    assert np.abs(np.subtract(first_pixel(content), (255, 0, 0))).max() <= 2


def test_a_phone_photo_whose_second_picture_is_cut_is_whole() -> None:
    first, second = pictures.make_photo(64, 48), pictures.make_photo(640, 480)
    mpo = pictures.encode(first, "MPO", save_all=True, append_images=[second])
    assert len(mpo) > 20_000
    assert (pixels(mpo[: len(mpo) // 2]) == pixels(mpo)).all()
    assert refusal(mpo[:1000]).reason is RefusalReason.TRUNCATED


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_behind_the_end_of_a_picture_are_nobodys_concern(name: str) -> None:
    content = encode_as(name, pictures.make_photo(64, 48))
    assert (pixels(content + b"left over by a camera" * 99) == pixels(content)).all()


def test_filling_between_the_segments_of_a_jpeg_is_nobodys_concern() -> None:
    content = pictures.encode(pictures.make_photo(64, 48))
    assert (pixels(content[:2] + b"\xff\xff\xff" + content[2:]) == pixels(content)).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_picture_that_is_no_file_becomes_a_png_of_its_own_mode_and_pixels(mode: str) -> None:
    picture = pictures.make_photo(64, 48).convert("L" if mode in ("LA", "I;16") else "RGB").convert(mode)
    found = Image.open(BytesIO(encode_picture(picture)))
    assert (found.format, found.mode) == ("PNG", mode)
    assert found.tobytes() == picture.tobytes()


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "F"])
def test_a_picture_of_a_mode_that_png_lacks_becomes_rgb(mode: str) -> None:
    picture = pictures.make_photo(64, 48).convert("L" if mode == "F" else "RGB").convert(mode)
    found = Image.open(BytesIO(encode_picture(picture)))
    assert (found.mode, found.tobytes()) == ("RGB", picture.convert("RGB").tobytes())


def test_a_picture_that_is_no_file_keeps_its_turn() -> None:
    upright = pictures.make_photo(64, 48)
    turned = Image.open(BytesIO(pictures.encode_turned(upright, 6, kind="PNG")))
    assert (pixels(encode_picture(turned)) == np.asarray(upright)).all()


# What is refused


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
        (pictures.make_iso_media(b"heic", b"mif1", b"heic"), "HEIC"),
        (pictures.make_iso_media(b"mif1", b"mif1", b"heic"), "HEIC"),
        (pictures.make_iso_media(b"avif", b"mif1", b"miaf"), "AVIF"),
        (pictures.make_iso_media(b"mif1", b"avif", b"miaf"), "AVIF"),
        (pictures.make_iso_media(b"isom", b"mp42"), ""),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(60), ""),
        (bytes(1000), ""),
        (random.Random(0).randbytes(1000), ""),
    ],
)
def test_what_is_no_jpeg_png_or_webp_is_named_as_what_it_is(content: bytes, kind: str) -> None:
    found = refusal(content)
    assert (found.reason, found.kind) == (RefusalReason.NOT_A_PICTURE, kind)


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


@pytest.mark.parametrize("name", FORMATS)
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
            picture = decode_picture(
                bytes(damaged[: chance.randrange(1, 2 * len(content))]), fit=lambda _w, _h: (28, 56)
            )
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


# Limits


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds one row."""
    return pictures.make_png((width, height), [bytes(8)], depth_bits=1, colour=pictures.GREY)


JPEG = pictures.encode(pictures.make_photo(64, 48))
PROGRESSIVE = pictures.encode(pictures.make_photo(64, 48), progressive=True)
TOO_LARGE = {
    "PNG one row above its limit": png_header(10_000, 5_001),
    "PNG bomb": png_header(50_000, 50_000),
    "PNG that padding would make too large": png_header(40_000_000, 1),
    "WebP bomb of 1.4 GB": pictures.make_webp_bomb(13_229, 13_229),
    "WebP bomb of 1 PB": pictures.make_webp_bomb(1 << 24, 1 << 24),
    "lossless WebP": pictures.claim_webp_size(encode_as("lossless WebP", pictures.make_photo()), 16_383, 16_383),
    "lossy WebP": pictures.claim_webp_size(encode_as("lossy WebP", pictures.make_photo()), 16_383, 16_383),
    "JPEG one row above its limit": pictures.claim_jpeg_size(JPEG, 20_000, 12_501),
    "JPEG of the largest size there is": pictures.claim_jpeg_size(JPEG, 65_535, 65_535),
    "progressive JPEG above its limit": pictures.claim_jpeg_size(PROGRESSIVE, 10_000, 10_001),
    "JPEG in a scan per layer": pictures.split_first_scan(pictures.claim_jpeg_size(JPEG, 10_000, 10_001)),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_asks_for_too_many_pixels_is_refused_before_memory_is_asked_for(name: str) -> None:
    with no_more_memory_than(100_000_000):
        assert refusal(TOO_LARGE[name]).reason is RefusalReason.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("content", "size", "memory_bytes"),
    [
        (pictures.claim_jpeg_size(JPEG, 20_000, 12_500), (20_000, 12_500), 100_000_000),
        (pictures.claim_jpeg_size(PROGRESSIVE, 10_000, 10_000), (10_000, 10_000), 400_000_000),
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
        assert decode_picture(content, fit=fit).size == (280, 196)
    assert seen == [size]


def test_a_png_of_exactly_the_largest_size_is_not_too_large() -> None:
    assert refusal(png_header(10_000, MAX_PNG_WEBP_PX // 10_000)).reason is RefusalReason.BROKEN


def test_a_bomb_leaves_memory_where_it_was_and_the_photos_after_it_are_decoded() -> None:
    good = pictures.encode(pictures.make_photo(640, 480))
    expected = decode_picture(good, fit=same).tobytes()
    before = memory_bytes()
    for bomb in TOO_LARGE.values():
        assert refusal(bomb).reason is RefusalReason.TOO_MANY_PIXELS
        assert decode_picture(good, fit=same).tobytes() == expected
    assert max(after - first for after, first in zip(memory_bytes(), before, strict=True)) < 50_000_000


def test_a_photo_that_memory_does_not_reach_for_is_refused_for_that_and_the_next_is_decoded() -> None:
    content = pictures.make_png((6000, 4000), [bytes(750)] * 4000, depth_bits=1, colour=pictures.GREY)
    with no_more_memory_than(20_000_000):
        found = refusal(content)
    assert (found.reason, type(found.__cause__)) == (RefusalReason.OUT_OF_MEMORY, MemoryError)
    assert decode_picture(content, fit=lambda _w, _h: (28, 28)).getextrema() == ((0, 0), (0, 0), (0, 0))


def test_pillows_own_limit_is_the_largest_of_ours_and_never_off() -> None:
    assert Image.MAX_IMAGE_PIXELS == 250_000_000


def test_nothing_is_printed_beside_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "large.jpg").write_bytes(TOO_LARGE["JPEG one row above its limit"])
    script = (
        "import sys, pathlib\n"
        "from lychee_rerank import errors\n"
        "from lychee_rerank.photos import decode\n"
        "decode.limit_pillow()\n"
        "try:\n"
        "    decode.decode_picture(pathlib.Path(sys.argv[1]).read_bytes(), fit=lambda w, h: (28, 28))\n"
        "except errors.PhotoRefused as refused:\n"
        "    print(refused.reason)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "large.jpg")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert (done.stdout, done.stderr) == ("too_many_pixels\n", "")


# Thumbnails


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1280, 960), (640, 480)), ((960, 1280), (480, 640)), ((100, 50), (100, 50)), ((1, 10000), (3, 640))],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_thumbnail_has_the_long_side_asked_for_at_most_and_is_never_enlarged(
    kind: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    content = pictures.encode(pictures.make_plain("red", size=size), kind)
    thumbnail = Image.open(BytesIO(make_thumbnail(content, long_side_px=640, decode=decode_picture)))
    assert (thumbnail.format, thumbnail.mode, thumbnail.size) == ("JPEG", "RGB", expected)


def test_a_thumbnail_shows_the_photo_upright_and_tells_nothing_else() -> None:
    upright = pictures.make_photo(320, 240)
    content = pictures.encode_turned(upright, 6, comment=b"at home", dpi=(300, 300), icc_profile=b"profile" * 20)
    assert b"SecretPhoneMaker" in content
    thumbnail = make_thumbnail(content, long_side_px=640, decode=decode_picture)
    shown = Image.open(BytesIO(thumbnail))
    assert np.abs(np.asarray(shown).astype(int) - np.asarray(upright)).mean() < 10
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(secret in thumbnail for secret in (b"SecretPhoneMaker", b"at home", b"profile", b"Exif"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_decoded_picture_carries_no_metadata(kind: str) -> None:
    content = pictures.encode(pictures.make_photo(64, 48), kind, exif=pictures.make_exif(1), icc_profile=b"profile")
    assert decode_picture(content, fit=same).info == {}


def test_a_thumbnail_of_what_is_refused_is_refused() -> None:
    with pytest.raises(PhotoRefused, match="truncated"):
        make_thumbnail(JPEG[:-100], long_side_px=640, decode=decode_picture)


# Bytes from files


def read_refusal(path: Path) -> RefusalReason:
    """The reason why a file is not read."""
    with pytest.raises(PhotoRefused) as caught:
        read_bytes(path)
    return caught.value.reason


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "any name").write_bytes(JPEG)
    assert read_bytes(tmp_path / "any name") == JPEG


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    assert read_refusal(tmp_path / "empty.jpg") is RefusalReason.EMPTY


def test_what_is_no_file_that_can_be_read_is_called_unreadable_and_nothing_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    names = [".", "pipe.jpg", "loop.jpg", "gone.jpg", "n\0l.jpg", "x" * 300 + ".jpg", "pipe.jpg/below.jpg"]
    assert {name: read_refusal(tmp_path / name) for name in names} == dict.fromkeys(names, RefusalReason.UNREADABLE)


def test_a_file_without_permission_is_called_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked.jpg").write_bytes(JPEG)

    def refuse(path: Path) -> bytes:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything
    assert read_refusal(tmp_path / "locked.jpg") is RefusalReason.UNREADABLE


def test_a_file_of_more_bytes_than_allowed_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with no_more_memory_than(50_000_000):
        assert read_refusal(tmp_path / "large.jpg") is RefusalReason.TOO_MANY_BYTES


def test_a_file_of_as_many_bytes_as_allowed_is_read(tmp_path: Path) -> None:
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(MAX_FILE_BYTES)
    assert len(read_bytes(tmp_path / "large.jpg")) == 200_000_000


def test_a_file_that_memory_does_not_reach_for_is_refused_for_that(tmp_path: Path) -> None:
    with (tmp_path / "large.jpg").open("wb") as file:
        file.truncate(MAX_FILE_BYTES)
    with no_more_memory_than(50_000_000):
        assert read_refusal(tmp_path / "large.jpg") is RefusalReason.OUT_OF_MEMORY


def test_bytes_that_came_without_a_file_are_counted_too() -> None:
    assert refusal(bytes(MAX_FILE_BYTES + 1)).reason is RefusalReason.TOO_MANY_BYTES
