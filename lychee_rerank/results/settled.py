"""Whether the first of a ranking are likely settled while most photos had a quick look only; knows no model.

A likelihood, not a proof: docs/benchmarks.md tells how often it was right.
"""

from bisect import bisect_left
from collections.abc import Mapping
from math import ceil

LIKE = 20  # photos whose quick scores are nearest: what a full look added to them may be added again
QUANTILE = 0.95
FIRST = 10  # photos that a page looks for


def likely_settled(full: Mapping[int, float], quick: Mapping[int, float], *, photos: int, first: int = FIRST) -> bool:
    """True where `first` full scores stand above all that any other photo is likely to reach.

    What it is likely to reach is its quick score and, on top of it, the 95 % quantile of what full looks added to
    photos like it. Both scores by place; False while a photo among `photos` that are not refused has neither.
    """
    if len(full) < first or len(full.keys() | quick.keys()) < photos:
        return False
    least = sorted(full.values(), reverse=True)[first - 1]
    seen = sorted((quick[place], score - quick[place]) for place, score in full.items() if place in quick)
    left = [score for place, score in quick.items() if place not in full]
    return all(score + _gain(score, seen) < least for score in left)


def _gain(score: float, seen: list[tuple[float, float]]) -> float:
    """The quantile of the gains of the LIKE photos whose quick scores are nearest to this one."""
    middle = bisect_left(seen, (score, 0.0))
    near = sorted(seen[max(0, middle - LIKE) : middle + LIKE], key=lambda one: abs(one[0] - score))[:LIKE]
    gains = sorted(gain for _, gain in near)
    return gains[ceil(QUANTILE * len(gains)) - 1] if gains else 10.0
