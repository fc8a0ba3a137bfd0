"""One file of the form that is wanted: its name, its pieces."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from lychee_rerank.export.forms import ExportFile, Form
from lychee_rerank.export.json_document import ScoredBy, write_document
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Photo, Refusal
from lychee_rerank.results.ranking import Results, collect_results
from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.finished import finish

REFUSED = Refusal(2, "c.jpg", RefusalReason.NOT_A_PICTURE)
SCORED_BY = ScoredBy({"readout": "number"}, demo=False, loaded=None)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    paths = [tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg")]
    for path in paths:
        path.write_bytes(path.name.encode())
    done = finish([3.0, 9.0], paths=paths[:2], refused=[REFUSED])
    return Results(tuple(Photo(path.name, path) for path in paths), done.ranked, done.refused)


def pack(form: Form, results: Results, *, words: Words = ENGLISH) -> bytes:
    file = ExportFile(form, "red  things", SCORED_BY)
    return b"".join(file.pieces(results, results.ranked[:1], describe=words.describe))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("red  things", "red things.zip"),
        ("a/b: c?", "a-b-c_.zip"),
        ("沙发 + 灯泡\n+ 咖啡", "沙发 + 灯泡 + 咖啡.zip"),
        ("..", "photo.zip"),
    ],
)
def test_the_name_says_the_query_and_is_safe(query: str, name: str) -> None:
    assert ExportFile(Form.ZIP, query, SCORED_BY).name == name


def test_a_long_query_still_makes_a_name() -> None:
    assert ExportFile(Form.ZIP, "很长" * 2000, SCORED_BY).name == "很长" * 30 + ".zip"


def test_the_archive_holds_the_chosen_photos(results: Results) -> None:
    archive = zipfile.ZipFile(io.BytesIO(pack(Form.ZIP, results)))
    assert archive.namelist() == ["001_9.0_b.jpg", "ranking.csv"]
    assert archive.read("001_9.0_b.jpg") == b"b.jpg"


def test_the_table_holds_the_chosen_photos_and_all_refused(results: Results) -> None:
    rows = list(csv.DictReader(io.StringIO(pack(Form.CSV, results, words=CHINESE).decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["b.jpg", "c.jpg"]
    assert rows[1]["refused"] == CHINESE.refusal(REFUSED)


def test_json_is_the_document_of_the_chosen_photos(results: Results) -> None:
    document = write_document(
        results, results.ranked[:1], query="red  things", scored_by=SCORED_BY, describe=CHINESE.describe
    )
    assert pack(Form.JSON, results, words=CHINESE).decode() == document


def test_outcomes_are_ranked_and_sorted_out(results: Results) -> None:
    scored = [photo.scored for photo in results.ranked]
    assert collect_results(results.photos, [REFUSED, *reversed(scored)]) == results
