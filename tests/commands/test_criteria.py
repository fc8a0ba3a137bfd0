"""`rank --criteria`: the parts of the query beside the whole, from one look at each photo."""

import csv
import io
import json
from pathlib import Path

import pytest

from lychee_rerank.__main__ import main
from lychee_rerank.commands.criteria import spell_out_criteria
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


# Red is the whole query's score, green that of coffee, blue that of people: 9, 8, 2; 8, 5, 0; 7, 9, 9; 6, 6, 1.
COLOURS = {"a.png": (230, 204, 51), "b.png": (204, 128, 0), "c.png": (179, 230, 230), "d.png": (153, 153, 26)}
PARTED = "coffee + people"


@pytest.fixture
def colours(judge: FakeJudge, tmp_path: Path) -> Path:
    judge.layers = {"coffee": 1, "people": 2}
    folder = tmp_path / "colours"
    folder.mkdir()
    for name, colour in COLOURS.items():
        (folder / name).write_bytes(encode(make_plain(colour), "PNG"))
    return folder


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["QUERY", "DIR", "--criteria", "coffee>=6", "people<=2"], "ad"),
        (["QUERY", "DIR", "--criteria", "1≥6", "2≤2", "--top-k", "1"], "a"),
        (["QUERY", "DIR", "--top-k", "1", "--criteria", "people<=1.5"], "b"),  # the best of those that qualify
        (["QUERY", "--criteria", "coffee>=6", "people<=2", "DIR"], "ad"),
        (["--criteria", "coffee>=6", "people<=2", "QUERY", "DIR"], "ad"),
        (["--criteria=coffee>=6", "people<=2", "QUERY", "DIR"], "ad"),
        (["QUERY", "DIR", "--criteria", "Coffee ＞＝ 8", "--crit", "people>=9"], "c"),
        (["QUERY", "DIR", "--criteria", "coffee>=6", "--criteria"], "acd"),
        (["QUERY", "DIR", "--criteria", "coffee>=6", "coffee<=5"], ""),
        (["--criteria", "QUERY", "DIR"], "abcd"),
        (["QUERY", "--criteria", "DIR"], "abcd"),
        (["--criteria", "--", "QUERY", "DIR"], "abcd"),
    ],
)
def test_conditions_stand_behind_the_option_wherever_it_stands(
    colours: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], shown: str
) -> None:
    filled = [{"QUERY": PARTED, "DIR": str(colours)}.get(argument, argument) for argument in arguments]
    assert main(["rank", "--json", *filled]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["criteria"] == ["coffee", "people"]
    assert [photo["name"] for photo in told["results"]] == [f"{name}.png" for name in shown]
    ranks = {name: rank for rank, name in enumerate("abcd", start=1)}
    assert [photo["rank"] for photo in told["results"]] == [ranks[name] for name in shown]


@pytest.mark.usefixtures("judge")
def test_table_document_and_copies_follow_the_conditions_and_how_many_met_them_is_told(
    colours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "best"
    command = ["rank", PARTED, str(colours), "--export", str(out)]
    conditions = ["--criteria", "coffee>=6", "people>=1", "people<=2"]
    main([*command, *conditions])
    told = capsys.readouterr()
    assert [line.split()[-1] for line in told.out.splitlines()[3:]] == ["a.png", "d.png"]
    assert "2 of 4 photos meet: coffee from 6 · people from 1 to 2" in told.err.splitlines()
    assert sorted(path.name for path in out.iterdir()) == ["001_9.0_a.png", "004_6.0_d.png", "ranking.csv"]
    main([*command, *conditions, "--json"])
    assert json.loads(capsys.readouterr().out)["conditions"] == [
        {"part": "coffee", "least": 6.0, "most": 10.0},
        {"part": "people", "least": 1.0, "most": 2.0},
    ]


@pytest.mark.parametrize(
    ("options", "shown", "told"),
    [
        ([], "abd", ["people up to 2, as the query wants none of it; --criteria 'people<=10' lifts this.",
                     "3 of 4 photos meet: people up to 2"]),
        (["coffee>=6"], "ad", ["people up to 2, as the query wants none of it; --criteria 'people<=10' lifts this.",
                               "2 of 4 photos meet: coffee from 6 · people up to 2"]),
        (["people<=1"], "bd", ["2 of 4 photos meet: people up to 1"]),
        (["people<=10"], "abcd", []),
    ],
)  # fmt: skip
def test_what_the_query_wants_none_of_is_wanted_up_to_two_unless_a_condition_says_otherwise(
    judge: FakeJudge, colours: Path, capsys: pytest.CaptureFixture[str], options: list[str], shown: str, told: list[str]
) -> None:
    main(["rank", "Coffee, no People", str(colours), "--json", "--criteria", *options])
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["criteria"] == ["Coffee", "People"]
    assert [photo["name"] for photo in document["results"]] == [f"{name}.png" for name in shown]
    assert [line.lower() for line in printed.err.splitlines()] == [line.lower() for line in told]
    assert judge.queries == ["coffee, no people", "coffee", "people"]


def test_a_query_that_only_wants_none_of_a_thing_has_that_thing_for_a_part(
    judge: FakeJudge, colours: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["rank", "没有人", str(colours), "--json", "--criteria"])
    assert json.loads(capsys.readouterr().out)["conditions"] == [{"part": "人", "least": 0.0, "most": 2.0}]
    assert judge.queries == ["没有人", "人"]


@pytest.mark.parametrize(
    ("query", "condition", "told"),
    [
        (PARTED, "tea>=6", "PART one of 1 'coffee', 2 'people'"),
        (PARTED, "3>=6", "PART one of 1 'coffee', 2 'people'"),
        (PARTED, "coffee>6", "expected PART>=X or PART<=X"),
        (PARTED, "coffee>=11", "X from 0 to 10"),
        (PARTED, "coffee>=", "expected PART>=X or PART<=X"),
        ("a kimono", "kimono>=6", "the query has only one part"),
    ],
)
def test_what_is_no_condition_on_a_part_is_refused_before_the_model_loads(
    judge: FakeJudge,
    gallery: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    query: str,
    condition: str,
    told: str,
) -> None:
    monkeypatch.setattr(ModelLoader, "load", lambda self: pytest.fail("the model is loaded"))
    assert main(["rank", query, str(gallery), "--criteria", condition]) == 2
    assert told in capsys.readouterr().err
    assert judge.queries == []


def test_a_query_with_comparisons_in_it_needs_two_dashes_behind_the_option_alone() -> None:
    assert spell_out_criteria(["--criteria", "I <3 cats", "x"]) == ["--criteria=", "I <3 cats", "x"]
    assert spell_out_criteria(["--criteria", "a >= 5", "x"]) == ["--criteria=", "--criteria=a >= 5", "x"]
    assert spell_out_criteria(["--criteria", "--", "a >= 5"]) == ["--criteria=", "--", "a >= 5"]
    assert spell_out_criteria(["a >= 5", "x", "--cr"]) == ["a >= 5", "x", "--cr="]
    assert spell_out_criteria(["--", "--criteria"]) == ["--", "--criteria"]
