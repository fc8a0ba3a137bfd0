"""What is shown of a ranking: the line, the range, the order."""

from dataclasses import replace

import pytest

from lychee_rerank.records import Rule, Score, ScoredPhoto, StarsByHand
from lychee_rerank.results.ranking import Results, collect_results
from lychee_rerank.results.selection import Selection, Sort, View

NAMES = ["b.jpg", "A.jpg", "d.jpg", "c.jpg"]
VALUES = [0.0, 9.96, 6.0, 5.94]


def results() -> Results:
    scored = [
        ScoredPhoto(n, name, Score(value, value, 1.0, str(value), Rule.WHOLE_ANSWER), photo_hash=str(n))
        for n, (name, value) in enumerate(zip(NAMES, VALUES, strict=True))
    ]
    return collect_results((), scored)


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (View(), [1, 2, 3, 0]),
        (View(min_score=6.0), [1, 2]),
        (View(top_k=3), [1, 2, 3]),
        (View(top_k=3, min_score=6.0), [1, 2]),
        (View(sort=Sort.NAME), [1, 0, 3, 2]),
        (View(sort=Sort.UPLOAD), [0, 1, 2, 3]),
        (View(sort=Sort.LEAST), [0, 3, 2, 1]),
        (View(sort=Sort.LEAST, top_k=2), [2, 1]),
        (View(low=10.0), [1]),  # 9.96 is shown as 10.0
        (View(low=0.0, high=5.9), [3, 0]),
        (View(low=6.0, high=8.9), [2]),
        (View(min_score=10.0), [1]),
    ],
)
def test_the_line_the_range_and_the_order(view: View, shown: list[int]) -> None:
    assert [photo.scored.index for photo in view.choose(results())] == shown


def test_every_photo_lies_above_or_below_the_line() -> None:
    view, found = View(min_score=5.0, top_k=2), results()
    assert [photo.rank for photo in view.above(found)] == [1, 2]
    assert [photo.rank for photo in view.take(found, Selection.BELOW)] == [3, 4]


@pytest.mark.parametrize(
    ("selection", "taken"),
    [(Selection.SHOWN, [2]), (Selection.ABOVE, [1, 2]), (Selection.BELOW, [3, 0]), (Selection.PICKS, [1, 0])],
)
def test_a_selection_comes_best_first_with_the_ranks_among_all(selection: Selection, taken: list[int]) -> None:
    found = results()
    photos = View(min_score=6.0, low=5.0, high=8.0, sort=Sort.NAME).take(found, selection, picks={0, 1})
    assert [photo.scored.index for photo in photos] == taken
    assert all(photo == found.ranked[photo.rank - 1] for photo in photos)


@pytest.mark.parametrize(
    ("view", "rejected", "shown", "above"),
    [
        (View(), {1, 3}, [1, 2, 3, 0], [2, 0]),
        (View(top_k=2), {1}, [1, 2, 3], [2, 3]),  # the next one takes its place among the best
        (View(top_k=2), {1, 2}, [1, 2, 3, 0], [3, 0]),
        (View(top_k=2), {3}, [1, 2], [1, 2]),
        (View(top_k=9), {0}, [1, 2, 3, 0], [1, 2, 3]),
        (View(top_k=2, min_score=6.0), {1}, [1, 2], [2]),
        (View(top_k=1), {0, 1, 2, 3}, [1, 2, 3, 0], []),
    ],
)
def test_what_is_rejected_is_shown_in_its_place_and_takes_none_among_the_best(
    view: View, rejected: set[int], shown: list[int], above: list[int]
) -> None:
    found = replace(results(), by_hand=StarsByHand({}, frozenset(rejected)))

    def taken(selection: Selection) -> list[int]:
        return [photo.scored.index for photo in view.take(found, selection, picks=rejected)]

    assert taken(Selection.SHOWN) == shown
    assert taken(Selection.ABOVE) == above
    assert sorted(above + taken(Selection.BELOW)) == [0, 1, 2, 3]
    assert set(taken(Selection.PICKS)) == rejected  # whoever ticks it wants it all the same
