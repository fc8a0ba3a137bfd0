"""Photos that a program holds: whatever they are, their bytes come out, or a refusal, or a TypeError that helps."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.in_memory import PhotoSource, is_source, read_source
from lychee_rerank.problems import RefusalReason
from tests.pictures import encode, make_photo

PICTURE = make_photo(64, 48)
CONTENT = encode(PICTURE, "PNG")


@pytest.mark.parametrize(
    "source",
    [CONTENT, bytearray(CONTENT), memoryview(CONTENT), io.BytesIO(CONTENT)],
    ids=lambda one: type(one).__name__,
)
def test_bytes_and_files_come_out_as_they_are(source: PhotoSource) -> None:
    assert read_source(source) == CONTENT


def test_an_open_file_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(CONTENT)
    with (tmp_path / "a.png").open("rb") as file:
        assert read_source(file) == CONTENT
    with pytest.raises(PhotoRefused) as refused:
        read_source(file)
    assert refused.value.reason is RefusalReason.UNREADABLE


@pytest.mark.parametrize("source", [PICTURE, np.asarray(PICTURE), np.asarray(PICTURE)[::1]])
def test_pixels_become_a_file_that_holds_them(source: PhotoSource) -> None:
    with Image.open(io.BytesIO(read_source(source))) as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), np.asarray(PICTURE))


def closed() -> Image.Image:
    picture = PICTURE.copy()
    picture.close()
    return picture


BROKEN = {
    "closed": closed,
    "cut short": lambda: Image.open(io.BytesIO(encode(PICTURE, "JPEG")[:-200])),
    "no pixels": lambda: Image.new("RGB", (0, 0)),
    "an empty array": lambda: np.zeros((0, 5, 3), np.uint8),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_is_refused(name: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        read_source(BROKEN[name]())
    assert refused.value.reason in (RefusalReason.BROKEN, RefusalReason.EMPTY)


@pytest.mark.parametrize(
    "source",
    [
        np.zeros((5, 5), np.uint8),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((5, 5, 3), np.float32),
        np.zeros((3, 5, 5), np.uint8),
        io.StringIO("text"),
        7,
        None,
        {"a": 1},
    ],
    ids=repr,
)
def test_a_foreign_type_is_an_error_that_says_what_is_taken(source: object) -> None:
    with pytest.raises(TypeError, match=r"uint8|mode 'rb'"):
        read_source(source)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [7, None, {"a": 1}, [CONTENT], object()], ids=repr)
def test_what_has_no_bytes_is_no_source(source: object) -> None:
    assert not is_source(source)
