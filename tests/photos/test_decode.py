"""A picture is decoded at the size that the model asks for, the same each time; a very narrow one is padded."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.photos.decoding import FORMATS, encode_as, first_pixel, pixels, refusal, same


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_comes_out_as_rgb_with_the_pixels_that_went_in(name: str) -> None:
    photo = pictures.make_photo(96, 64)
    picture = decode_photo(encode_as(name, photo), fit=same).picture
    assert (picture.mode, picture.size) == ("RGB", (96, 64))
    assert np.abs(np.asarray(picture).astype(int) - np.asarray(photo)).mean() < 12


def test_the_size_is_what_fit_says_of_the_original_size() -> None:
    seen: list[tuple[int, int]] = []

    def fit(width: int, height: int) -> tuple[int, int]:
        seen.append((width, height))
        return 84, 56

    assert decode_photo(pictures.encode(pictures.make_photo(300, 200)), fit=fit).picture.size == (84, 56)
    assert seen == [(300, 200)]


def test_what_fit_raises_is_no_refusal_of_the_photo() -> None:
    def fit(width: int, height: int) -> tuple[int, int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decode_photo(pictures.encode(pictures.make_photo()), fit=fit)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_same_bytes_give_the_same_pixels_again(kind: str) -> None:
    content = pictures.encode(pictures.make_photo(333, 222), kind)
    first, again = (decode_photo(content, fit=lambda _w, _h: (112, 84)).picture.tobytes() for _ in range(2))
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
    picture = decode_photo(content, fit=lambda _w, _h: target).picture
    assert picture.tobytes() == expected.resize(target, Image.Resampling.BICUBIC).tobytes()


@pytest.mark.parametrize("turn", [5, 6, 7, 8])
def test_the_scale_of_a_jpeg_that_lies_on_its_side_is_chosen_with_its_sides_swapped(turn: int) -> None:
    content = pictures.encode_turned(pictures.make_photo(400, 1600), turn)
    stored = Image.open(BytesIO(content))
    assert stored.size == (1600, 400)
    stored.draft(None, (400, 100))
    expected = ImageOps.exif_transpose(stored)
    assert expected.size == (100, 400)
    assert decode_photo(content, fit=lambda _w, _h: (100, 400)).picture.tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_no_jpeg_is_decoded_whole_and_resized_once(kind: str) -> None:
    content = pictures.encode(pictures.make_photo(320, 240), kind)
    expected = Image.open(BytesIO(content)).convert("RGB").resize((56, 28), Image.Resampling.BICUBIC)
    assert decode_photo(content, fit=lambda _w, _h: (56, 28)).picture.tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_of_one_pixel_is_a_picture(kind: str) -> None:
    content = pictures.encode(pictures.make_plain("white", size=(1, 1)), kind)
    picture = decode_photo(content, fit=lambda width, height: (56 * width, 56 * height)).picture
    assert picture.size == (56, 56)
    assert picture.getextrema() == ((255, 255), (255, 255), (255, 255))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("size", "padded"), [((1, 10000), (50, 10000)), ((10000, 1), (10000, 50))])
def test_a_very_narrow_picture_stands_in_the_middle_of_white(
    kind: str, size: tuple[int, int], padded: tuple[int, int]
) -> None:
    picture = decode_photo(pictures.encode(pictures.make_plain("black", size=size), kind), fit=same).picture
    assert picture.size == padded
    dark = np.asarray(picture).sum(axis=2) < 30
    rows, columns = np.nonzero(dark)
    assert dark.sum() == 10000
    assert {len(set(rows)), len(set(columns))} == {1, 10000}
    assert min(padded) // 2 - 1 in (rows[0], columns[0])
    assert (np.asarray(picture)[~dark] == 255).all()


def test_a_ratio_of_200_is_not_padded_and_one_above_is() -> None:
    sizes = [(200, 1), (201, 1), (1000, 4)]
    found = [
        decode_photo(pictures.encode(pictures.make_plain("red", size=s), "PNG"), fit=same).picture.size for s in sizes
    ]
    assert found == [(200, 1), (201, 2), (1000, 5)]


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_decoded_picture_carries_no_metadata(kind: str) -> None:
    content = pictures.encode(pictures.make_photo(64, 48), kind, exif=pictures.make_exif(1), icc_profile=b"profile")
    assert decode_photo(content, fit=same).picture.info == {}
