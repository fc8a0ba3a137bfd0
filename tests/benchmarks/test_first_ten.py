"""What a run would have shown on its way: counted from its outcomes, which are made by hand; no model is asked."""

from benchmarks.first_ten import Looks, count_looks
from lychee_rerank.records import Look, Outcome, Rule, Score, ScoredPhoto
from lychee_rerank.results.settled import QUIET

FIRST = 2
PROMISING = FIRST + FIRST * QUIET  # full looks that settle two photos where no other is likely to reach them
REST = 30


def look(index: int, value: float, kind: Look) -> ScoredPhoto:
    return ScoredPhoto(index, "", Score(value, value, 1.0, "", Rule.EXPECTED), "", kind)


def run(quick: list[float], full: list[float], order: list[int]) -> list[Outcome]:
    """A quick look at every photo, then full ones in this order."""
    return [
        *(look(index, value, Look.QUICK) for index, value in enumerate(quick)),
        *(look(index, full[index], Look.FULL) for index in order),
    ]


def count(quick: list[float], full: list[float], *, order: list[int] | None = None, at_once: int = 1) -> Looks:
    outcomes = run(quick, full, list(range(len(full))) if order is None else order)
    return count_looks(outcomes, photos=len(full), first=FIRST, at_once=at_once)


QUICK = [8.0, 8.0, *[4.0] * (PROMISING - FIRST), *[3.0] * REST]
FULL = [8.5, 9.0, *[4.0] * (PROMISING - FIRST), *[3.0] * REST]


def test_full_looks_are_counted_to_the_best_photo_and_to_the_first_settled_moment() -> None:
    assert count(QUICK, FULL) == Looks(until_best=2, until_settled=PROMISING, photos=True, scores=True)


def test_quick_looks_and_the_places_of_photos_do_not_count() -> None:
    order = [5, 0, 1, *(index for index in range(len(FULL)) if index not in (5, 0, 1))]
    assert count(QUICK, FULL, order=order) == Looks(3, PROMISING + 1, photos=True, scores=True)


def test_it_is_asked_after_as_many_full_looks_as_come_at_once() -> None:
    assert count(QUICK, FULL, at_once=PROMISING - 1).until_settled == 2 * (PROMISING - 1)


def test_first_ones_that_a_later_photo_joins_were_not_those() -> None:
    later = [*FULL[:-1], 9.5]
    assert count(QUICK, later) == Looks(until_best=len(FULL), until_settled=PROMISING, photos=False, scores=False)


def test_another_photo_that_shows_the_same_score_shows_the_same_scores() -> None:
    later = [*FULL[:-1], 8.52]  # second by a hair, and 8.5 as the second was
    assert count(QUICK, later) == Looks(until_best=2, until_settled=PROMISING, photos=False, scores=True)


def test_what_never_settles_takes_every_full_look() -> None:
    alike = [5.0] * len(FULL)
    assert count(alike, alike) == Looks(until_best=1, until_settled=len(FULL), photos=True, scores=True)
