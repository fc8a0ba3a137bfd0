"""What each threshold would give by the labels, and the one that keeps the recall that is asked for; knows no format.

The words are those of moderation: what does not fit is what is looked for, and flagged is what is scored below.
"""

import math
import random
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lychee_rerank.results.moderation import JudgedPair, Moderation

KEEP_RECALL = 0.95
FEWEST_LABELS = 30  # of either kind: with fewer, the interval of the threshold spans points
HIGHEST = 10.0
STEP = 0.1  # of the thresholds of a curve, as the page shows scores
RESAMPLES = 2000
TAIL = 0.025  # of the resamples on either side of the interval: 95 % lie inside
_SEED = 20240229  # any: the same labels always give the same interval
_MOST_DECIMALS = 17


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a threshold gives: shares from 0 to 1, None where there is nothing to share out."""

    threshold: float
    precision: float | None
    recall: float | None
    work_saved: float | None

    @property
    def shares(self) -> tuple[float | None, ...]:
        """Precision, recall and what is saved."""
        return self.precision, self.recall, self.work_saved


@dataclass(frozen=True, slots=True)
class KeptRecall:
    """The lowest threshold that flags enough of what does not fit, with as few decimals as lead above no other score.

    None where too much of what does not fit has the highest score, as no threshold lies above that. `low` and `high`:
    of RESAMPLES sets of labels drawn from these, 95 % lead to a threshold from the one to the other.
    """

    point: CurvePoint | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """What the thresholds from 0 to 10 give, and which one keeps the recall; `kept` is None where none does not fit."""

    keep_recall: float
    fits: int
    misfits: int
    points: tuple[CurvePoint, ...]
    kept: KeptRecall | None

    @property
    def few_labels(self) -> bool:
        """True where chance decides much of what the labels say."""
        return min(self.fits, self.misfits) < FEWEST_LABELS

    @property
    def all_points(self) -> tuple[CurvePoint, ...]:
        """The points with that of the threshold that keeps the recall among them."""
        named = {self.kept.point} if self.kept and self.kept.point else set()
        return tuple(sorted({*self.points, *named}, key=lambda point: point.threshold))


@dataclass(frozen=True, slots=True)
class _Scores:
    """The scores of all pairs and of the labelled ones, ascending; `pairs` counts those too that have none."""

    all: Sequence[float]
    fits: Sequence[float]
    misfits: Sequence[float]
    pairs: int


def measure_curve(moderation: Moderation, *, keep_recall: float = KEEP_RECALL) -> Curve | None:
    """The curve of the labelled pairs that were scored, None where there are none.

    `keep_recall` is above 0, and 1 at most.
    """
    scores = _sort_scores(moderation)
    if not scores.fits and not scores.misfits:
        return None
    steps = round(HIGHEST / STEP)
    return Curve(
        keep_recall=keep_recall,
        fits=len(scores.fits),
        misfits=len(scores.misfits),
        points=tuple(_measure_point(scores, n * HIGHEST / steps) for n in range(steps + 1)),
        kept=_keep_recall(scores, keep_recall) if scores.misfits else None,
    )


def _sort_scores(moderation: Moderation) -> _Scores:
    judged = (*moderation.flagged, *moderation.passed)
    return _Scores(
        all=sorted(_scores_of(judged)),
        fits=sorted(_scores_of(one for one in judged if one.pair.fits is True)),
        misfits=sorted(_scores_of(one for one in judged if one.pair.fits is False)),
        pairs=moderation.pairs,
    )


def _scores_of(judged: Iterable[JudgedPair]) -> Iterator[float]:
    return (one.score for one in judged if one.score is not None)


def _measure_point(scores: _Scores, threshold: float) -> CurvePoint:
    caught, alarms = bisect_left(scores.misfits, threshold), bisect_left(scores.fits, threshold)
    passed = len(scores.all) - bisect_left(scores.all, threshold)
    return CurvePoint(
        threshold=threshold,
        precision=caught / (caught + alarms) if caught + alarms else None,
        recall=caught / len(scores.misfits) if scores.misfits else None,
        work_saved=passed / scores.pairs,
    )


def _keep_recall(scores: _Scores, keep_recall: float) -> KeptRecall:
    """The threshold just above the score of the last pair that has to be flagged, and how sure that is."""
    threshold = _put_above(scores, scores.misfits[_count_needed(len(scores.misfits), keep_recall) - 1])
    drawn = sorted(resample_scores(scores.misfits, len(scores.fits), keep_recall=keep_recall))
    low, high = (drawn[round(share * (len(drawn) - 1))] for share in (TAIL, 1 - TAIL))
    return KeptRecall(
        point=None if threshold is None else _measure_point(scores, threshold),
        low=_put_above(scores, low) or HIGHEST,
        high=_put_above(scores, high) or HIGHEST,
    )


def _count_needed(misfits: int, keep_recall: float) -> int:
    """How many of them are to be flagged; 0.95 of 60 are 57, whatever floats say."""
    return max(math.ceil(round(misfits * keep_recall, 6)), 1)


def _put_above(scores: _Scores, score: float) -> float | None:
    """The number of the fewest decimals above the score, and not above the next one; None where there is none to 10."""
    above = bisect_left(scores.all, math.nextafter(score, math.inf))
    most = scores.all[above] if above < len(scores.all) else HIGHEST
    for decimals in range(1, _MOST_DECIMALS):
        threshold: float = round((math.floor(score * 10**decimals) + 1) / 10.0**decimals, decimals)
        if score < threshold <= most:
            return threshold
    return most if score < most else None


def resample_scores(misfits: Sequence[float], fits: int, *, keep_recall: float) -> list[float]:
    """The last score to be flagged in each of RESAMPLES sets of labels, drawn with repeats from those that there are.

    `misfits` is ascending. How many of a set do not fit follows the binomial distribution; the score of a rank among
    so many draws is found by the rank's share, which follows the beta distribution: a set costs the same however many
    labels there are. A set without any that does not fit has no recall, and is left out.
    """
    generator, labels = random.Random(_SEED), len(misfits) + fits
    counts = [n for n in generator.choices(range(labels + 1), _weigh_counts(labels, len(misfits)), k=RESAMPLES) if n]
    last = len(misfits) - 1
    ranks = ((_count_needed(count, keep_recall), count) for count in counts)
    shares = (generator.betavariate(rank, count - rank + 1) for rank, count in ranks)
    return [misfits[min(int(share * len(misfits)), last)] for share in shares]


def _weigh_counts(labels: int, misfits: int) -> list[float]:
    """The binomial probability of 0, 1, ... `labels` draws that do not fit."""
    if labels == misfits:
        return [0.0] * labels + [1.0]
    ln_misfit, ln_fit = math.log(misfits / labels), math.log(1 - misfits / labels)
    ln_all = math.lgamma(labels + 1)
    return [
        math.exp(ln_all - math.lgamma(n + 1) - math.lgamma(labels - n + 1) + n * ln_misfit + (labels - n) * ln_fit)
        for n in range(labels + 1)
    ]
