"""A run whose query has an example photo: every export names it, and none does without."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.export.forms import ExportFile, Form
from lychee_rerank.export.json_document import ScoredBy
from lychee_rerank.export.tables import COLUMNS, LIKE_COLUMNS
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import Example
from lychee_rerank.records import Refusal
from lychee_rerank.results.ranking import Results
from lychee_rerank.words import ENGLISH
from tests.finished import finish

EXAMPLE = Example("=IMG_1206.jpg", Path("ref.jpg"), "ab" * 32)
SCORED_BY = ScoredBy({"readout": "number"}, demo=False, loaded=None)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    paths = [tmp_path / name for name in ("a.jpg", "b.jpg")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return finish([3.0, 9.0], paths=paths, refused=[Refusal(2, "c.jpg", RefusalReason.EMPTY)])


def pack(form: Form, results: Results, *, query: str = "") -> bytes:
    file = ExportFile(form, query, SCORED_BY)
    return b"".join(file.pieces(results, results.ranked, describe=ENGLISH.describe))


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_every_row_of_the_table_has_the_example_and_no_formula(results: Results) -> None:
    liked = replace(results, example=EXAMPLE)
    alone, in_zip = pack(Form.CSV, liked), zipfile.ZipFile(io.BytesIO(pack(Form.ZIP, liked))).read("ranking.csv")
    for rows in map(rows_of, (alone, in_zip)):
        assert tuple(rows[0]) == (*COLUMNS, *LIKE_COLUMNS)
        assert [(row["like"], row["like_sha256"]) for row in rows] == [("'=IMG_1206.jpg", "ab" * 32)] * 3
    assert tuple(rows_of(pack(Form.CSV, results))[0]) == COLUMNS


@pytest.mark.parametrize("words", ["", "but in blue"])
def test_the_document_has_the_words_for_its_query_and_the_example_beside_them(results: Results, words: str) -> None:
    document = json.loads(pack(Form.JSON, replace(results, example=EXAMPLE), query=words))
    assert list(document)[:2] == ["query", "like"]
    assert (document["query"], document["like"]) == (words, {"name": "=IMG_1206.jpg", "sha256": "ab" * 32})
    assert "like" not in json.loads(pack(Form.JSON, results, query=words))
