"""Photos chosen by what their files say, and near-copies as one."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from lychee_rerank.facts import Orientation, PhotoFacts
from lychee_rerank.records import Rule, Score, ScoredPhoto, StarsByHand
from lychee_rerank.results.file_filter import FileFilter
from lychee_rerank.results.near_copies import NearCopies, find_near_copies
from lychee_rerank.results.ranking import Results, rank_photos
from lychee_rerank.results.selection import Selection, Sort, View

LATE = datetime(2026, 5, 3, 23, 30, tzinfo=timezone(timedelta(hours=-8)))  # in Greenwich it is the 4th
FACTS = {
    0: PhotoFacts(4000, 3000, datetime(2026, 5, 4, 9, 0), "", b""),
    1: PhotoFacts(3000, 4000, LATE, "", b""),
    2: PhotoFacts(800, 800, None, "", b""),
    3: PhotoFacts(1200, 800, datetime(2025, 1, 1), "", b""),
}  # of the fifth nothing is known


def make_results(near_copies: NearCopies | None = None) -> Results:
    """Five photos, the first of upload order best: ranks 1 to 5."""
    scored = [
        ScoredPhoto(n, f"{n}.jpg", Score(9.0 - n, 9.0 - n, 1.0, "", Rule.WHOLE_ANSWER), photo_hash=str(n))
        for n in range(5)
    ]
    return Results((), rank_photos(scored), (), facts=FACTS, near_copies=near_copies or NearCopies())


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        (FileFilter(), [0, 1, 2, 3, 4]),
        (FileFilter(Orientation.LANDSCAPE), [0, 3]),
        (FileFilter(Orientation.PORTRAIT), [1]),
        (FileFilter(Orientation.SQUARE), [2]),
        (FileFilter(least_width_px=1200), [0, 1, 3]),
        (FileFilter(first_day=date(2026, 5, 3)), [0, 1]),
        (FileFilter(last_day=date(2026, 5, 3)), [1, 3]),
        (FileFilter(first_day=date(2026, 5, 3), last_day=date(2026, 5, 3)), [1]),
        (FileFilter(Orientation.LANDSCAPE, 1201), [0]),
    ],
)
def test_a_photo_passes_by_what_is_known_of_it(files: FileFilter, shown: list[int]) -> None:
    assert [photo.scored.index for photo in View(files=files).choose(make_results())] == shown


def test_the_order_as_taken_is_that_of_the_clock_on_the_spot_and_what_has_no_time_comes_last() -> None:
    assert [photo.scored.index for photo in View(sort=Sort.TAKEN).choose(make_results())] == [3, 1, 0, 2, 4]


PAIRS = NearCopies({0: 1, 2: 1, 3: 4, 4: 4})  # the first and third, the fourth and fifth


@pytest.mark.parametrize(
    ("view", "above", "below"),
    [
        (View(top_k=2), [0, 1], [2, 3, 4]),
        (View(top_k=2, distinct=True), [0, 1], [3]),
        (View(top_k=3, distinct=True), [0, 1, 3], []),
        (View(min_score=8.0, distinct=True), [0, 1], [3]),
        (View(distinct=True, files=FileFilter(Orientation.SQUARE)), [2], []),  # whose better copy is wide
        (View(top_k=1, files=FileFilter(Orientation.PORTRAIT)), [1], []),
    ],
)
def test_the_best_of_what_counts_lie_above_the_line(view: View, above: list[int], below: list[int]) -> None:
    results = make_results(PAIRS)
    assert [photo.scored.index for photo in view.take(results, Selection.ABOVE)] == above
    assert [photo.scored.index for photo in view.take(results, Selection.BELOW)] == below
    picked = view.take(results, Selection.PICKS, picks={2, 4})
    assert [photo.scored.index for photo in picked] == [2, 4], "what was ticked by hand is taken in any case"


@pytest.mark.parametrize(
    ("rejected", "shown", "above"),
    [
        ({0}, [1, 2, 3], [1, 2, 3]),  # the next of them stands for it, too
        ({2}, [0, 1, 3], [0, 1, 3]),
        ({3, 4}, [0, 1, 3], [0, 1]),
    ],
)
def test_a_rejected_photo_stands_for_its_near_copies_only_where_all_are_rejected(
    rejected: set[int], shown: list[int], above: list[int]
) -> None:
    results = replace(make_results(PAIRS), by_hand=StarsByHand({}, frozenset(rejected)))
    view = View(distinct=True)
    assert [photo.scored.index for photo in view.choose(results)] == shown
    assert [photo.scored.index for photo in view.above(results)] == above


def test_the_group_of_a_photo_is_the_rank_of_its_best() -> None:
    ranked = make_results(PAIRS).ranked
    assert [PAIRS.group_of(photo) for photo in ranked] == [1, 2, 1, 4, 4]
    assert PAIRS.group_sizes() == {1: 2, 4: 2}


def test_groups_go_by_fingerprint_and_a_photo_of_unknown_facts_is_alone() -> None:
    stripes, blank = bytes(range(243)) * 4, bytes(972)
    facts = {
        0: PhotoFacts(1, 1, None, "", blank),
        1: PhotoFacts(1, 1, None, "", stripes),
        2: PhotoFacts(1, 1, None, "", stripes),
    }
    ranked = make_results().ranked
    found = find_near_copies(ranked, facts)
    assert [found.group_of(photo) for photo in ranked] == [1, 2, 2, 4, 5]
