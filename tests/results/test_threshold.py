"""Curves of labelled scores that can be worked out by hand, and the interval held to resampling pair by pair."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from lychee_rerank.export.tables import build_curve_table
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Outcome, Pair, Photo, Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.results.moderation import JudgedPair, Moderation, flag_pairs
from lychee_rerank.results.threshold import Curve, measure_curve, resample_scores
from lychee_rerank.words import CHINESE, ENGLISH, Words
from lychee_rerank.words.curve import describe_kept, warn_of_few

PHOTO = Photo("a.jpg", Path("a.jpg"))


def moderate(*rows: tuple[float | None, bool | None], threshold: float = 5.0) -> Moderation:
    """A pair per score, None where it is refused, and label."""
    judged = []
    for line, (score, fits) in enumerate(rows):
        outcome: Outcome = Refusal(line, PHOTO.name, RefusalReason.EMPTY)
        if score is not None:
            outcome = ScoredPhoto(line, PHOTO.name, Score(score, score, 1.0, "", Rule.EXPECTED), "hash")
        judged.append(JudgedPair(Pair(line, PHOTO, parse_query("sofa"), fits), outcome))
    return flag_pairs(judged, threshold=threshold)


def curve_of(
    misfits: Sequence[float], fits: Sequence[float], unlabelled: Sequence[float] = (), keep: float = 0.95
) -> Curve:
    rows = [(score, False) for score in misfits] + [(score, True) for score in fits]
    curve = measure_curve(moderate(*rows, *((score, None) for score in unlabelled)), keep_recall=keep)
    assert curve is not None
    return curve


MIXED = moderate((1.0, False), (2.0, True), (3.05, False), (6.0, True), (10.0, True), (4.0, None), (None, False))


def test_each_point_is_what_moderation_gives_at_its_threshold() -> None:
    curve = measure_curve(MIXED)
    assert curve is not None
    judged = (*MIXED.flagged, *MIXED.passed, *MIXED.refused)
    assert [point.threshold for point in curve.points] == [n / 10 for n in range(101)]
    for point in curve.points:
        there = flag_pairs(judged, threshold=point.threshold)
        assert point.shares == (there.figures.precision, there.figures.recall, there.work_saved)
    assert len({point.shares for point in curve.points}) == 6


def test_the_threshold_lies_just_above_the_last_score_that_has_to_be_flagged() -> None:
    scores = [n / 2 for n in range(20)]  # 19 of 20 are 95 %
    point = curve_of(scores, [9.25] * 40).kept.point  # type: ignore[union-attr]
    assert point is not None
    assert (point.threshold, point.recall, point.precision) == (9.1, 19 / 20, 1.0)
    assert curve_of(scores, [9.25] * 40, keep=1.0).kept.point.threshold == 9.6  # type: ignore[union-attr]
    assert curve_of(scores, [9.25] * 40, keep=0.5).kept.point.threshold == 4.6  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("misfit", "next_score", "threshold"),
    [(3.0, 8.0, 3.1), (3.05, 3.1, 3.1), (3.05, 3.08, 3.06), (3.0, 3.0004, 3.0001), (0.0, 1e-9, 1e-9), (9.99, 10, 10)],
)
def test_it_has_as_few_decimals_as_flag_no_more_than_is_needed(
    misfit: float, next_score: float, threshold: float
) -> None:
    for curve in (curve_of([misfit], [next_score]), curve_of([misfit], [10.0], [next_score])):
        assert curve.kept
        assert curve.kept.point
        assert curve.kept.point.threshold == threshold
        assert curve.kept.point.work_saved is not None
        assert curve.kept.point.work_saved > 0
        assert curve.kept.point in curve.all_points


def test_scores_that_differ_in_their_last_digit_alone_are_told_apart() -> None:
    score = 3.3
    curve = curve_of([score], [score + 4.5e-16])
    assert curve.kept
    assert curve.kept.point
    assert score < curve.kept.point.threshold <= score + 4.5e-16


def test_fifty_seven_of_sixty_are_ninety_five_per_cent() -> None:
    curve = curve_of([n / 10 for n in range(60)], [9.0])
    assert curve.kept
    assert curve.kept.point
    assert (curve.kept.point.threshold, curve.kept.point.recall) == (5.7, 0.95)


def resample_pair_by_pair(misfits: Sequence[float], fits: int, *, keep_recall: float) -> list[float]:
    """The plain way: labels are drawn one by one, and sorted."""
    generator, labels = random.Random(7), [*misfits, *[None] * fits]
    found = []
    for _ in range(2000):
        drawn = sorted(score for score in generator.choices(labels, k=len(labels)) if score is not None)
        if drawn:
            needed = next(n for n in range(1, len(drawn) + 1) if n / len(drawn) >= keep_recall)
            found.append(drawn[needed - 1])
    return found


@pytest.mark.parametrize(("misfits", "fits", "keep"), [(40, 160, 0.95), (6, 30, 0.8), (25, 0, 0.95), (1, 3, 0.95)])
def test_resampling_by_ranks_is_resampling_pair_by_pair(misfits: int, fits: int, keep: float) -> None:
    scores = [(n / 7) ** 2 % 10 for n in range(misfits)]
    scores.sort()
    fast = sorted(resample_scores(scores, fits, keep_recall=keep))
    plain = sorted(resample_pair_by_pair(scores, fits, keep_recall=keep))
    assert abs(len(fast) - len(plain)) <= 100
    for score in set(scores):
        share = [sum(drawn <= score for drawn in way) / len(way) for way in (fast, plain)]
        assert share[0] == pytest.approx(share[1], abs=0.05)


def test_the_same_labels_give_the_same_interval_and_more_of_them_a_narrower_one() -> None:
    def interval(times: int) -> tuple[float, float]:
        kept = curve_of([n / 5 for n in range(40)] * times, [9.0] * 40).kept
        assert kept
        assert kept.point
        assert kept.low <= kept.point.threshold <= kept.high
        return kept.low, kept.high

    assert interval(1) == interval(1)
    assert interval(50)[1] - interval(50)[0] < (interval(1)[1] - interval(1)[0]) / 3


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_sentence_names_the_threshold_or_says_why_there_is_none(words: Words) -> None:
    told = describe_kept(words, curve_of([1.0] * 40, [9.0] * 60, [8.0] * 100))
    for part in ("95.0%", "1.1", "100.0%", "80.0%"):
        assert part in told
    assert describe_kept(words, curve_of([9.0], [2.0])) == words.lists.kept_by_all.format(recall="95.0%", threshold=9.1)
    assert describe_kept(words, curve_of([10.0], [2.0])) == words.lists.kept_by_none.format(recall="95.0%")
    assert describe_kept(words, curve_of([], [2.0])) == words.lists.no_misfits


def test_fewer_than_thirty_labels_of_either_kind_are_few() -> None:
    assert warn_of_few(ENGLISH, curve_of([1.0] * 30, [9.0] * 30)) == ""
    assert "(29 fit, 30 do not)" in warn_of_few(ENGLISH, curve_of([1.0] * 30, [9.0] * 29))
    assert "不符合 29 个" in warn_of_few(CHINESE, curve_of([1.0] * 29, [9.0] * 30, [5.0] * 99))


def test_without_a_label_there_is_no_curve() -> None:
    assert measure_curve(moderate((1.0, None), (None, False))) is None
    assert measure_curve(moderate()) is None


def test_the_table_has_a_row_per_threshold_and_gaps_where_nothing_is_flagged() -> None:
    curve = curve_of([3.05], [3.08, 8.0])
    lines = build_curve_table(curve.all_points).decode("utf-8-sig").split("\r\n")
    assert lines[:2] == ["threshold,precision,recall,work_saved", "0.0,,0.0,1.0"]
    assert lines[32:35] == ["3.06,1.0,1.0,0.6666666666666666", f"3.1,0.5,1.0,{1 / 3}", f"3.2,0.5,1.0,{1 / 3}"]
    assert lines[-2:] == [f"10.0,{1 / 3},1.0,0.0", ""]
    assert len(lines) == 1 + 102 + 1
