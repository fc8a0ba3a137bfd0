"""Damaged lists: no row vanishes and none is shortened, each damaged line is named by its number, the others count."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.pairs import parse_pairs
from lychee_rerank.problems import RowProblem
from lychee_rerank.records import Pairs, Photo

QUOTES, CELLS, BREAK = RowProblem.UNREADABLE, RowProblem.TOO_MANY_CELLS, RowProblem.LINE_BREAK


def parse(content: str) -> Pairs:
    def find(name: str) -> Photo | RowProblem:
        return Photo(name, Path(name)) if name.endswith(".jpg") else RowProblem.NOT_THERE

    return parse_pairs(content.encode(), find=find, name="posts.csv")


def told(content: str) -> tuple[dict[int, str], dict[int, RowProblem]]:
    """The texts of the good rows and the problems of the others, by line."""
    pairs = parse(content)
    return {row.line: row.query.text for row in pairs.good}, {row.line: row.problem for row in pairs.bad}


@pytest.mark.parametrize(
    ("rows", "good", "bad"),
    [
        (['a.jpg,"sofa', "b.jpg,lamp", "c.jpg,chair"], {3: "lamp", 4: "chair"}, {2: QUOTES}),
        (['a.jpg,"sofa', 'b.jpg,"lamp"', 'c.jpg,"chair'], {3: "lamp"}, {2: QUOTES, 4: QUOTES}),
        (['a.jpg,"sofa', "b.jpg,lamp", 'c.jpg,chair"', "d.jpg,bed"], {5: "bed"}, dict.fromkeys((2, 3, 4), QUOTES)),
        (['"a.jpg,sofa', "b.jpg,lamp"], {3: "lamp"}, {2: QUOTES}),
        (['a.jpg,"red" sofa', "b.jpg,lamp"], {3: "lamp"}, {2: QUOTES}),
        (['a.jpg,the "red" sofa', 'b.jpg,12" lamp'], {2: 'the "red" sofa', 3: '12" lamp'}, {}),
        (["a.jpg,sofa, lamp and coffee", "b.jpg,lamp"], {3: "lamp"}, {2: CELLS}),
        (["a.jpg,sofa,", "b.jpg,lamp,,,", "c.jpg,chair, ,"], {2: "sofa", 3: "lamp", 4: "chair"}, {}),
        (["a.jpg,sofa,, and more", ",,x"], {}, {2: CELLS, 3: CELLS}),
        (['a.jpg,"two', 'lines, and a quote: """', '"b.jpg","x"'], {2: 'two\nlines, and a quote: "', 4: "x"}, {}),
        (["a.jpg,red", "sofa and lamp", "b.jpg,lamp"], {4: "lamp"}, {2: BREAK, 3: BREAK}),
        (["a.jpg,red", "", "sofa and lamp"], {2: "red"}, {4: RowProblem.NOT_THERE}),
        (["a.jpg,red", "gone.png"], {2: "red"}, {3: RowProblem.NOT_THERE}),
        (["a.jpg,red", "b.jpg"], {2: "red"}, {3: RowProblem.NO_TEXT}),
    ],
)
def test_of_damaged_rows_each_line_is_named_and_the_others_are_kept(
    rows: list[str], good: dict[int, str], bad: dict[int, RowProblem]
) -> None:
    assert told("\n".join(["file,text", *rows])) == (good, bad)


def test_lines_are_those_of_the_file_whatever_ends_them() -> None:
    for end in ("\n", "\r\n", "\r"):
        rows = ["file,text", 'a.jpg,"one', 'two"', "", "b.jpg,x, y", "c.jpg,z"]
        assert told(end.join(rows)) == ({2: f"one{end}two", 6: "z"}, {5: CELLS})


def test_a_label_that_a_comma_pushed_aside_is_named() -> None:
    good, bad = told("file,text,label\na.jpg,sofa, lamp\nb.jpg,sofa, lamp,1\nc.jpg,x,1\n")
    assert (good, bad) == ({4: "x"}, {2: RowProblem.BAD_LABEL, 3: CELLS})


def test_lacking_cells_at_the_end_are_empty_ones_unless_the_rest_of_the_text_stands_below() -> None:
    assert told("file,text,label\na.jpg,sofa\nb.jpg,lamp,1\n") == ({2: "sofa", 3: "lamp"}, {})
    assert told("file,text,label\na.jpg,red\nsofa,1\nb.jpg,lamp,1\n") == ({4: "lamp"}, {2: BREAK, 3: BREAK})


def test_a_row_that_does_not_end_with_its_text_is_not_taken_for_broken() -> None:
    assert told("file,text,,\na.jpg,sofa,,\ngone,lamp\n") == ({2: "sofa"}, {3: RowProblem.NOT_THERE})
    assert told("file,text,label\na.jpg,sofa,1\nthe end\n") == ({2: "sofa"}, {3: RowProblem.NOT_THERE})


def test_a_damaged_line_is_kept_whole_and_stands_for_no_file() -> None:
    (bad,) = parse('file;text\na.jpg;"sofa; lamp\n').bad
    assert (bad.file, bad.text) == ("", 'a.jpg;"sofa; lamp')


def test_a_header_whose_columns_have_no_name_takes_nothing() -> None:
    assert told("file,text,,\na.jpg,sofa,,\nb.jpg,sofa, lamp,\n") == ({2: "sofa"}, {3: CELLS})


# A row as people write it, sound or damaged, and the text that it stands for where it can be read.
ROWS = {
    "{}.jpg,text": "text",
    '"{}.jpg",text': "text",
    '{}.jpg,"te, ""xt"""': 'te, "xt"',
    '{}.jpg,text"': 'text"',
    '{}.jpg,te "x" t': 'te "x" t',
    '{}.jpg,"text': None,
    '"{}.jpg,text': None,
    '{}.jpg,"te"xt': None,
    "{}.jpg,te, xt": None,
    '{}.jpg,""': None,
    "text": None,
}


@given(st.lists(st.sampled_from(list(ROWS)), max_size=8))
def test_in_any_order_each_row_is_read_whole_or_named(rows: list[str]) -> None:
    good, bad = told("\n".join(["file,text", *(row.format(n) for n, row in enumerate(rows))]))
    assert {*good, *bad} == set(range(2, len(rows) + 2))
    assert {line: ROWS[rows[line - 2]] for line in good} == good
