"""moderate as a program: what is told of a list that is damaged, or of its encoding, and the exit status."""

from pathlib import Path

import pytest

from lychee_rerank.__main__ import main
from lychee_rerank.model.loader import ModelLoader
from tests.disks import fill
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three black photos, which fit nothing."""
    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(ModelLoader, "load", lambda self: FakeJudge())
    photos = ("a.png", "b.png", "sub/c.png")
    return fill(tmp_path / "posts", *photos, content=encode(make_plain((0, 0, 0)), "PNG"))


def moderate(folder: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], list[str]]:
    """The exit status, the flagged pairs, and what is said of the list."""
    (folder / "posts.csv").write_bytes(content)
    status = main(["moderate", str(folder / "posts.csv")])
    told = capsys.readouterr()
    return status, told.out.partition("\n\n")[0].splitlines()[1:], told.err.splitlines()


def test_damaged_lines_are_named_the_others_scored_and_the_exit_status_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, flagged, told = moderate(folder, b'file,text\na.png,"sofa\nb.png,lamp\nb.png,sofa, lamp\n', capsys)
    assert (status, flagged) == (1, ["  0.0  b.png  lamp"])
    assert told == [
        "line 2: the quotes in it do not match",
        "line 4: there are more cells than columns: a text with commas has to stand in quotes",
    ]


def test_a_row_that_is_passed_over_in_a_sound_list_is_no_failure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, flagged, told = moderate(folder, b"file,text\na.png,sofa\ngone.png,lamp\n", capsys)
    assert (status, flagged, told) == (0, ["  0.0  a.png  sofa"], ["line 3: there is no such file (gone.png)"])


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("gbk", "GB18030"), ("utf-16", "UTF-16"), ("utf-8", ""), ("utf-8-sig", "")],
)
def test_what_a_list_was_read_as_is_said_unless_it_is_utf_8(
    folder: Path, capsys: pytest.CaptureFixture[str], encoding: str, told: str
) -> None:
    rows = (
        "文件\t文字\r\na.png\t客厅里的红色沙发\r\n"
        if encoding == "utf-16"
        else "文件;文字\r\na.png;客厅里的红色沙发\r\n"
    )
    status, flagged, said = moderate(folder, rows.encode(encoding), capsys)
    assert (status, flagged) == (0, ["  0.0  a.png  客厅里的红色沙发"])
    assert said == [f"{folder / 'posts.csv'}: read as {told}"] * bool(told)


def test_a_list_whose_encoding_is_not_certain_is_refused_with_the_remedy(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, flagged, said = moderate(folder, "file,text\na.png,猫\n".encode("gbk"), capsys)
    assert (status, flagged) == (1, [])
    assert said == [f"{folder / 'posts.csv'} is of no certain encoding: in Excel, save it as “CSV UTF-8”."]
