"""The CSV of a ranking: what Excel is given, and what reads back."""

import csv
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import StringIO

import pytest

from lychee_rerank.export.tables import COLUMNS, FACTS_COLUMNS, build_table, encode_rows
from lychee_rerank.facts import PhotoFacts
from lychee_rerank.problems import CopyProblem, RefusalReason
from lychee_rerank.records import Refusal
from lychee_rerank.results.near_copies import NearCopies
from lychee_rerank.results.ranking import Copied
from lychee_rerank.words import CHINESE, ENGLISH
from tests.finished import finish


def read(table: bytes) -> list[dict[str, str]]:
    assert table.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(table.decode("utf-8-sig"), newline="")))


def test_a_row_per_photo_best_first_unrounded_with_the_refused_at_the_end() -> None:
    results = finish([6.125, 9.0, 6.125], refused=[Refusal(3, "x.png", RefusalReason.EMPTY)])
    rows = read(build_table(results, describe=ENGLISH.describe))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["rank"], row["score"], row["name"]) for row in rows] == [
        ("1", "9.0", "p1.jpg"),
        ("2", "6.125", "p0.jpg"),
        ("3", "6.125", "p2.jpg"),
        ("", "", "x.png"),
    ]
    assert [row["tied"] for row in rows] == ["", "yes", "yes", ""]
    assert [row["refused"] for row in rows] == ["", "", "", "the file is empty"]
    assert {rows[0][column] for column in ("expected", "answer")} == {"9.0"}
    assert (rows[0]["label_mass"], rows[0]["rule"]) == ("1.0", "whole_answer")


def test_a_row_tells_what_the_file_says_and_the_rank_of_the_best_near_copy() -> None:
    taken = datetime(2026, 5, 3, 12, 30, tzinfo=timezone(timedelta(hours=8)))
    facts = {0: PhotoFacts(40, 30, taken, "=Canon", b""), 1: PhotoFacts(30, 30, None, "", b"")}
    found = finish([6.0, 9.0, 3.0], refused=[Refusal(3, "x.png", RefusalReason.EMPTY)])
    rows = read(build_table(replace(found, facts=facts, near_copies=NearCopies({0: 1, 1: 1})), describe=str))
    assert [[row[name] for name in FACTS_COLUMNS] for row in rows] == [
        ["1", "30", "30", "square", "", ""],
        ["1", "40", "30", "landscape", "2026-05-03T12:30:00+08:00", "'=Canon"],
        ["3", "", "", "", "", ""],
        ["", "", "", "", "", ""],
    ]


def test_what_was_copied_and_what_was_not_is_named() -> None:
    results = finish([9.0, 6.0, 3.0])
    copies = [Copied(results.ranked[0], "001_9.0_p0.jpg"), Copied(results.ranked[1], "", CopyProblem.GONE)]
    rows = read(build_table(results, describe=CHINESE.describe, copies=copies))
    assert [row["file"] for row in rows] == ["001_9.0_p0.jpg", "", ""]
    assert [row["problem"] for row in rows] == ["", CHINESE.copy_problem[CopyProblem.GONE], ""]


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\tx", "\rx", "\nx", "＝1", "＠x"])
def test_what_a_spreadsheet_could_run_is_text(name: str) -> None:
    (row,) = read(build_table(finish([5.0], names=[name]), describe=ENGLISH.describe))
    assert row["name"] == "'" + name


@pytest.mark.parametrize("text", ["沙发.jpg", 'a "b", c', "two\r\nlines", "a;b", "'quoted'", "", " =1"])
def test_other_text_reads_back_as_it_was(text: str) -> None:
    (row,) = csv.reader(StringIO(encode_rows([text], []).decode("utf-8-sig"), newline=""))
    assert row == [text]


def test_numbers_are_numbers_below_zero_too() -> None:
    assert encode_rows(["x"], [[-1.5]]).endswith(b"x\r\n-1.5\r\n")
