"""Pairs judged by a fake that scores redness: flags, order, figures, and how often the model is asked."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest

from lychee_rerank.export.flagged import COLUMNS, build_flagged_table
from lychee_rerank.moderation import Figures, JudgedPair, Moderation, flag_pairs, judge_pairs
from lychee_rerank.problems import RowProblem
from lychee_rerank.prompts import NUMBER
from lychee_rerank.records import Photo, Readout
from lychee_rerank.runs import BadRow, Pair
from lychee_rerank.scorer import Engine
from lychee_rerank.words import ENGLISH
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain


def make_pairs(folder: Path, rows: Sequence[tuple[int, str, bool | None]]) -> list[Pair]:
    """A pair per row of redness (from 0 to 255, -1 for a broken photo), text and label; lines count from 2."""
    pairs = []
    for line, (red, text, fits) in enumerate(rows, start=2):
        path = folder / f"{line}.png"
        path.write_bytes(b"broken" if red < 0 else encode(make_plain((red, 0, line)), "PNG"))
        pairs.append(Pair(line, Photo(path.name, path), text, fits))
    return pairs


def judge(fake: FakeJudge, pairs: Sequence[Pair]) -> list[JudgedPair]:
    return list(judge_pairs(Engine(fake), pairs, readout=Readout.NUMBER, template=NUMBER))


def moderate(folder: Path, rows: Sequence[tuple[int, str, bool | None]], threshold: float = 5.0) -> Moderation:
    return flag_pairs(judge(FakeJudge(), make_pairs(folder, rows)), threshold=threshold)


def lines(judged: Sequence[JudgedPair]) -> list[int]:
    return [one.pair.line for one in judged]


def test_each_pair_is_scored_against_its_own_text_and_a_text_is_asked_about_once(photo_folder: Path) -> None:
    fake = FakeJudge()
    pairs = make_pairs(
        photo_folder, [(255, "sofa", None), (0, "dog", None), (51, "Sofa ", None), (102, "ＳＯＦＡ", None)]
    )
    judged = judge(fake, pairs)
    assert fake.questions == ["sofa", "dog"]
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


def test_figures_count_what_does_not_fit_as_found_or_missed(photo_folder: Path) -> None:
    caught, false_alarm, missed, left_alone = (0, "a", False), (51, "b", True), (255, "c", False), (204, "d", True)
    unlabelled, refused = (0, "e", None), (-1, "f", False)
    rows = [caught] * 3 + [false_alarm, missed] + [left_alone] * 4 + [unlabelled, refused]
    moderation = moderate(photo_folder, rows)
    assert moderation.figures == Figures(labelled=9, accuracy=7 / 9, precision=3 / 4, recall=3 / 4)
    assert moderation.work_saved == 5 / 11


def test_figures_of_nothing_are_undefined(photo_folder: Path) -> None:
    assert moderate(photo_folder, []).figures == Figures(0, None, None, None)
    assert moderate(photo_folder, []).work_saved is None
    assert moderate(photo_folder, [(255, "a", True)]).figures == Figures(1, 1.0, None, None)


def test_the_table_has_the_flagged_first_with_raw_answers_and_the_bad_rows_last(photo_folder: Path) -> None:
    rows = [(255, "=1+1", True), (51, "沙发", False), (-1, "c", None)]
    bad = [BadRow(9, "x.jpg", "", RowProblem.NO_TEXT)]
    judged = judge(FakeJudge(), make_pairs(photo_folder, rows))
    table = build_flagged_table(flag_pairs(judged, threshold=5.0, bad=bad), tell=ENGLISH.note)
    read = list(csv.DictReader(StringIO(table.decode("utf-8-sig"), newline="")))
    assert tuple(read[0]) == COLUMNS
    assert [[row[column] for column in ("line", "file", "text", "score", "flagged", "label")] for row in read] == [
        ["3", "3.png", "沙发", "2.0", "yes", "does not fit"],
        ["2", "2.png", "'=1+1", "10.0", "no", "fits"],
        ["4", "4.png", "c", "", "", ""],
        ["9", "x.jpg", "", "", "", ""],
    ]
    assert [row["answer"] for row in read] == ["2.0", "10.0", "", ""]
    assert read[2]["problem"].startswith("this is a text file")
    assert read[3]["problem"] == "the text is missing"


@pytest.mark.parametrize("threshold", [0.0, 5.0, 10.0])
def test_every_pair_is_flagged_passed_or_refused(photo_folder: Path, threshold: float) -> None:
    moderation = moderate(photo_folder, [(n, f"text {n % 3}", None) for n in range(-1, 256, 32)], threshold)
    assert sorted(lines(moderation.flagged + moderation.passed + moderation.refused)) == list(range(2, 11))
