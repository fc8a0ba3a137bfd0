"""What a fingerprint holds, and what it takes to make one."""

import subprocess
import sys
from io import BytesIO

import pytest
from PIL import Image

from lychee_rerank.photos.fingerprint import FINGERPRINT_BYTES, FINGERPRINT_VERSION, SIDE_CELLS, take_fingerprint
from tests.pictures import encode, make_photo, make_plain

RED, BLUE = bytes((255, 0, 0)), bytes((0, 0, 255))


def beside(first: str, second: str, *, below: bool) -> Image.Image:
    """Two colours, the second to the right of the first or below it."""
    picture = make_plain(first, size=(90, 90))
    picture.paste(make_plain(second, size=(90, 90)), (0, 45) if below else (45, 0))
    return picture


def furthest(one: bytes, other: bytes) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (640, 480), (2000, 1500)])
def test_it_is_as_long_for_every_photo_and_below_a_kilobyte(size: tuple[int, int]) -> None:
    assert len(take_fingerprint(make_photo(*size))) == FINGERPRINT_BYTES <= 1024


def test_it_goes_row_by_row() -> None:
    half = SIDE_CELLS // 2
    assert take_fingerprint(beside("red", "blue", below=False)) == (RED * half + BLUE * half) * SIDE_CELLS
    assert take_fingerprint(beside("red", "blue", below=True)) == RED * half * SIDE_CELLS + BLUE * half * SIDE_CELLS


def test_a_cell_is_the_mean_of_its_pixels() -> None:
    stripes = Image.new("RGB", (4 * SIDE_CELLS, 4 * SIDE_CELLS))
    for column in range(0, stripes.width, 2):
        stripes.paste((200, 100, 50), (column, 0, column + 1, stripes.height))
    assert take_fingerprint(stripes) == bytes((100, 50, 25)) * SIDE_CELLS**2


def test_another_size_or_another_encoding_changes_no_cell_by_much() -> None:
    photo = make_photo(640, 480)
    small = photo.resize((160, 120), Image.Resampling.LANCZOS)
    coarse = Image.open(BytesIO(encode(photo, quality=40))).convert("RGB")
    print_ = take_fingerprint(photo)
    assert 0 < furthest(print_, take_fingerprint(small)) <= 8
    assert 0 < furthest(print_, take_fingerprint(coarse)) <= 8


def test_other_photos_have_others() -> None:
    photos = [make_photo(), make_photo(seed=1), make_photo().rotate(180), make_plain("red"), make_plain("blue")]
    assert len({take_fingerprint(photo) for photo in photos}) == len(photos)


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK"])
def test_what_is_not_rgb_has_none(mode: str) -> None:
    with pytest.raises(ValueError, match=mode):
        take_fingerprint(Image.new(mode, (32, 32)))


def test_another_fingerprint_of_the_same_photo_needs_another_version() -> None:
    ramp = Image.linear_gradient("L").convert("RGB")
    assert FINGERPRINT_VERSION == 1
    assert list(take_fingerprint(ramp)[:: SIDE_CELLS * 3]) == [
        7, 21, 35, 49, 63, 78, 92, 106, 120, 135, 149, 163, 177, 191, 206, 220, 234, 248,
    ]  # fmt: skip


def test_it_imports_nothing_heavy() -> None:
    code = "import lychee_rerank.photos.fingerprint, sys; print(*{'numpy', 'scipy', 'torch'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
