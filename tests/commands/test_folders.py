"""What rank takes from a folder, and what it says of the rest: links that are followed where that is wanted."""

import json
from pathlib import Path

import pytest

from lychee_rerank.__main__ import main
from lychee_rerank.model.loader import ModelLoader
from tests.disks import fill
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain

PHOTO = encode(make_plain((255, 0, 0)), "PNG")


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a photo, a deleted one, and a link to a folder elsewhere, which links back to it."""
    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(ModelLoader, "load", lambda self: FakeJudge())
    album = fill(tmp_path / "album", "a.png", "#recycle/b.png", "notes.txt", content=PHOTO)
    fill(tmp_path / "elsewhere", "c.png", content=PHOTO)
    (album / "out").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(album)
    return album


def test_what_is_passed_over_is_told_by_kind_beside_the_table(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank", "red", str(album)]) == 0
    told = capsys.readouterr()
    assert [row.split()[2] for row in told.out.splitlines()[1:]] == ["a.png"]
    assert told.err.splitlines()[-1] == "Other files passed over: 3 (of another type 1, deleted 1, linked folders 1)"


@pytest.mark.parametrize("by", ["option", "setting"])
def test_linked_folders_are_followed_where_that_is_wanted(
    album: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "setting":
        monkeypatch.setenv("LYCHEE_FOLLOW_LINKS", "yes")
    option = ["--follow-links"] * (by == "option")
    assert main(["rank", "red", str(album), "--json", *option]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert [photo["name"] for photo in document["results"]] == ["a.png", "out/c.png"]
    assert document["passed_over"] == {"other_type": 1, "deleted": 1, "linked_folder": 1}
    assert told.err == ""


def test_where_there_is_no_photo_the_kinds_of_what_lies_there_are_told(
    album: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (album / "a.png").unlink()
    assert main(["rank", "red", str(album)]) == 1
    assert capsys.readouterr().err == (
        "No photo was found there.\nOther files passed over: 3 (of another type 1, deleted 1, linked folders 1)\n"
    )
