"""Texts that a spreadsheet would show as something else: they stay texts, and read back as they were."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from lychee_rerank.export.tables import build_flagged_table, build_table, encode_rows, read_cell
from lychee_rerank.lists.names import find_among
from lychee_rerank.pairs import parse_pairs
from lychee_rerank.query import parse_query
from lychee_rerank.records import Pair, Pairs, Photo, Rule, Score, ScoredPhoto
from lychee_rerank.results.moderation import collect_moderation
from lychee_rerank.results.ranking import Results, rank_photos
from lychee_rerank.words import ENGLISH


def written(text: str) -> str:
    """The cell of a text."""
    ((cell,),) = csv.reader(StringIO(encode_rows([text], []).decode("utf-8-sig"), newline=""))
    return cell


@pytest.mark.parametrize(
    "text",
    [
        *("8/10", "1-2", "3:4", "2024-05", "2024-05-01", "1/2/24", " 8/10", "8 / 10", "8/10.", "1 1/2", "10/10\n"),
        *(
            "12:30",
            "12:30:45",
            "12:30 PM",
            "8 a",
            "上午8:30",
            "1.2.2024",
            "5月1日",
            "2024年5月",
            "2024年5月1日",
            "8时30分",
        ),
        *("May 5", "5 May 2024", "1-Dec", "SEPT2", "MARCH1", "Jan-24", "june 1", "5 apr"),
        *("1e5", "2E-3", "007", "1,000", "8,5", "8%", "$8", "¥8", "(8)", "8.", ".5", "1234567890123456"),
        *("８／１０", "３：４", "８％", "'8/10", "''=1", "'=1"),
    ],
)
def test_what_would_be_shown_as_something_else_is_text_and_reads_back(text: str) -> None:
    assert written(text) == "'" + text
    assert read_cell(written(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("8", "8.5", "9.0", "0", "0.25", "10", "2024", "123456789012345", "８"),
        *(
            "8分",
            "8 out of 10",
            "8/10 分",
            "Score: 8/10",
            "sofa 1/2",
            "a-b",
            "1/x",
            "N/A",
            "3D",
            "e5",
            "8am",
            "1 apple",
        ),
        *(
            "May",
            "march of 3 penguins",
            "marble 5",
            "maybe 2",
            "5 decades",
            "IMG-1.jpg",
            "2024-05-01.jpg",
            "5月",
            "沙发 1-2",
        ),
        *("1月" * 1000 + "x", "1-" * 1000 + "x"),
        *("'quoted'", "'8", "", " ", "/", "..."),
    ],
)
def test_a_number_that_is_shown_as_it_is_and_any_other_text_stay_as_they_are(text: str) -> None:
    assert written(text) == text
    assert read_cell(text) == text


def test_an_answer_is_text_and_its_score_a_number() -> None:
    score = Score(8.0, 8.0, 1.0, "8/10", Rule.OUT_OF_TEN)
    results = Results((), rank_photos([ScoredPhoto(0, "a.jpg", score, "hash")]), ())
    table = build_table(results, describe=ENGLISH.describe).decode("utf-8-sig")
    assert table.splitlines()[1] == "1,8.0,8.0,1.0,a.jpg,'8/10,out_of_ten,,full,,,,,1,,,,,"


def test_a_moderated_list_of_such_texts_can_be_moderated_again() -> None:
    photo = Photo("3-4.jpg", Path("3-4.jpg"))
    texts = ("8/10", "'8/10", "1-2", "5月1日", "=1+1", "8.50")
    pairs = Pairs(tuple(Pair(n + 2, photo, parse_query(text), None) for n, text in enumerate(texts)), ())
    outcomes = [ScoredPhoto(n, photo.name, Score(5.0, 5.0, 1.0, text, Rule.NONE), "") for n, text in enumerate(texts)]
    table = build_flagged_table(collect_moderation(pairs, outcomes, threshold=1.0), describe=ENGLISH.describe)
    again = parse_pairs(table, find=find_among([photo]), name="again.csv")
    assert {pair.query.text for pair in again.good} == set(texts)
    assert again.bad == ()
