"""`rank --like` and `why --like`: a photo as the question, with words or without, and which argument is what."""

import csv
import json
from pathlib import Path

import pytest

from lychee_rerank.__main__ import main
from lychee_rerank.export.tables import COLUMNS, LIKE_COLUMNS
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.hashes import hash_file
from tests.fakes import FakeJudge
from tests.pictures import write_reds

REDS = {"a.png": 51, "b.png": 255, "c.png": 153}  # like ref.png, 153: a 6.0, b 6.0, c 10.0


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeJudge:
    """Answers for the model; photos/ and ref.png lie in the working folder."""
    judge = FakeJudge()
    monkeypatch.setattr(ModelLoader, "load", lambda self: judge)
    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    write_reds(Path("photos"), REDS)
    write_reds(Path("."), {"ref.png": 153})
    return judge


@pytest.fixture
def unloaded(judge: FakeJudge, monkeypatch: pytest.MonkeyPatch) -> FakeJudge:
    """The same, where no model may be loaded."""
    monkeypatch.setattr(ModelLoader, "load", lambda self: pytest.fail("the model is loaded"))
    return judge


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The last line that wrong use is answered with."""
    try:
        status = main(arguments)
    except SystemExit as error:
        status = int(str(error.code))
    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    return told.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words", "names"),
    [
        ("--like ref.png photos/", "", "cab"),
        ("--like ref.png photos", "", "cab"),
        ("photos --like ref.png", "", "cab"),
        ("--like ref.png photos/a.png photos/b.png", "", "ab"),
        ("--like ref.png ./photos photos/b.png", "", "cabb"),
        ("--like ref.png ./gone photos/a.png", "", "a"),
        ("--like ref.png in-blue photos/", "in-blue", "cab"),
        ("--like=ref.png In-Blue photos/a.png photos/b.png", "in-blue", "ab"),
        ("in-blue --like ref.png photos/", "in-blue", "cab"),
        ("in-blue photos/a.png --like ref.png photos/b.png", "in-blue", "ab"),
        ("--like ref.png --query photos photos", "photos", "cab"),
        ("--query red/blue --like ref.png photos", "red/blue", "cab"),
        ("--like ref.png in-blue -- photos/a.png", "in-blue", "a"),
        ("--like ref.png in-blue --top-k 1 photos", "in-blue", "c"),
    ],
)
def test_words_and_paths_are_told_apart(
    judge: FakeJudge, capsys: pytest.CaptureFixture[str], arguments: str, words: str, names: str
) -> None:
    assert main(["rank", "--json", *arguments.split()]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["cleaned_query"], judge.queries, len(judge.examples)) == (words, [words], 1)
    assert [photo["name"] for photo in document["results"]] == [f"{name}.png" for name in names]
    assert document["results"][0]["score"] == (10.0 if "c" in names else 6.0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--like ref.png", "required: PATH"),
        ("--like ref.png blue", "'blue' is no file or folder: name the photos that are to be ranked, too"),
        ("--like ref.png photos ref.png", "'photos' may be words or a path: write --query 'photos' or ./photos"),
        (
            "--like ref.png gone.jpg ref.png",
            "'gone.jpg' may be words or a path: write --query 'gone.jpg' or ./gone.jpg",
        ),
        ("--like ref.png red/blue photos", "'red/blue' may be words or a path"),
        ("--like ref.png --blue photos", "unrecognized arguments: --blue"),
        ("--like ref.png photos --criteria", "--criteria='': expected no --like beside it"),
        ("--like gone.png photos", "The example photo cannot be used: the file cannot be read."),
        ("--like photos photos", "The example photo cannot be used: the file cannot be read."),
        ("sofa", "required: PATH"),
        ("--query sofa", "required: PATH"),
    ],
)
@pytest.mark.usefixtures("unloaded")
def test_what_could_be_either_and_what_is_missing_is_told_before_the_model_loads(
    capsys: pytest.CaptureFixture[str], arguments: str, told: str
) -> None:
    assert told in refused(capsys, "rank", *arguments.split())


def test_an_example_that_is_no_picture_ends_the_run_with_a_sentence(
    judge: FakeJudge, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("notes.png").write_text("no picture")
    told = "The example photo cannot be used: this is a text file, not a JPEG, HEIC, PNG, WebP or AVIF picture."
    assert refused(capsys, "rank", "--like", "notes.png", "photos") == told
    assert judge.answers == 0


@pytest.mark.usefixtures("judge")
def test_without_an_example_the_first_argument_is_the_query_whatever_lies_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for command in (["photos", "photos/b.png"], ["--query", "photos", "photos/b.png"]):
        assert main(["rank", *command, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert (document["query"], len(document["results"])) == ("photos", 1)
        assert "like" not in document


@pytest.mark.usefixtures("judge")
def test_table_document_and_copies_name_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    sha256 = hash_file(Path("ref.png"))
    main(["rank", "--like", "ref.png", "but in blue", "photos"])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == f"like ref.png: but in blue  (SHA-256 {sha256})"
    assert [row.split()[2] for row in rows] == ["name", "c.png", "a.png", "b.png"]
    main(["rank", "--like", "./ref.png", "photos", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["query"], document["like"]) == ("", {"name": "ref.png", "sha256": sha256})
    assert document["prompt"]["name"] == "number_like"
    options = ["--export", "best", "--xmp", "sidecar", "--write-query", "--top-k", "1"]
    main(["rank", "--like", "ref.png", "but in blue", "photos", *options])
    with Path("best/ranking.csv").open(encoding="utf-8-sig", newline="") as file:
        (first, *_) = csv.DictReader(file)
    assert tuple(first) == (*COLUMNS, *LIKE_COLUMNS)
    assert (first["file"], first["like"], first["like_sha256"]) == ("001_10.0_c.png", "ref.png", sha256)
    assert "like ref.png: but in blue" in Path("best/001_10.0_c.png.xmp").read_text(encoding="utf-8")


def test_what_is_like_one_photo_is_not_taken_for_what_is_like_another(
    judge: FakeJudge, capsys: pytest.CaptureFixture[str]
) -> None:
    for like, best, reused in (("ref.png", "c.png", 0), ("photos/b.png", "b.png", 0), ("ref.png", "c.png", 3)):
        main(["rank", "--like", like, "photos", "--json"])
        document = json.loads(capsys.readouterr().out)
        assert (document["results"][0]["name"], document["reused"]) == (best, reused)
    assert judge.answers == 6


@pytest.mark.usefixtures("judge")
@pytest.mark.parametrize("option", ["--settle", "--distinct"])
def test_the_best_few_can_be_settled_and_near_copies_left_out(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert main(["rank", "--like", "ref.png", "photos", "--top-k", "1", option, "--json"]) == 0
    assert [photo["name"] for photo in json.loads(capsys.readouterr().out)["results"]] == ["c.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--like ref.png photos/b.png", ""),
        ("--like ref.png photos photos/b.png", "photos"),
        ("in-blue --like ref.png photos/b.png", "in-blue"),
        ("--like ref.png --query in-blue photos/b.png", "in-blue"),
    ],
)
@pytest.mark.parametrize(("locale", "head"), [("C.UTF-8", "Score: 6.0"), ("zh_CN.UTF-8", "6.0")])
def test_why_scores_and_explains_a_photo_beside_the_example(
    judge: FakeJudge,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: str,
    words: str,
    locale: str,
    head: str,
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert main(["why", *arguments.split()]) == 0
    assert head in capsys.readouterr().out.splitlines()[0]
    assert set(judge.queries) == {words}
    assert ("Chinese" in judge.templates[-1].user) == locale.startswith("zh")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--like ref.png", "required: PHOTO"),
        ("--like ref.png words a.png b.png", "unrecognized arguments: b.png"),
        ("--like ref.png --query words a.png b.png", "unrecognized arguments: b.png"),
        ("words a.png b.png", "unrecognized arguments: b.png"),
    ],
)
@pytest.mark.usefixtures("unloaded")
def test_why_takes_one_photo(capsys: pytest.CaptureFixture[str], arguments: str, told: str) -> None:
    assert told in refused(capsys, "why", *arguments.split())


@pytest.mark.usefixtures("unloaded")
def test_the_other_commands_take_no_more_than_they_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "info", "more") == "lychee-rerank info: error: unrecognized arguments: more"
    assert "unrecognized arguments: --like" in refused(capsys, "moderate", "pairs.csv", "--like", "ref.png")
