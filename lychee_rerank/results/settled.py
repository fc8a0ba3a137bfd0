"""Whether the first of a ranking are likely settled while most photos had a quick look only; knows no model.

A likelihood, not a proof: docs/benchmarks.md tells how often it was right.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil

from lychee_rerank.records import Look, Outcome, Refusal, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos

FIRST = 10  # photos that somebody who is in a hurry looks for
LIKE, QUANTILE = 20, 0.95
QUIET = 4  # full looks per first photo, the last of which none came among the first


def likely_settled(outcomes: Sequence[Outcome], *, photos: int, first: int = FIRST) -> bool:
    """True where the `first` best full scores stand above all that any other photo is likely to reach.

    That is its quick score, and the 95 % quantile of what a full look added to the LIKE photos whose quick scores are
    nearest, if it added anything; and the last QUIET full looks per first photo changed nothing. Scores are the model's
    own. Outcomes are in the order in which they came, quick looks too. False while nothing came yet of one of the
    `photos`.
    """
    scored = [outcome for outcome in outcomes if isinstance(outcome, ScoredPhoto)]
    full = {photo.index: photo for photo in scored if photo.look is Look.FULL}
    refused = {outcome.index for outcome in outcomes if isinstance(outcome, Refusal)}
    quick = {photo.index: photo.score.own for photo in scored if photo.look is Look.QUICK}
    newest, ranked = set(list(full)[-QUIET * first :]), rank_photos(full.values())[:first]
    if len(ranked) < first or newest & {photo.scored.index for photo in ranked}:
        return False
    if len(full.keys() | refused | quick.keys()) < photos:
        return False
    least = round(ranked[-1].scored.score.own, 1)
    gains = sorted((score, full[index].score.own - score) for index, score in quick.items() if index in full)
    left = sorted((score for index, score in quick.items() if index not in full.keys() | refused), reverse=True)
    return all(round(score + _likely_gain(score, gains), 1) < least for score in left)


def _likely_gain(score: float, gains: Sequence[tuple[float, float]]) -> float:
    """What a full look adds at most, likely, to this quick score; `gains` by quick score, in rising order."""
    middle = bisect_left(gains, (score, 0.0))
    near = sorted(gains[max(0, middle - LIKE) : middle + LIKE], key=lambda one: abs(one[0] - score))[:LIKE]
    rising = sorted(gain for _, gain in near)
    return max(0.0, rising[ceil(QUANTILE * len(rising)) - 1]) if rising else float("inf")
