"""Bands of score and the calibration error, worked out by hand."""

import pytest

from lychee_rerank.evaluation.metrics import JudgedPhoto
from lychee_rerank.evaluation.reliability import ReliabilityBand, expected_calibration_error, reliability_bands


def judged(*photos: tuple[float, float], refused: bool = False) -> list[JudgedPhoto]:
    """Photos by score and truth."""
    return [JudgedPhoto(truth=truth, score=score, expected=score, refused=refused) for score, truth in photos]


def test_photos_are_told_apart_by_whole_points_of_score_and_10_is_in_the_last_band() -> None:
    assert reliability_bands(judged((0.0, 1), (0.99, 3), (1.0, 5), (9.0, 6), (10.0, 10))) == (
        ReliabilityBand("[0, 1)", 2, 0.495, 2),
        ReliabilityBand("[1, 2)", 1, 1.0, 5),
        ReliabilityBand("[9, 10]", 2, 9.5, 8),
    )


def test_the_error_is_the_mean_difference_of_the_bands_by_their_photos() -> None:
    photos = judged((2.0, 4), (2.0, 6), (2.0, 2), (8.0, 7))  # 2 points off thrice, 1 point once
    assert expected_calibration_error(reliability_bands(photos)) == pytest.approx((3 * 2 + 1) / 4)
    assert expected_calibration_error(reliability_bands(judged((2.5, 0), (2.5, 5)))) == 0.0


def test_a_refused_photo_has_no_score_that_could_be_wrong() -> None:
    photos = judged((3.0, 5)) + judged((0.0, 10), refused=True)
    assert expected_calibration_error(reliability_bands(photos)) == 2.0
    assert reliability_bands(judged((0.0, 10), refused=True)) == ()
    assert expected_calibration_error(()) is None
