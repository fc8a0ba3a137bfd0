"""Pairs judged by a fake that scores redness: flags, order, figures, and how often the model is asked."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from lychee_rerank.export.tables import FLAGGED_COLUMNS, LABELS, NO, YES, build_flagged_table
from lychee_rerank.lists.names import find_among
from lychee_rerank.pairs import parse_pairs
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import RowProblem
from lychee_rerank.query import parse_query
from lychee_rerank.records import BadRow, Pair, Pairs, Photo, Rule
from lychee_rerank.results.moderation import (
    DEFAULT_THRESHOLD,
    JudgedPair,
    Moderation,
    ModerationFigures,
    collect_moderation,
    flag_pairs,
)
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.scorer import score_pairs
from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain


def make_pairs(folder: Path, rows: Sequence[tuple[int, str, bool | None]]) -> list[Pair]:
    """A pair per row of redness (from 0 to 255, -1 for a broken photo), text and label; lines count from 2."""
    pairs = []
    for line, (red, text, fits) in enumerate(rows, start=2):
        path = folder / f"{line}.png"
        path.write_bytes(b"broken" if red < 0 else encode(make_plain((red, 0, line)), "PNG"))
        pairs.append(Pair(line, Photo(path.name, path), parse_query(text), fits))
    return pairs


def judge(fake: FakeJudge, pairs: Sequence[Pair]) -> list[JudgedPair]:
    return [JudgedPair(pairs[one.index], one) for one in score_pairs(Engine(fake, decode_photo), pairs)]


def moderate(
    folder: Path, rows: Sequence[tuple[int, str, bool | None]], threshold: float = DEFAULT_THRESHOLD
) -> Moderation:
    return flag_pairs(judge(FakeJudge(), make_pairs(folder, rows)), threshold=threshold)


def lines(judged: Sequence[JudgedPair]) -> list[int]:
    return [one.pair.line for one in judged]


def test_each_pair_is_scored_against_its_own_text_and_a_text_is_asked_about_once(photo_folder: Path) -> None:
    fake = FakeJudge()
    pairs = make_pairs(
        photo_folder, [(255, "sofa", None), (0, "dog", None), (51, "Sofa ", None), (102, "ＳＯＦＡ", None)]
    )
    judged = judge(fake, pairs)
    assert fake.queries == ["sofa", "dog"]
    assert {one.pair.line: one.score for one in judged} == {2: 10.0, 3: 0.0, 4: 2.0, 5: 4.0}
    assert all(one.outcome.name == one.pair.photo.name for one in judged)


def test_one_pair_is_enough(photo_folder: Path) -> None:
    moderation = moderate(photo_folder, [(255, "sofa", None)])
    assert (lines(moderation.passed), moderation.flagged, moderation.work_saved) == ([2], (), 1.0)


def test_what_is_below_the_threshold_is_flagged_least_fitting_first(photo_folder: Path) -> None:
    rows = [(102, "a", None), (51, "b", None), (-1, "c", None), (255, "d", None), (51, "e", None), (153, "f", None)]
    moderation = moderate(photo_folder, rows, threshold=6.0)
    assert lines(moderation.flagged) == [3, 6, 2]
    assert lines(moderation.passed) == [7, 5]
    assert lines(moderation.refused) == [4]
    assert (moderation.pairs, moderation.work_saved) == (6, 2 / 6)
    assert lines(moderate(photo_folder, rows, threshold=0.0).flagged) == []


def test_a_photo_fits_its_text_from_5_on_unless_told_otherwise(photo_folder: Path) -> None:
    moderation = moderate(photo_folder, [(124, "4.9", None), (127, "5.0", None), (129, "5.1", None)])
    assert (lines(moderation.flagged), lines(moderation.passed)) == ([2], [3, 4])


def test_outcomes_find_their_pairs_by_place_in_any_order_and_before_all_have_come(photo_folder: Path) -> None:
    pairs = make_pairs(photo_folder, [(255, "a", None), (0, "b", None), (-1, "c", None), (51, "d", None)])
    bad = (BadRow(9, "x.jpg", "", RowProblem.NO_TEXT),)
    outcomes = sorted((one.outcome for one in judge(FakeJudge(), pairs)), key=lambda one: -one.index)
    moderation = collect_moderation(Pairs(tuple(pairs), bad), outcomes[:-1], threshold=1.0)
    assert [lines(part) for part in (moderation.flagged, moderation.passed, moderation.refused)] == [[3], [5], [4]]
    assert (moderation.bad, moderation.counts) == (bad, {"flagged": 1, "passed": 1, "refused": 1})


def test_figures_count_what_does_not_fit_as_found_or_missed(photo_folder: Path) -> None:
    caught, false_alarm, missed, left_alone = (0, "a", False), (51, "b", True), (255, "c", False), (204, "d", True)
    unlabelled, refused = (0, "e", None), (-1, "f", False)
    rows = [caught] * 3 + [false_alarm, missed] + [left_alone] * 4 + [unlabelled, refused]
    moderation = moderate(photo_folder, rows)
    assert moderation.figures == ModerationFigures(labelled=9, accuracy=7 / 9, precision=3 / 4, recall=3 / 4)
    assert moderation.figures.shares == {"accuracy": 7 / 9, "precision": 3 / 4, "recall": 3 / 4}
    assert moderation.work_saved == 5 / 11


def test_figures_of_nothing_are_undefined(photo_folder: Path) -> None:
    assert moderate(photo_folder, []).figures == ModerationFigures(0, None, None, None)
    assert moderate(photo_folder, []).work_saved is None
    assert moderate(photo_folder, [(255, "a", True)]).figures == ModerationFigures(1, 1.0, None, None)


def test_the_table_has_the_flagged_first_with_raw_answers_and_the_bad_rows_last(photo_folder: Path) -> None:
    rows = [(255, "=1+1", True), (51, "沙发", False), (-1, "c", None)]
    bad = [BadRow(9, "x.jpg", "", RowProblem.NO_TEXT)]
    judged = judge(FakeJudge(), make_pairs(photo_folder, rows))
    table = build_flagged_table(flag_pairs(judged, threshold=5.0, bad=bad), describe=ENGLISH.describe)
    read = list(csv.DictReader(StringIO(table.decode("utf-8-sig"), newline="")))
    assert tuple(read[0]) == FLAGGED_COLUMNS
    assert [[row[column] for column in ("line", "file", "text", "score", "flagged", "label")] for row in read] == [
        ["3", "3.png", "沙发", "2.0", "yes", "does not fit"],
        ["2", "2.png", "'=1+1", "10.0", "no", "fits"],
        ["4", "4.png", "c", "", "", ""],
        ["9", "x.jpg", "", "", "", ""],
    ]
    assert [row["answer"] for row in read] == ["2.0", "10.0", "", ""]
    assert read[2]["problem"].startswith("this is a text file")
    assert read[3]["problem"] == "the text is missing"


def test_the_table_is_in_the_language_that_it_is_asked_for_in(photo_folder: Path) -> None:
    moderation = moderate(photo_folder, [(255, "沙发", True), (51, "狗", False), (-1, "猫", None)])
    table = build_flagged_table(moderation, describe=CHINESE.describe, term=CHINESE.term)
    read = list(csv.DictReader(StringIO(table.decode("utf-8-sig"), newline="")))
    assert [[row[column] for column in ("文件", "文字", "分数", "需复核", "标签")] for row in read] == [
        ["3.png", "狗", "2.0", "是", "不符合"],
        ["2.png", "沙发", "10.0", "否", "符合"],
        ["4.png", "猫", "", "", ""],
    ]
    assert read[0]["读取方式"] == CHINESE.rule[Rule.WHOLE_ANSWER]
    assert "不是 JPEG" in read[2]["未评分的原因"]
    assert not [name for name in read[0] if name.isascii()]


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_the_table_has_a_word_for_all_that_stands_in_it(words: Words) -> None:
    said = (*FLAGGED_COLUMNS, YES, NO, *LABELS.values())
    assert set(words.lists.terms) == set(said)
    assert len({words.term(name) for name in said}) == len(said)
    assert words is CHINESE or [words.term(name) for name in said] == list(said)
    assert [words.term(rule) for rule in Rule] == [words.rule[rule] for rule in Rule]  # one is called as a column is


@pytest.mark.parametrize("term", [str, ENGLISH.term, CHINESE.term], ids=["command", "en", "zh"])
def test_the_table_can_be_moderated_again(photo_folder: Path, term: Callable[[str], str]) -> None:
    rows = [(255, "=1+1", True), (51, "@you: 沙发, ein „Hund“\nand more", False), (153, "'tis", None)]
    pairs = make_pairs(photo_folder, rows)
    pairs.append(replace(pairs[0], line=5, photo=Photo("-1.png", pairs[0].photo.path)))
    table = build_flagged_table(
        flag_pairs(judge(FakeJudge(), pairs), threshold=5.0), describe=ENGLISH.describe, term=term
    )
    again = parse_pairs(table, find=find_among([pair.photo for pair in pairs]), name="x.csv")
    assert again.bad == ()
    assert {(pair.photo, pair.query.text, pair.fits) for pair in again.good} == {
        (pair.photo, pair.query.text, pair.fits) for pair in pairs
    }


@pytest.mark.parametrize("threshold", [0.0, 5.0, 10.0])
def test_every_pair_is_flagged_passed_or_refused(photo_folder: Path, threshold: float) -> None:
    moderation = moderate(photo_folder, [(n, f"text {n % 3}", None) for n in range(-1, 256, 32)], threshold)
    assert sorted(lines(moderation.flagged + moderation.passed + moderation.refused)) == list(range(2, 11))
