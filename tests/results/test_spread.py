"""The spread of scores: cliff, bins, bands, verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.results.spread import BANDS, SpreadVerdict, find_cliff, measure_spread

STEEP = [9.8, 9.5, 9.2, 6.8, 6.6, 6.4, 6.4, 6.1, 3.4, 3.3, 3.1, 2.0, 1.0]
LONG = [9.8, 9.5, 9.2, 8.7, 8.4, 7.9, 7.6, 6.8, 5.3, 4.1, 3.9, 3.7, 3.0]


@pytest.mark.parametrize(
    ("scores", "first"),
    [
        (STEEP, 3),
        (LONG, 8),
        ([4.9, 3.0, 1.0, 0.0], 0),  # noise below 5
        ([7.0] * 12, 0),
        ([9.0, 1.0], 0),  # two photos
        ([], 0),
        ([9.5, 8.7, 8.7], 1),
        ([9.5, 8.8, 8.1], 0),
        ([5.0, 4.2, 4.2], 1),  # 0.8 but for the rounding of a float
        ([10.0, 8.8, 6.8], 1),  # 0.6 of the largest gap
        ([10.0, 8.9, 6.9], 2),
    ],
)
def test_the_cliff(scores: list[float], first: int) -> None:
    assert find_cliff(scores) == first


@pytest.mark.parametrize(
    ("scores", "verdict"),
    [
        (STEEP, SpreadVerdict.FINE),
        ([6.0, 7.0, 8.0], SpreadVerdict.FLAT),
        ([5.0] * 9 + [9.9], SpreadVerdict.FLAT),
        ([5.0] * 8 + [0.0, 9.9], SpreadVerdict.FINE),
        ([7.0] * 9 + [0.0], SpreadVerdict.FLAT),
        ([7.5] * 9 + [0.0], SpreadVerdict.FINE),
        ([6.0, 7.5, 8.1], SpreadVerdict.FINE),
        ([8.3, 8.3, 6.3], SpreadVerdict.FLAT),  # 2.0 but for the rounding of a float
        ([3.0, 0.0, 0.1], SpreadVerdict.FINE),
        ([2.9, 0.0, 0.1], SpreadVerdict.NOTHING_FITS),
        ([0.0, 0.0, 0.0], SpreadVerdict.NOTHING_FITS),
        ([6.0, 6.0], SpreadVerdict.FINE),  # too few to say
    ],
)
def test_what_is_wrong_with_a_spread(scores: list[float], verdict: SpreadVerdict) -> None:
    assert measure_spread(scores).verdict == verdict


def test_every_score_that_can_be_shown_is_in_one_band_and_no_other_is() -> None:
    in_bands = [sum(low <= tenths / 10 <= high for low, high in BANDS) for tenths in range(-10, 120)]
    assert in_bands == [0] * 10 + [1] * 101 + [0] * 19


def test_bins_and_bands_go_by_what_is_shown() -> None:
    spread = measure_spread([10.0, 9.96, 8.96, 8.94, 6.0, 5.96, 5.94, 0.49, 0.0])
    assert spread.bands == (3, 3, 3)
    assert (spread.bins[-1], spread.bins[18], spread.bins[17], spread.bins[1], spread.bins[0]) == (2, 1, 1, 1, 1)


@given(st.lists(st.floats(0, 10), max_size=40), st.randoms())
def test_every_photo_counts_once_and_the_order_does_not_matter(scores: list[float], random: object) -> None:
    spread = measure_spread(scores)
    assert sum(spread.bins) == sum(spread.bands) == len(scores)
    random.shuffle(scores)  # type: ignore[attr-defined]
    assert measure_spread(scores) == spread
    ordered = sorted(scores, reverse=True)
    assert spread.cliff == 0 or ordered[spread.cliff - 1] - ordered[spread.cliff] > 0.7
