"""The figures, against values worked out by hand; what is tied counts against us."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from math import log2

import pytest

from lychee_rerank.evaluation.metrics import (
    BandFigures,
    JudgedPhoto,
    RankFigures,
    band_figures,
    pooled_spearman,
    rank_figures,
    tied_share,
    worst_case_order,
)

TRUTHS = (10.0, 7.5, 5.0, 2.5, 0.0)


def judged(truths: Sequence[float], scores: Sequence[float]) -> list[JudgedPhoto]:
    """A gallery whose expected scores break no tie."""
    return [JudgedPhoto(truth, score, expected=5.0) for truth, score in zip(truths, scores, strict=True)]


def figures(gallery: list[JudgedPhoto]) -> RankFigures:
    found = rank_figures(gallery)
    assert found is not None
    return found


def test_scores_that_are_the_truth_get_1_everywhere() -> None:
    found = figures(judged(TRUTHS, TRUTHS))
    assert (found.reciprocal_rank, found.recall_at_1) == (1.0, 1.0)
    assert (found.ndcg_at_10, found.somers_d) == pytest.approx((1.0, 1.0))
    assert pooled_spearman(judged(TRUTHS, TRUTHS)) == pytest.approx(1.0)
    assert tied_share([judged(TRUTHS, TRUTHS)]) == 0.0


def test_scores_upside_down_get_somers_d_of_minus_1() -> None:
    found = figures(judged(TRUTHS, TRUTHS[::-1]))
    assert (found.reciprocal_rank, found.recall_at_1, found.somers_d) == (1 / 5, 0.0, -1.0)
    gain = 2.5 / log2(3) + 5 / log2(4) + 7.5 / log2(5) + 10 / log2(6)
    ideal = 10 + 7.5 / log2(3) + 5 / log2(4) + 2.5 / log2(5)
    assert found.ndcg_at_10 == pytest.approx(gain / ideal)
    assert pooled_spearman(judged(TRUTHS, TRUTHS[::-1])) == pytest.approx(-1.0)


def test_a_gallery_worked_out_by_hand() -> None:
    # In order of score the truths are 5, 10, 0, 2.
    found = figures(judged((10, 5, 2, 0), (8, 9, 1, 3)))
    assert found.ndcg_at_10 == pytest.approx((5 + 10 / log2(3) + 2 / log2(5)) / (10 + 5 / log2(3) + 2 / log2(4)))
    assert (found.reciprocal_rank, found.recall_at_1) == (1 / 2, 0.0)
    # Of the six pairs, 10 against 5 and 2 against 0 are the wrong way round: (4 - 2) / 6.
    assert found.somers_d == pytest.approx(1 / 3)


def test_somers_d_leaves_pairs_of_equal_truth_out_and_keeps_pairs_of_equal_score() -> None:
    # Pairs of unequal truth: four. Two are right, one is tied, one is wrong: (2 - 1) / 4.
    assert figures(judged((10, 10, 0, 0), (5, 3, 3, 4))).somers_d == pytest.approx(1 / 4)
    assert figures(judged((10, 0), (5, 3))).somers_d == 1.0


def test_ndcg_looks_at_the_first_ten_places_alone() -> None:
    truths = [0.0] * 10 + [10.0]
    assert figures(judged(truths, [5.0] * 10 + [1.0])).ndcg_at_10 == 0.0
    truths, scores = [0.0] * 9 + [10.0, 0.0], [5.0] * 9 + [4.0, 1.0]
    assert figures(judged(truths, scores)).ndcg_at_10 == pytest.approx(1 / log2(11))


@pytest.mark.parametrize("photos", [2, 5, 12])
def test_equal_scores_everywhere_are_the_worst_order(photos: int) -> None:
    truths = [10.0] + [0.0] * (photos - 1)
    found = figures(judged(truths, [6.0] * photos))
    assert (found.recall_at_1, found.reciprocal_rank, found.somers_d) == (0.0, 1 / photos, 0.0)
    assert found.ndcg_at_10 == pytest.approx(1 / log2(photos + 1) if photos <= 10 else 0.0)
    assert tied_share([judged(truths, [6.0] * photos)]) == 1.0


def test_the_expected_score_breaks_a_tie_before_it_counts_against_us() -> None:
    tied = judged((10, 0), (6, 6))
    assert figures(tied).recall_at_1 == 0.0
    assert figures([replace(tied[0], expected=5.1), tied[1]]).recall_at_1 == 1.0
    assert figures([replace(tied[0], expected=9.9), replace(tied[1], score=6.1)]).recall_at_1 == 0.0


def test_the_order_of_upload_changes_nothing() -> None:
    gallery = judged((10, 10, 4, 0, 0), (7, 3, 7, 7, 3))
    assert len({figures(list(order)) for order in permutations(gallery)}) == 1
    assert len({pooled_spearman(order) for order in permutations(gallery)}) == 1


def test_any_photo_of_the_highest_truth_is_a_best_one() -> None:
    found = figures(judged((4, 8, 8), (9, 7, 1)))
    assert (found.reciprocal_rank, found.recall_at_1) == (1 / 2, 0.0)
    assert figures(judged((8, 4, 8), (1, 7, 9))).recall_at_1 == 1.0


def test_a_refused_photo_stands_last_behind_others_of_score_0() -> None:
    refused = JudgedPhoto(truth=3, score=0, expected=0, refused=True)
    gallery = [refused, JudgedPhoto(truth=5, score=0, expected=0), JudgedPhoto(truth=0, score=0, expected=0)]
    assert [photo.truth for photo in worst_case_order(gallery)] == [0, 5, 3]
    assert figures([replace(refused, truth=10), *gallery[1:]]).reciprocal_rank == 1 / 3


def test_a_gallery_of_one_truth_has_no_rank_figures() -> None:
    assert rank_figures(judged((0, 0, 0), (1, 2, 3))) is None
    assert rank_figures(judged((10, 10), (1, 2))) is None


def test_spearman_is_undefined_without_two_truths_and_two_scores() -> None:
    assert pooled_spearman(judged((0, 10), (5, 5))) is None
    assert pooled_spearman(judged((5, 5), (0, 10))) is None
    assert pooled_spearman(judged((0, 10), (1, 2))) == pytest.approx(1.0)
    # Ranks 1, 2, 3 against 1, 3, 2: 1 - 6 * (0 + 1 + 1) / (3 * 8).
    assert pooled_spearman(judged((0, 5, 10), (1, 9, 8))) == pytest.approx(0.5)


def test_ties_are_counted_within_a_gallery_and_never_across() -> None:
    first, second = judged((0, 0, 0), (5, 5, 1)), judged((0, 0), (5, 2))
    assert tied_share([first]) == pytest.approx(1 / 3)
    assert tied_share([first, second]) == pytest.approx(1 / 4)


def test_bands_hold_their_upper_end_and_10_stands_alone() -> None:
    truths = (0, 0.1, 2.5, 2.6, 5, 5.1, 7.5, 7.6, 9.9999, 10)
    assert band_figures(judged(truths, range(10))) == (
        BandFigures("0", 1, 0, 0),
        BandFigures("(0, 2.5]", 2, 1.3, 1.5),
        BandFigures("(2.5, 5]", 2, 3.8, 3.5),
        BandFigures("(5, 7.5]", 2, 6.3, 5.5),
        BandFigures("(7.5, 10)", 2, pytest.approx(8.79995), 7.5),
        BandFigures("10", 1, 10, 9),
    )
    assert [band.band for band in band_figures(judged((0, 10), (1, 2)))] == ["0", "10"]
