"""What tells one model folder from another, and what does not."""

import hashlib
import os
from pathlib import Path

import pytest

from lychee_rerank.model.checkpoint import fingerprint_folder, scan_folder

FILES = ("config.json", "chat_template.jinja", "merges.txt", "model.safetensors")


def hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fingerprint(folder: Path) -> str:
    return fingerprint_folder(folder, hash_file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder with a file of each kind that counts, and others."""
    for name in (*FILES, "README.md", "pytorch_model.bin"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "below.json").mkdir()
    return tmp_path


def test_the_files_that_make_up_a_model_are_listed_by_name_size_and_time(folder: Path) -> None:
    os.utime(folder / "config.json", ns=(1, 2_000_000_000))
    scanned = scan_folder(folder)
    assert [name for name, _, _ in scanned] == sorted(FILES)
    assert scanned[1] == ("config.json", len("config.json"), 2_000_000_000)
    assert scan_folder(folder / "gone") == scan_folder(folder / "config.json") == ()


def test_a_folder_is_known_again_wherever_it_lies_and_whatever_else_is_in_it(folder: Path) -> None:
    before = fingerprint(folder)
    (folder / "README.md").write_bytes(b"something else")
    os.utime(folder / "config.json", ns=(1, 1))
    assert fingerprint(folder.rename(folder.with_name("moved"))) == before


@pytest.mark.parametrize("name", FILES)
def test_another_content_another_name_and_a_file_more_or_less_make_another_model(folder: Path, name: str) -> None:
    found = [fingerprint(folder)]
    (folder / name).write_bytes(name.upper().encode())
    found.append(fingerprint(folder))
    (folder / name).rename(folder / f"other-{name}")
    found.append(fingerprint(folder))
    (folder / f"other-{name}").unlink()
    found.append(fingerprint(folder))
    (folder / "more.json").touch()
    found.append(fingerprint(folder))
    assert len(set(found)) == 5


def test_a_fingerprint_that_was_kept_is_still_the_one_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b"{}")
    content = f"config.json\0{2}\0{hashlib.sha256(b'{}').hexdigest()}\n"
    assert fingerprint(tmp_path) == hashlib.sha256(content.encode()).hexdigest()
