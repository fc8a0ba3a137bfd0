"""What a photo got for each part of a query."""

from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.results.criteria import Criteria, collect_criteria


def test_every_photo_has_a_score_or_a_gap_for_every_part() -> None:
    def scored(index: int, value: float) -> ScoredPhoto:
        return ScoredPhoto(index, str(index), Score(value, value, 1.0, str(value), Rule.WHOLE_ANSWER), "")

    runs = [[scored(1, 9.0), scored(0, 2.0)], [scored(0, 4.5), Refusal(1, "1", RefusalReason.UNREADABLE)]]
    parts = parse_query("sofa + lamp").parts
    criteria = collect_criteria(parts, runs)
    assert criteria == Criteria(parts, {0: (2.0, 4.5), 1: (9.0, None)})
    assert criteria.of(2) == (None, None)
    assert Criteria().of(0) == ()
