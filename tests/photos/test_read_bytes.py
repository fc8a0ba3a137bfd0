"""A file is read whole or refused: it is empty, cannot be read, or has too many bytes."""

import os
from pathlib import Path

import pytest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import read_bytes
from lychee_rerank.photos.limits import MAX_FILE_BYTES
from lychee_rerank.problems import RefusalReason
from tests.photos.decoding import JPEG, no_more_memory_than, refusal


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
