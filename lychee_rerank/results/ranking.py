"""Finished results: the order of scored photos, and what came of their copies; knows no model, page or format."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from lychee_rerank.facts import PhotoFacts
from lychee_rerank.problems import CopyProblem, PassedOver
from lychee_rerank.query import Example
from lychee_rerank.records import Look, Outcome, Photo, RankedPhoto, Refusal, ScoredPhoto, StarsByHand
from lychee_rerank.results.criteria import Criteria
from lychee_rerank.results.near_copies import NearCopies, find_near_copies


@dataclass(frozen=True, slots=True)
class Results:
    """What came of one run: all photos in upload order, the ranked ones best first, the refused ones.

    `criteria` has the scores of the query's parts, where these were scored; `passed_over` counts what lay beside the
    photos when they were looked for, None where that is not known. `facts` are by place in upload order; `by_hand` has
    the stars that a user gave, `example` is that of the query.
    """

    photos: tuple[Photo, ...]
    ranked: tuple[RankedPhoto, ...]
    refused: tuple[Refusal, ...]
    criteria: Criteria = field(default_factory=Criteria)
    passed_over: Mapping[PassedOver, int] | None = None
    facts: Mapping[int, PhotoFacts] = field(default_factory=dict)
    near_copies: NearCopies = field(default_factory=NearCopies)
    by_hand: StarsByHand = field(default_factory=StarsByHand)
    example: Example | None = None


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


def add_facts(results: Results, known: Mapping[str, PhotoFacts], *, compare: bool = True) -> Results:
    """The results with what is known of their photos, by hash, and the groups of those that are nearly the same.

    Photos are alone in their groups where they are not to be compared.
    """
    hashes = {photo.scored.index: photo.scored.photo_hash for photo in results.ranked}
    facts = {index: known[photo_hash] for index, photo_hash in hashes.items() if photo_hash in known}
    near_copies = find_near_copies(results.ranked, facts) if compare else NearCopies()
    return replace(results, facts=facts, near_copies=near_copies)


def count_full_looks(ranked: Iterable[RankedPhoto]) -> int:
    """How many of the photos have a score from a full look."""
    return sum(photo.scored.look is Look.FULL for photo in ranked)


def rank_photos(scored: Iterable[ScoredPhoto]) -> tuple[RankedPhoto, ...]:
    """Best score first, then best expected score, then upload order; ranks run from 1 without repeats.

    Where a map gives several of the model's own scores one score, these are told apart by their own.
    """

    def goodness(photo: ScoredPhoto) -> tuple[float, float, float]:
        return photo.score.value, photo.score.own, photo.score.expected

    ordered = sorted(sorted(scored, key=lambda photo: photo.index), key=goodness, reverse=True)
    alike = Counter(map(goodness, ordered))
    return tuple(
        RankedPhoto(rank=rank, scored=photo, tied=alike[goodness(photo)] > 1)
        for rank, photo in enumerate(ordered, start=1)
    )
