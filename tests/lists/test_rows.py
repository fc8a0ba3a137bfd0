"""Rows of a CSV with their lines in the file: cells in quotes may break, and quotes that do not match cost one line."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.lists.rows import Row, header_line, read_rows


def read(text: str, delimiter: str = ",") -> list[tuple[int, tuple[str, ...] | None]]:
    return [(row.line, row.cells) for row in read_rows(text, delimiter=delimiter)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_cells_in_quotes_may_hold_delimiters_quotes_and_line_breaks(end: str) -> None:
    text = end.join(["a,b", '"1, 2","say ""hi"""', f'x,"two{end}lines"', "", ' "y" ,z', ",,"])
    assert read(text) == [
        (1, ("a", "b")),
        (2, ("1, 2", 'say "hi"')),
        (3, ("x", f"two{end}lines")),
        (5, ("",)),
        (6, ("y", "z")),
        (7, ("", "", "")),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_is_no_delimiter_here_is_text(delimiter: str) -> None:
    others = ",;\t".replace(delimiter, "")
    assert read(f"a{others}b{delimiter}c", delimiter) == [(1, (f"a{others}b", "c"))]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('a,"never closed', None),
        ('a,"closed" early', None),
        ('"a" "b",c', None),
        ('a, "closed" early', None),
        ('a,"one ""quote" twice', None),
        ('a,12" vinyl', ("a", '12" vinyl')),
        ('a,a "quoted" word', ("a", 'a "quoted" word')),
        ('a,""', ("a", "")),
        ('a,""""', ("a", '"')),
    ],
)
def test_quotes_that_do_not_match_cost_their_line_alone_and_those_within_a_plain_cell_are_text(
    line: str, cells: tuple[str, ...] | None
) -> None:
    assert read(f'0,0\n{line}\nb,"c"\nd,e') == [(1, ("0", "0")), (2, cells), (3, ("b", "c")), (4, ("d", "e"))]


def test_a_row_without_cells_keeps_its_line_as_it_stands() -> None:
    assert list(read_rows('a,"b\r\nc\r\n', delimiter=",")) == [Row(1, 'a,"b', None), Row(2, "c", ("c",))]


def test_a_row_tells_the_lines_that_it_takes() -> None:
    (row,) = read_rows('a,"b\r\nc"', delimiter=",")
    assert (row.lines, header_line("a\rb\nc"), header_line("")) == (['a,"b', 'c"'], "a", "")


def test_nothing_has_no_rows() -> None:
    assert read("") == []


CELLS = st.lists(st.lists(st.text(alphabet="ab\"', \n\r", max_size=6), min_size=2, max_size=4), min_size=1, max_size=5)


@given(CELLS)
def test_what_a_spreadsheet_wrote_reads_back(rows: list[list[str]]) -> None:
    out = StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [row.cells for row in read_rows(out.getvalue(), delimiter=",")] == [tuple(cells) for cells in rows]


@given(st.text(alphabet='a,"\n\r ', max_size=60))
def test_every_line_of_any_text_belongs_to_a_row_and_stands_in_it_whole(text: str) -> None:
    rows = list(read_rows(text, delimiter=","))
    lines = [line for row in rows for line in row.lines]
    assert lines == text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[: len(lines)]
    assert len(lines) >= len(text.splitlines())
    assert [row.line for row in rows] == [1 + sum(len(row.lines) for row in rows[:n]) for n in range(len(rows))]
