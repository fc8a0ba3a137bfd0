"""Finished results, and which of their photos are chosen; knows no format."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lychee_rerank.criteria import Criteria
from lychee_rerank.problems import CopyProblem
from lychee_rerank.ranking import rank_photos
from lychee_rerank.records import Photo, RankedPhoto, Refusal, ScoredPhoto


@dataclass(frozen=True, slots=True)
class Results:
    """What came of one run: all photos in upload order, the ranked ones best first, the refused ones.

    `criteria` has what the parts of the query gave, where they were asked for.
    """

    photos: tuple[Photo, ...]
    ranked: tuple[RankedPhoto, ...]
    refused: tuple[Refusal, ...]
    criteria: Criteria = field(default_factory=Criteria)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which photos are wanted; what is None asks for nothing, and all that is asked for has to hold.

    `min_score` takes its own score in and `below_score` leaves it out, so that one line parts a ranking in two; scores
    count unrounded. `picks` are places in upload order, from 0. `top_k` counts among the photos that are left.
    """

    top_k: int | None = None
    min_score: float | None = None
    below_score: float | None = None
    picks: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of one chosen photo: the name of its copy, empty where there is none, and what went wrong."""

    photo: RankedPhoto
    file: str
    problem: CopyProblem | None = None


def collect_results(photos: tuple[Photo, ...], outcomes: Iterable[ScoredPhoto | Refusal]) -> Results:
    """The outcomes ranked and sorted out; `photos` are all there are, in upload order."""
    scored: list[ScoredPhoto] = []
    refused: list[Refusal] = []
    for outcome in outcomes:
        if isinstance(outcome, ScoredPhoto):
            scored.append(outcome)
        else:
            refused.append(outcome)
    return Results(photos, rank_photos(scored), tuple(refused))


def choose(results: Results, choice: Choice) -> tuple[RankedPhoto, ...]:
    """The chosen photos, best first, with the ranks that they have among all."""
    return tuple(photo for photo in results.ranked if _is_wanted(photo, choice))[: choice.top_k]


def _is_wanted(photo: RankedPhoto, choice: Choice) -> bool:
    score = photo.scored.score.value
    return (
        (choice.min_score is None or score >= choice.min_score)
        and (choice.below_score is None or score < choice.below_score)
        and (choice.picks is None or photo.scored.index in choice.picks)
    )
