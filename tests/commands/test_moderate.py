"""moderate as a program: what is told of a list that is damaged, or of its encoding, and the exit status."""

import csv
from pathlib import Path

import pytest

from lychee_rerank.__main__ import main
from lychee_rerank.model.loader import ModelLoader
from tests.disks import fill
from tests.fakes import FakeJudge
from tests.maps import LEVEL, save_in
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


def run(*arguments: str | Path) -> int:
    return main(["moderate", *map(str, arguments)])


@pytest.fixture
def labelled(folder: Path) -> Path:
    """40 pairs that fit and are scored 10, 40 that do not and are scored 0."""
    fill(folder, "red.png", content=encode(make_plain((255, 0, 0)), "PNG"))
    (folder / "posts.csv").write_text("file,text,label\n" + "red.png,sofa,fits\na.png,sofa,does not\n" * 40)
    return folder / "posts.csv"


def test_with_labels_the_curve_and_the_threshold_that_keeps_recall_are_printed(
    labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(labelled) == 0
    told = capsys.readouterr()
    rows = told.out.split("\n\n")[2].splitlines()
    assert rows[0] == "threshold  precision  recall  work saved"
    assert rows[1].split() == ["0.0", "-", "0.0%", "100.0%"]
    assert rows[2].split() == ["0.5", "100.0%", "100.0%", "50.0%"]
    assert len(rows) == 23
    assert rows[22].startswith("Recall stays at 95.0% or more from a threshold of 0.1 on (95% interval")
    assert told.err == ""


def test_few_labels_are_warned_of_and_without_any_there_is_no_curve(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "posts.csv").write_text("file,text,label\na.png,sofa,no\n")
    assert run(folder / "posts.csv") == 0
    assert capsys.readouterr().err.startswith("⚠ Few labels (0 fit, 1 do not): below 30 of either kind")
    (folder / "posts.csv").write_text("file,text\na.png,sofa\n")
    assert run(folder / "posts.csv") == 0
    assert "threshold  precision" not in capsys.readouterr().out
    assert run(folder / "posts.csv", "--curve", tmp_path / "curve.csv") == 0
    assert capsys.readouterr().err == "No scored pair has a label, so there is no curve\n"
    assert (tmp_path / "curve.csv").read_text("utf-8-sig").splitlines() == ["threshold,precision,recall,work_saved"]


def test_the_curve_and_the_pairs_are_written_to_files_of_their_own(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs, curve = tmp_path / "pairs.csv", tmp_path / "curve.csv"
    assert run(labelled, "--export", pairs, "--curve", pairs) == 2
    assert "another file than that of --export" in capsys.readouterr().err
    assert not pairs.exists()
    assert run(labelled, "--export", pairs, "--curve", curve) == 0
    assert len(pairs.read_text("utf-8-sig").splitlines()) == 81
    assert curve.read_text("utf-8-sig").splitlines()[2] == "0.1,1.0,1.0,0.5"
    assert run(labelled, "--curve", curve) != 0


@pytest.mark.parametrize(("asked", "threshold"), [("60", "0.1"), ("61%", "2.1")])
def test_the_recall_to_keep_is_a_percentage(
    labelled: Path, asked: str, threshold: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(labelled.parent, "dim.png", content=encode(make_plain((51, 0, 0)), "PNG"))
    rows = "a.png,sofa,no\n" * 60 + "dim.png,sofa,no\n" * 40 + "red.png,sofa,yes\n" * 30
    labelled.write_text("file,text,label\n" + rows)
    assert run(labelled, "--keep-recall", asked) == 0
    assert f"from a threshold of {threshold} on" in capsys.readouterr().out


@pytest.mark.parametrize("asked", ["0.95", "0", "101", "nan", "most"])
def test_what_may_be_meant_as_a_share_is_refused_as_a_recall(
    labelled: Path, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(labelled, "--keep-recall", asked)
    assert "expected a percentage above 1, such as 95" in capsys.readouterr().err


def test_with_a_map_mapped_scores_are_flagged_and_the_models_own_put_them_in_order(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(labelled.parent, "dim.png", content=encode(make_plain((102, 0, 0)), "PNG"))
    labelled.write_text("file,text\nred.png,sofa\ndim.png,sofa\na.png,sofa\n")
    assert run(labelled) == 0
    monkeypatch.setenv("LYCHEE_CALIBRATION", save_in(tmp_path, LEVEL))
    capsys.readouterr()
    assert run(labelled, "--export", tmp_path / "pairs.csv") == 0
    flagged = capsys.readouterr().out.splitlines()[1:4]
    assert flagged == ["  1.0  a.png  sofa", "  4.0  dim.png  sofa", "  4.0  red.png  sofa"]
    with (tmp_path / "pairs.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["raw"] for row in csv.DictReader(file)] == ["0.0", "4.0", "10.0"]
