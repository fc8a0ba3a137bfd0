"""The spread of a run's scores: where they fall off, how many are good, whether they tell photos apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

MIN_GAP, MIN_UPPER, LARGEST_SHARE = 0.8, 5.0, 0.6
BIN_WIDTH = 0.5
BANDS = ((9.0, 10.0), (6.0, 8.9), (0.0, 5.9))  # both ends are in, of scores as they are shown
FLAT_RANGE, MIDDLE, MIDDLE_SHARE, NOTHING_BELOW = 2.0, (5.0, 7.0), 0.9, 3.0
FEWEST = 3  # photos whose spread means anything


class SpreadVerdict(StrEnum):
    """What is wrong with a spread, if anything."""

    FINE = "fine"
    FLAT = "flat"  # the query may be too broad, or the photos too alike
    NOTHING_FITS = "nothing_fits"


@dataclass(frozen=True, slots=True)
class Spread:
    """`cliff`: how many photos stand out, 0 for none; `bins`: photos per half point, 10.0 in the last; per band."""

    cliff: int
    bins: tuple[int, ...]
    bands: tuple[int, ...]
    verdict: SpreadVerdict


def measure_spread(scores: Sequence[float]) -> Spread:
    """The spread of these scores, each from 0 to 10, in any order."""
    bins = [0] * round(10 / BIN_WIDTH)
    for score in scores:
        bins[min(int(round(score, 1) / BIN_WIDTH), len(bins) - 1)] += 1
    bands = (sum(low <= round(score, 1) <= high for score in scores) for low, high in BANDS)
    return Spread(find_cliff(scores), tuple(bins), tuple(bands), _judge(scores))


def find_cliff(scores: Sequence[float]) -> int:
    """How many photos lie above the first steep fall from the top; 0 where none is steep."""
    ordered = sorted(scores, reverse=True)
    gaps = [
        (n, _gap(upper, lower))
        for n, (upper, lower) in enumerate(pairwise(ordered), start=1)
        if _gap(upper, lower) >= MIN_GAP and upper >= MIN_UPPER
    ]
    if len(ordered) < FEWEST or not gaps:
        return 0
    least = LARGEST_SHARE * max(gap for _, gap in gaps)
    return next(n for n, gap in gaps if gap >= least)


def _gap(upper: float, lower: float) -> float:
    """The difference as one would write it: as floats, 6.1 - 5.3 is a little less than 0.8."""
    return round(upper - lower, 9)


def _judge(scores: Sequence[float]) -> SpreadVerdict:
    if len(scores) < FEWEST:
        return SpreadVerdict.FINE
    if max(scores) < NOTHING_BELOW:
        return SpreadVerdict.NOTHING_FITS
    low, high = MIDDLE
    middling = sum(low <= score <= high for score in scores)
    alike = _gap(max(scores), min(scores)) <= FLAT_RANGE
    return SpreadVerdict.FLAT if alike or middling >= MIDDLE_SHARE * len(scores) else SpreadVerdict.FINE
