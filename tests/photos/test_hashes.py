"""Files' hashes, remembered for as long as the files stay as they are."""

import hashlib
import os
from pathlib import Path

import pytest

from lychee_rerank.photos import hashes as photo_hashes
from lychee_rerank.photos.hashes import PhotoHashes


def test_a_file_that_did_not_change_is_known_and_one_that_did_is_not(tmp_path: Path) -> None:
    hashes, path = PhotoHashes(), tmp_path / "a.jpg"
    path.write_bytes(b"one")
    assert hashes.find(path) is None
    assert hashes.take(path, b"one") == hashlib.sha256(b"one").hexdigest() == hashes.find(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert hashes.find(path) is None


def test_what_was_hashed_first_is_forgotten_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_hashes, "_MOST_FILES", 2)
    hashes, paths = PhotoHashes(), [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(b"one")
        hashes.take(path, b"one")
    assert [hashes.find(path) is not None for path in paths] == [False, True, True]


def test_content_that_is_not_the_files_any_more_is_not_remembered_as_its(tmp_path: Path) -> None:
    hashes, path = PhotoHashes(), tmp_path / "a.jpg"
    path.write_bytes(b"longer by now")
    assert hashes.take(path, b"one") == hashlib.sha256(b"one").hexdigest()
    assert hashes.find(path) is None


def test_a_file_that_is_gone_or_has_no_possible_name_has_no_hash(tmp_path: Path) -> None:
    assert PhotoHashes().find(tmp_path / "gone") is None
    assert PhotoHashes().find(Path("a\0b")) is None
