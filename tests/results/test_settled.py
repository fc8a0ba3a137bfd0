"""When the first few are likely settled: few full looks, and a quick look at every other photo."""

from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Look, Outcome, Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.results.settled import LIKE, QUIET, likely_settled

LOOKED_AT = 2 + 2 * QUIET  # full looks that settle two photos where no other is likely to reach them


def look(index: int, value: float, kind: Look) -> ScoredPhoto:
    return ScoredPhoto(index, "", Score(value, value, 1.0, "", Rule.EXPECTED), "", kind)


def outcomes(quick: list[float], full: list[float]) -> list[Outcome]:
    """A quick look at every photo, then a full one at the first few."""
    seen: list[Outcome] = [look(index, value, Look.QUICK) for index, value in enumerate(quick)]
    return seen + [look(index, value, Look.FULL) for index, value in enumerate(full)]


QUICK = [8.0, 8.0, *[4.0] * (LOOKED_AT - 2), *[3.0] * 50]
FULL = [9.0, 9.0, *[4.5] * (LOOKED_AT - 2)]


def settled(quick: list[float], full: list[float], first: int = 2) -> bool:
    return likely_settled(outcomes(quick, full), photos=len(quick), first=first)


def test_two_photos_settle_once_no_other_is_likely_to_reach_them() -> None:
    assert settled(QUICK, FULL)


def test_nothing_is_settled_before_as_many_full_looks_as_are_to_change_nothing() -> None:
    assert not settled(QUICK, FULL[:-1])
    assert not settled(QUICK, [*FULL[2:], 9.0, 9.0])


def test_what_a_full_look_added_to_photos_alike_may_be_added_again() -> None:
    quick = [*QUICK[:-1], 8.3]
    assert settled(quick, FULL) is False  # 8.3 + 1.0 reaches 9.0
    assert settled([*QUICK[:-1], 7.9], FULL) is True
    assert settled([*QUICK[:-1], 8.0], FULL) is False  # a score as high may rank before it


def test_a_full_look_that_took_away_lets_none_be_reached_from_above() -> None:
    assert settled([*QUICK[:-1], 9.0], [9.0, 9.0, *[0.0] * (LOOKED_AT - 2)]) is False


def test_one_gain_in_twenty_is_passed_over_and_two_are_not() -> None:
    quick, full = [9.0, 9.0, *[3.9] * LIKE, *[4.0] * 10], [9.0, 9.0, *[3.9] * LIKE]
    full[2] = 8.9
    assert settled(quick, full) is True
    full[3] = 8.9  # and 4.0 would become 9.0
    assert settled(quick, full) is False


def test_a_photo_that_nobody_looked_at_yet_may_be_the_best() -> None:
    assert not likely_settled(outcomes(QUICK, FULL), photos=len(QUICK) + 1, first=2)


def test_a_refused_photo_is_over() -> None:
    refused = Refusal(len(QUICK), "", RefusalReason.BROKEN)
    promising = look(len(QUICK), 10.0, Look.QUICK)
    before = outcomes(QUICK, FULL)
    assert not likely_settled([promising, *before], photos=len(QUICK) + 1, first=2)
    assert likely_settled([promising, *before, refused], photos=len(QUICK) + 1, first=2)


def test_fewer_photos_than_are_asked_for_are_never_settled() -> None:
    assert not settled([9.0] * 5, [9.0] * 5, first=10)
