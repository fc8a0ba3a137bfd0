"""Encoded photos in files: found by the next process, bounded in bytes, gone with the last run of their photo."""

import os
from pathlib import Path

import pytest

from lychee_rerank.scoring.cache_keys import EncodingKey
from lychee_rerank.store.encoded_files import EncodedFiles

KEY = EncodingKey("prefix", "model", "float32", "sdpa", 784, 1)


def keep(files: EncodedFiles, photo: str, size_bytes: int = 100, gallery: str = "gallery") -> None:
    files.keep(KEY.of(photo), size_bytes, lambda: bytes(size_bytes), gallery=gallery)


def found(files: EncodedFiles, *photos: str) -> list[str]:
    return [photo for photo in photos if files.find(KEY.of(photo), gallery="gallery")]


def test_a_file_is_found_by_the_next_process_under_its_own_key_alone(tmp_path: Path) -> None:
    EncodedFiles(tmp_path, most_bytes=1000).keep(KEY.of("a"), 3, lambda: b"one", gallery=None)
    files = EncodedFiles(tmp_path, most_bytes=1000)
    path = files.find(KEY.of("a"), gallery=None)
    assert path is not None
    assert path.read_bytes() == b"one"
    assert path.stat().st_mode & 0o077 == 0
    assert files.find(KEY.of("b"), gallery=None) is None
    assert files.find(EncodingKey("prefix", "model", "float32", "sdpa", 785, 1, "a"), gallery=None) is None


def test_no_file_gives_way_to_one_of_its_own_gallery_but_those_of_others_do(tmp_path: Path) -> None:
    files = EncodedFiles(tmp_path, most_bytes=300)
    for photo in "abcd":
        keep(files, photo)
    assert found(files, *"abcd") == ["a", "b", "c"]
    keep(files, "e", gallery="another")
    assert found(files, *"abce") == ["b", "c", "e"]
    assert len(list(tmp_path.iterdir())) == 3


def test_in_the_next_process_the_longest_unused_goes_first(tmp_path: Path) -> None:
    before = EncodedFiles(tmp_path, most_bytes=300)
    for n, photo in enumerate("abc"):
        keep(before, photo)
        path = before.find(KEY.of(photo), gallery="gallery")
        assert path is not None
        os.utime(path, (n, n))
    assert found(before, "a") == ["a"]  # used just now
    files = EncodedFiles(tmp_path, most_bytes=300)
    keep(files, "d")
    assert found(files, *"abcd") == ["a", "c", "d"]


def test_less_room_than_before_is_made_at_the_start_and_parts_are_cleared_away(tmp_path: Path) -> None:
    files = EncodedFiles(tmp_path, most_bytes=300)
    for photo in "abc":
        keep(files, photo)
    (tmp_path / "x-y.part").write_bytes(b"half")
    less = EncodedFiles(tmp_path, most_bytes=100)
    assert len(list(tmp_path.iterdir())) == 4  # before its first use it touches nothing: another app may score there
    assert len(found(less, *"abc")) == 1
    assert len(list(tmp_path.iterdir())) == 1
    assert found(EncodedFiles(tmp_path, most_bytes=0), *"abc") == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_not_kept_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_bytes(b"")
    files = EncodedFiles(tmp_path / "file", most_bytes=300)
    keep(files, "a")
    assert found(files, "a") == []
    assert "is not written" in caplog.text


def test_the_files_of_photos_that_no_run_has_are_deleted(tmp_path: Path) -> None:
    files = EncodedFiles(tmp_path, most_bytes=300)
    for photo in "abc":
        keep(files, photo)
    files.keep_only({"b"})
    assert found(files, *"abc") == ["b"]
    assert [path.name[:2] for path in tmp_path.iterdir()] == ["b-"]
