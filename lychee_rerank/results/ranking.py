"""Finished results: the order of scored photos, and what came of their copies; knows no model, page or format."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lychee_rerank.problems import CopyProblem, PassedOver
from lychee_rerank.records import Look, Outcome, Photo, RankedPhoto, Refusal, ScoredPhoto
from lychee_rerank.results.criteria import Criteria


@dataclass(frozen=True, slots=True)
class Results:
    """What came of one run: all photos in upload order, the ranked ones best first, the refused ones.

    `criteria` has the scores of the query's parts, where these were scored; `passed_over` counts what lay beside the
    photos when they were looked for, None where that is not known.
    """

    photos: tuple[Photo, ...]
    ranked: tuple[RankedPhoto, ...]
    refused: tuple[Refusal, ...]
    criteria: Criteria = field(default_factory=Criteria)
    passed_over: Mapping[PassedOver, int] | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of one chosen photo: the name of its copy, empty where there is none, and what went wrong.

    `existed`: it was there already, byte for byte.
    """

    photo: RankedPhoto
    file: str
    problem: CopyProblem | None = None
    existed: bool = False


def collect_results(photos: tuple[Photo, ...], outcomes: Iterable[Outcome]) -> Results:
    """The outcomes ranked and sorted out; `photos` are all there are, in upload order.

    Of two outcomes of a photo the later counts: a full look comes after a quick one.
    """
    last = {outcome.index: outcome for outcome in outcomes}
    scored: list[ScoredPhoto] = []
    refused: list[Refusal] = []
    for outcome in last.values():
        if isinstance(outcome, ScoredPhoto):
            scored.append(outcome)
        else:
            refused.append(outcome)
    return Results(photos, rank_photos(scored), tuple(refused))


def count_full_looks(ranked: Iterable[RankedPhoto]) -> int:
    """How many of the photos have a score from a full look."""
    return sum(photo.scored.look is Look.FULL for photo in ranked)


def rank_photos(scored: Iterable[ScoredPhoto]) -> tuple[RankedPhoto, ...]:
    """Best score first, then best expected score, then upload order; ranks run from 1 without repeats."""
    ordered = sorted(scored, key=lambda photo: (-photo.score.value, -photo.score.expected, photo.index))
    alike = Counter((photo.score.value, photo.score.expected) for photo in ordered)
    return tuple(
        RankedPhoto(rank=rank, scored=photo, tied=alike[photo.score.value, photo.score.expected] > 1)
        for rank, photo in enumerate(ordered, start=1)
    )
