"""A query with parts: where it is parted, and what a photo got for each part."""

import pytest

from lychee_rerank.problems import Reason
from lychee_rerank.records import Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.results.criteria import Criteria, collect_criteria, split_query


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("沙发 + 灯泡 + 咖啡", ("沙发", "灯泡", "咖啡")),
        ("沙发＋灯泡", ("沙发", "灯泡")),
        ("沙发、灯泡，咖啡", ("沙发", "灯泡", "咖啡")),
        ("a red sofa, a lamp", ("a red sofa", "a lamp")),
        ("a red sofa\na lamp\r\ncoffee", ("a red sofa", "a lamp", "coffee")),
        ("a sofa and a lamp", ("a sofa", "a lamp")),
        ("a sofa And a lamp", ("a sofa", "a lamp")),
        ("沙发 和 咖啡", ("沙发", "咖啡")),
        ("穿和服的人", ("穿和服的人",)),
        ("和服 + 伞", ("和服", "伞")),
        ("sandy island", ("sandy island",)),
        ("1,000 people + 3+1 chairs", ("1,000 people", "3+1 chairs")),
        ("sofa in 2020, lamp", ("sofa in 2020", "lamp")),
        ("+ sofa ++ lamp +", ("sofa", "lamp")),
        ("sofa + Sofa + SOFA", ("sofa",)),
        ("a red   sofa", ("a red sofa",)),
        (" + , ", ()),
    ],
)
def test_a_query_is_parted_where_it_names_another_thing(query: str, parts: tuple[str, ...]) -> None:
    assert split_query(query) == parts


def test_every_photo_has_a_score_or_a_gap_for_every_part() -> None:
    def scored(index: int, value: float) -> ScoredPhoto:
        return ScoredPhoto(index, str(index), Score(value, value, 1.0, str(value), Rule.WHOLE_ANSWER), "")

    runs = [[scored(1, 9.0), scored(0, 2.0)], [scored(0, 4.5), Refusal(1, "1", Reason.UNREADABLE)]]
    criteria = collect_criteria(("sofa", "lamp"), runs)
    assert criteria == Criteria(("sofa", "lamp"), {0: (2.0, 4.5), 1: (9.0, None)})
    assert criteria.of(2) == (None, None)
    assert Criteria().of(0) == ()
