"""Whether a score means what it says: mean truth by band of score, and the expected calibration error; knows no model.

The error is that of Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015, in
points from 0 to 10 instead of probabilities. A photo that was refused has no score, and is left out.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from lychee_rerank.evaluation.metrics import JudgedPhoto

BANDS = 10  # of one point each; 10.0 is in the last


@dataclass(frozen=True, slots=True)
class ReliabilityBand:
    """The photos whose score is in one band: how many, their mean score, their mean truth."""

    band: str
    photos: int
    mean_score: float
    mean_truth: float


def reliability_bands(photos: Iterable[JudgedPhoto]) -> tuple[ReliabilityBand, ...]:
    """The bands from low scores to high, without the empty ones."""
    by_band: list[list[JudgedPhoto]] = [[] for _ in range(BANDS)]
    for photo in photos:
        if not photo.refused:
            by_band[min(int(photo.score), BANDS - 1)].append(photo)
    return tuple(
        ReliabilityBand(_name_band(low), len(judged), _mean_score(judged), fmean(photo.truth for photo in judged))
        for low, judged in enumerate(by_band)
        if judged
    )


def expected_calibration_error(bands: Sequence[ReliabilityBand]) -> float | None:
    """How far mean score and mean truth lie apart, in points: the mean over bands, each as heavy as it has photos.

    None without a photo.
    """
    photos = sum(band.photos for band in bands)
    return (
        math.fsum(band.photos * abs(band.mean_score - band.mean_truth) for band in bands) / photos if photos else None
    )


def _mean_score(judged: Sequence[JudgedPhoto]) -> float:
    return fmean(photo.score for photo in judged)


def _name_band(low: int) -> str:
    """As an interval; a round bracket leaves its end out."""
    return f"[{low}, {low + 1}{']' if low == BANDS - 1 else ')'}"
