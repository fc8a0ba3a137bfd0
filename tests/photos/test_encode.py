"""What is encoded anew: thumbnails as JPEG without metadata, pictures that are no file as PNG."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import decode_photo, encode_picture, make_thumbnail
from tests import pictures
from tests.photos.decoding import JPEG, pixels


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


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1280, 960), (640, 480)), ((960, 1280), (480, 640)), ((100, 50), (100, 50)), ((1, 10000), (3, 640))],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_thumbnail_has_the_long_side_asked_for_at_most_and_is_never_enlarged(
    kind: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    content = pictures.encode(pictures.make_plain("red", size=size), kind)
    thumbnail = Image.open(BytesIO(make_thumbnail(content, long_side_px=640, decode=decode_photo)))
    assert (thumbnail.format, thumbnail.mode, thumbnail.size) == ("JPEG", "RGB", expected)


def test_a_thumbnail_shows_the_photo_upright_and_tells_nothing_else() -> None:
    upright = pictures.make_photo(320, 240)
    content = pictures.encode_turned(upright, 6, comment=b"at home", dpi=(300, 300), icc_profile=b"profile" * 20)
    assert b"SecretPhoneMaker" in content
    thumbnail = make_thumbnail(content, long_side_px=640, decode=decode_photo)
    shown = Image.open(BytesIO(thumbnail))
    assert np.abs(np.asarray(shown).astype(int) - np.asarray(upright)).mean() < 10
    assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(secret in thumbnail for secret in (b"SecretPhoneMaker", b"at home", b"profile", b"Exif"))


def test_a_thumbnail_of_what_is_refused_is_refused() -> None:
    with pytest.raises(PhotoRefused, match="truncated"):
        make_thumbnail(JPEG[:-100], long_side_px=640, decode=decode_photo)
