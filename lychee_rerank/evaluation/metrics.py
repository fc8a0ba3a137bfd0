"""The metrics of ranked galleries, by the formulas of scikit-learn and scipy; knows no model, no file and no page.

What is a matter of order (nDCG, MRR, R@1) follows the product's order: score, then expected score. What is tied even
then counts against us: the photo with the lower truth stands first, so that no order of upload can help.
What is a matter of the score itself (Somers' D, Spearman, ties) takes the score alone.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from scipy.stats import somersd, spearmanr
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

DEPTH = 10  # of nDCG
# Bands of graded truth, and the highest truth in each; a round bracket leaves its end out.
TRUTH_BANDS = {
    "0": 0.0,
    "(0, 2.5]": 2.5,
    "(2.5, 5]": 5.0,
    "(5, 7.5]": 7.5,
    "(7.5, 10)": math.nextafter(10.0, -math.inf),
    "10": 10.0,
}


@dataclass(frozen=True, slots=True)
class JudgedPhoto:
    """A photo's truth and score, each from 0 to 10; one that was refused has the score 0 and stands last."""

    truth: float
    score: float
    expected: float
    refused: bool = False


@dataclass(frozen=True, slots=True)
class RankFigures:
    """How well one gallery was put in order: the first three from 0 to 1, 1 is best; Somers' D from -1 to 1."""

    ndcg_at_10: float
    reciprocal_rank: float
    recall_at_1: float
    somers_d: float


@dataclass(frozen=True, slots=True)
class BandFigures:
    """The photos whose truth is in one band: how many, their mean truth, their mean score."""

    band: str
    photos: int
    mean_truth: float
    mean_score: float


def rank_figures(gallery: Sequence[JudgedPhoto]) -> RankFigures | None:
    """The figures of one gallery; None where every truth is the same, as no order of it is better than another.

    nDCG has scikit-learn's linear gain: the truth itself. The best photos are all those of the highest truth: the
    reciprocal rank is that of the first of them, and R@1 is nDCG@1 with them alone as relevant, which is 1 or 0.
    """
    truths = [photo.truth for photo in worst_case_order(gallery)]
    if len(set(truths)) < 2:
        return None
    by_place = [list(range(len(truths), 0, -1))]  # a score for each place: no tie is left to the library
    best = [int(truth == max(truths)) for truth in truths]
    first = best.index(1)
    return RankFigures(
        ndcg_at_10=float(ndcg_score([truths], by_place, k=DEPTH)),
        reciprocal_rank=label_ranking_average_precision_score(
            [[int(place == first) for place in range(len(truths))]], by_place
        ),
        recall_at_1=float(ndcg_score([best], by_place, k=1)),
        somers_d=_somers_d(gallery),
    )


def worst_case_order(gallery: Sequence[JudgedPhoto]) -> list[JudgedPhoto]:
    """Best first: by score, then by expected score, then by truth from low to high; what was refused comes last."""
    return sorted(gallery, key=lambda photo: (photo.refused, -photo.score, -photo.expected, photo.truth))


def _somers_d(gallery: Sequence[JudgedPhoto]) -> float:
    """Somers' D of the score given the truth; 0 where all scores are equal, where scipy gives NaN."""
    scores = [photo.score for photo in gallery]
    if len(set(scores)) < 2:
        return 0.0
    return float(somersd([photo.truth for photo in gallery], scores).statistic)


def pooled_spearman(photos: Sequence[JudgedPhoto]) -> float | None:
    """Spearman's correlation over the photos of all galleries; None where all truths, or all scores, are equal."""
    truths, scores = [photo.truth for photo in photos], [photo.score for photo in photos]
    if min(len(set(truths)), len(set(scores))) < 2:
        return None
    return float(spearmanr(truths, scores).statistic)


def tied_share(galleries: Sequence[Sequence[JudgedPhoto]]) -> float:
    """The share, from 0 to 1, of pairs with the same score among the pairs of photos of one gallery."""
    counts = [Counter(photo.score for photo in gallery) for gallery in galleries]
    tied = sum(math.comb(n, 2) for count in counts for n in count.values())
    return tied / sum(math.comb(len(gallery), 2) for gallery in galleries)


def band_figures(photos: Sequence[JudgedPhoto]) -> tuple[BandFigures, ...]:
    """The bands from low truth to high, without the empty ones."""
    by_band: dict[str, list[JudgedPhoto]] = {band: [] for band in TRUTH_BANDS}
    for photo in photos:
        by_band[next(band for band, top in TRUTH_BANDS.items() if photo.truth <= top)].append(photo)
    return tuple(
        BandFigures(band, len(judged), fmean(photo.truth for photo in judged), fmean(photo.score for photo in judged))
        for band, judged in by_band.items()
        if judged
    )
