"""What is asked of the parts of a query, how it is written, and which photos meet it."""

from dataclasses import replace

import pytest

from lychee_rerank.query import parse_query
from lychee_rerank.results.conditions import Condition, complete_conditions, parse_condition
from lychee_rerank.results.criteria import Criteria
from lychee_rerank.results.selection import Selection, View
from tests.finished import finish

PARTS = COFFEE, PEOPLE, TWO = parse_query("Coffee + no people + 2").parts


@pytest.mark.parametrize(
    ("condition", "met", "unmet"),
    [
        (Condition(COFFEE, least=6.0), (5.95, 6.0, 10.0), (5.94, 0.0, None)),
        (Condition(COFFEE, most=2.0), (2.04, 0.0), (2.06, 10.0, None)),
        (Condition(COFFEE, 3.0, 4.0), (3.0, 4.0), (2.9, 4.1, None)),
        (Condition(COFFEE), (0.0, 10.0, None), ()),
    ],
)
def test_scores_meet_a_condition_as_they_are_shown_and_no_score_meets_none_that_excludes(
    condition: Condition, met: tuple[float | None, ...], unmet: tuple[float | None, ...]
) -> None:
    assert [score for score in (*met, *unmet) if condition.meets(score)] == list(met)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("coffee>=6", Condition(COFFEE, least=6.0)),
        (" COFFEE >= 6.5 ", Condition(COFFEE, least=6.5)),
        ("people≤2", Condition(PEOPLE, most=2.0)),
        ("no people<=2", Condition(PEOPLE, most=2.0)),
        ("ｐｅｏｐｌｅ＜＝２．５", Condition(PEOPLE, most=2.5)),
        ("people≦10", Condition(PEOPLE)),
        ("1≥6", Condition(COFFEE, least=6.0)),
        ("3>=6", Condition(TWO, least=6.0)),
        ("2>=6", Condition(TWO, least=6.0)),  # its text comes before its number
        *((text, None) for text in ("", "coffee", "coffee>6", "coffee>=", ">=6", "coffee>=11", "coffee>=-1")),
        *((text, None) for text in ("tea>=6", "4>=6", "0>=6", "coffee>=nan", "coffee>=6<=7", "coffee + 2>=6")),
    ],
)
def test_a_condition_is_written_on_a_part_or_its_number(text: str, condition: Condition | None) -> None:
    found = parse_condition(text, PARTS)
    assert found == condition
    if found:
        assert found.part in PARTS


@pytest.mark.parametrize("ends", [(6.0, 10.0), (0.0, 2.0), (3.3, 4.0), (0.0, 10.0), (10.0, 10.0), (0.0, 0.0)])
def test_what_is_written_is_read_again(ends: tuple[float, float]) -> None:
    condition = Condition(COFFEE, *ends)
    read = [parse_condition(text, PARTS) for text in condition.texts]
    assert complete_conditions([one for one in read if one], PARTS)[0] == condition


def test_conditions_on_one_part_count_together_and_the_unwanted_are_wanted_up_to_two() -> None:
    given = [Condition(TWO, least=5.0), Condition(COFFEE, least=6.0), Condition(COFFEE, 1.0, 8.0)]
    coffee, two = Condition(COFFEE, 6.0, 8.0), Condition(TWO, least=5.0)
    assert complete_conditions(given, PARTS) == (coffee, Condition(PEOPLE, most=2.0), two)
    lifted = Condition(PEOPLE)
    assert complete_conditions([lifted], PARTS) == (lifted,)
    assert complete_conditions([Condition(parse_query("tea"), least=6.0)], PARTS[:1]) == ()


def test_the_line_is_drawn_through_the_photos_that_meet_the_conditions() -> None:
    scores = {0: (9.0, 5.0), 1: (7.0, 1.0), 2: (6.0, None), 3: (2.0, 0.0), 4: (8.0, 2.0)}
    found = replace(finish([9.0, 8.0, 7.0, 6.0, 5.0, 4.0]), criteria=Criteria(PARTS[:2], scores))
    view = View(top_k=1, conditions=(Condition(COFFEE, least=6.0), Condition(PEOPLE, most=2.0)))

    def ranks(view: View, selection: Selection) -> list[int]:
        return [photo.rank for photo in view.take(found, selection, picks={0, 5})]

    assert [photo.rank for photo in view.eligible(found)] == [2, 5]
    assert {selection: ranks(view, selection) for selection in Selection} == {
        Selection.SHOWN: [2],
        Selection.ABOVE: [2],
        Selection.BELOW: [5],
        Selection.PICKS: [1, 6],
    }
    assert ranks(replace(view, top_k=2), Selection.ABOVE) == [2, 5]
    assert ranks(View(conditions=(Condition(COFFEE),)), Selection.ABOVE) == [1, 2, 3, 4, 5, 6]
    assert ranks(View(conditions=(Condition(TWO, least=1.0),)), Selection.ABOVE) == []  # nobody scored that part
