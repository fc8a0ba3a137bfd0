"""Files written whole or not at all, and names that may not lead out of a folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lychee_rerank.disk import ALL_USERS, OWN_USER, longest_name_bytes, real_path_below, store_whole, written_aside
from lychee_rerank.errors import StorageFailed


def test_content_lies_aside_under_another_name_until_it_is_renamed(tmp_path: Path) -> None:
    with written_aside(tmp_path, [b"one ", memoryview(b"two")]) as temporary:
        assert list(tmp_path.iterdir()) == [temporary]
        assert temporary.read_bytes() == b"one two"
        temporary.rename(tmp_path / "whole")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"whole": b"one two"}


def test_what_is_not_renamed_is_gone_at_the_end(tmp_path: Path) -> None:
    with written_aside(tmp_path, [b"content"]):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_stored_whole_in_a_folder_of_its_own_or_not_at_all(tmp_path: Path) -> None:
    store_whole(tmp_path / "new" / "file", b"content", mode=OWN_USER)
    assert [path.read_bytes() for path in (tmp_path / "new").iterdir()] == [b"content"]
    with pytest.raises(StorageFailed):
        store_whole(tmp_path / "new" / "file" / "below", b"content")


def test_content_that_ends_too_early_leaves_nothing(tmp_path: Path) -> None:
    def content() -> Iterator[bytes]:
        yield b"half"
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="the source is gone"), written_aside(tmp_path, content()):
        pass
    assert list(tmp_path.iterdir()) == []


def test_it_is_on_the_disk_before_anybody_renames_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced_bytes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda file: synced_bytes.append(os.fstat(file).st_size))
    with written_aside(tmp_path, [b"content"]):
        assert synced_bytes == [7]


@pytest.mark.parametrize(("mode", "umask", "rights"), [(ALL_USERS, 0o022, 0o644), (OWN_USER, 0o022, 0o600)])
def test_who_may_read_it_is_chosen(tmp_path: Path, mode: int, umask: int, rights: int) -> None:
    before = os.umask(umask)
    try:
        with written_aside(tmp_path, [b""], mode=mode) as temporary:
            assert temporary.stat().st_mode & 0o777 == rights
    finally:
        os.umask(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with links that stay in it and links that lead out, and another beside it with a longer name."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "photos-2").mkdir()
    for name in ("photos/a.jpg", "photos/sub/b.jpg", "photos-2/c.jpg"):
        (tmp_path / name).write_bytes(b"")
    (folder / "in.jpg").symlink_to("sub/b.jpg")
    (folder / "out.jpg").symlink_to("../photos-2/c.jpg")
    (folder / "out").symlink_to("../photos-2")
    return folder


@pytest.mark.parametrize(
    ("name", "real"),
    [
        ("a.jpg", "a.jpg"),
        ("sub/../a.jpg", "a.jpg"),
        ("../photos/a.jpg", "a.jpg"),
        ("{folder}/a.jpg", "a.jpg"),
        ("in.jpg", "sub/b.jpg"),
        ("gone.jpg", "gone.jpg"),
        ("out.jpg", None),
        ("out/c.jpg", None),
        ("../photos-2/c.jpg", None),
        ("{folder}-2/c.jpg", None),
        ("/etc/passwd", None),
        ("..", None),
        (".", None),
        ("", None),
    ],
)
def test_a_name_leads_below_the_folder_or_nowhere(folder: Path, name: str, real: str | None) -> None:
    assert real_path_below(folder, name.format(folder=folder)) == (real and str(folder.resolve() / real))


def test_below_a_folder_that_is_a_link_is_below_where_that_leads(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("photos")
    assert real_path_below(tmp_path / "link", "a.jpg") == str(folder.resolve() / "a.jpg")


def test_everything_lies_below_the_root() -> None:
    assert real_path_below(Path("/"), "no-such-file") == "/no-such-file"


def test_a_relative_folder_is_one_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert real_path_below(Path("photos"), "in.jpg") == str(folder.resolve() / "sub/b.jpg")


def test_what_no_file_can_be_called_is_an_error(folder: Path) -> None:
    with pytest.raises(ValueError, match="null"):
        real_path_below(folder, "a\0.jpg")


@pytest.mark.parametrize(("told", "longest"), [(143, 143), (255, 255), (1530, 255), (0, 255), (-1, 255)])
def test_a_name_may_be_as_long_as_the_nearest_folder_that_is_there_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: int, longest: int
) -> None:
    asked: list[tuple[Path, str]] = []
    monkeypatch.setattr(os, "pathconf", lambda *question: asked.append(question) or told)
    assert longest_name_bytes(tmp_path / "not" / "there") == longest
    assert asked == [(tmp_path, "PC_NAME_MAX")]


def test_a_folder_that_nobody_can_ask_takes_what_most_take(monkeypatch: pytest.MonkeyPatch) -> None:
    assert longest_name_bytes(Path("a\0b")) == 255

    def fail(path: Path, name: str) -> int:
        raise OSError("no answer")

    monkeypatch.setattr(os, "pathconf", fail)
    assert longest_name_bytes(Path("/")) == 255
