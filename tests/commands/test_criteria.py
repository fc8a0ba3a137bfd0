"""`rank --criteria`: the parts of the query beside the whole, from one look at each photo."""

import csv
import io
import json
from pathlib import Path

import pytest

from lychee_rerank.__main__ import main
from lychee_rerank.model.loader import ModelLoader
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain

REDS = {"a.png": 51, "b.png": 255, "c.png": 153}
QUERY = "sofa + =lamp, Sofa"


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeJudge:
    judge = FakeJudge()
    monkeypatch.setattr(ModelLoader, "load", lambda self: judge)
    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return judge


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    folder = tmp_path / "gallery"
    folder.mkdir()
    for name, red in REDS.items():
        (folder / name).write_bytes(encode(make_plain((red, 0, 0)), "PNG"))
    (folder / "d.jpg").write_bytes(b"no photo")
    return folder


def test_every_part_is_scored_and_no_photo_is_looked_at_twice(
    judge: FakeJudge, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rank", QUERY, str(gallery), "--criteria", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["criteria"] == ["sofa", "=lamp"]
    assert [(photo["name"], photo["criteria"]) for photo in told["results"]] == [
        ("b.png", [10.0, 10.0]),
        ("c.png", [6.0, 6.0]),
        ("a.png", [2.0, 2.0]),
    ]
    assert judge.queries == [QUERY.lower(), "sofa", "=lamp"]
    assert (judge.encoded, judge.answers) == (3, 9)


def test_a_part_that_was_scored_before_is_not_asked_again(
    judge: FakeJudge, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["rank", "sofa", str(gallery)])
    capsys.readouterr()
    main(["rank", QUERY, str(gallery), "--criteria", "--json"])
    assert json.loads(capsys.readouterr().out)["reused"] == 3
    assert judge.answers == 9


@pytest.mark.usefixtures("judge")
def test_the_table_has_a_column_per_part(gallery: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["rank", QUERY, str(gallery), "--criteria", "--top-k", "1"])
    assert capsys.readouterr().out.splitlines() == [
        "(1) sofa",
        "(2) =lamp",
        "rank  score    (1)    (2)  name",
        "   1   10.0   10.0   10.0  b.png",
    ]


@pytest.mark.usefixtures("judge")
def test_the_csv_has_a_column_per_part_that_is_no_formula(gallery: Path, tmp_path: Path) -> None:
    main(["rank", QUERY, str(gallery), "--criteria", "--export", str(tmp_path / "best")])
    rows = list(csv.DictReader(io.StringIO((tmp_path / "best" / "ranking.csv").read_text("utf-8-sig"))))
    assert [(row["name"], row["sofa"], row["'=lamp"]) for row in rows] == [
        ("b.png", "10.0", "10.0"),
        ("c.png", "6.0", "6.0"),
        ("a.png", "2.0", "2.0"),
        ("d.jpg", "", ""),
    ]


def test_a_query_with_one_part_is_told_and_ranked(
    judge: FakeJudge, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rank", "a kimono", str(gallery), "--criteria"]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("This query has only one part")
    assert told.out.startswith("rank  score  name")
    assert judge.answers == 3


def test_where_all_scores_are_close_together_the_parts_are_offered(
    judge: FakeJudge, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge.text = "6.0"
    main(["rank", QUERY, str(gallery)])
    assert "--criteria" in capsys.readouterr().err
    main(["rank", "sofa", str(gallery)])
    assert "--criteria" not in capsys.readouterr().err
