"""Maps worked out by hand: what they make of a score, what a file may hold, and which scores they are refused for."""

import json
from dataclasses import replace

import pytest

from lychee_rerank.errors import CalibrationRefused
from lychee_rerank.problems import CalibrationProblem
from lychee_rerank.records import Readout
from lychee_rerank.scoring.calibration import map_score, parse_calibration, write_calibration
from lychee_rerank.scoring.prompts import NUMBER, YES_NO
from tests.finished import SCORE
from tests.maps import KNOTS, MAP


@pytest.mark.parametrize(
    ("own", "shown"), [(0, 0), (1, 0), (2.5, 1.5), (4, 3), (5, 3), (6, 3), (7, 5), (8, 7), (9.9, 7), (10, 7)]
)
def test_between_knots_the_map_is_straight_and_beyond_the_ends_it_is_level(own: float, shown: float) -> None:
    assert map_score(KNOTS, own) == shown
    assert MAP.apply(replace(SCORE, value=own)) == replace(SCORE, value=shown, raw=own)


def test_a_map_never_falls_however_near_two_scores_lie() -> None:
    knots = ((0.1, 0.3), (0.1 + 1e-9, 0.30000000000000004), (3.0, 9.9), (3.0000000000000004, 9.9))
    scores = [n / 997 * 3.1 for n in range(998)] + [0.1 + n * 1e-12 for n in range(1001)]
    mapped = [map_score(knots, score) for score in sorted(scores)]
    assert mapped == sorted(mapped)
    assert map_score(((5.0, 2.0),), 7.0) == map_score(((5.0, 2.0),), 1.0) == 2.0


def test_a_score_goes_through_a_map_once() -> None:
    once = MAP.apply(replace(SCORE, value=7.0))
    assert MAP.apply(once) is once
    assert (once.own, SCORE.own) == (7.0, SCORE.value)


def test_a_map_comes_back_from_its_file_as_it_was() -> None:
    read = parse_calibration(write_calibration(MAP), file="map.json")
    assert (read, read.file, read.key) == (MAP, "map.json", MAP.key)
    fields = json.loads(write_calibration(MAP))
    assert fields["knots"] == [list(knot) for knot in KNOTS]
    assert fields["prompt"] == {"name": "number", "version": NUMBER.version, "text_hash": NUMBER.text_hash}
    assert (fields["model"], fields["readout"]) == ({"name": "demo", "fingerprint": "f1"}, "number")
    assert [fields[name] for name in ("photos", "queries", "ece_before", "ece_after")] == [30, 3, 1.5, 0.5]


def test_the_key_is_that_of_the_knots_alone() -> None:
    assert replace(MAP, file="other", fingerprint="f2").key == MAP.key
    assert replace(MAP, knots=(*KNOTS, (9.0, 7.5))).key != MAP.key


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"knots": []},
        {"knots": [[1, 2], [1, 3]]},
        {"knots": [[1, 3], [2, 2]]},
        {"knots": [[1, 2], [2, 11]]},
        {"knots": [[1, float("nan")]]},
        {"knots": [[1, 2, 3]]},
        {"knots": None},
        {"readout": "stars"},
        {"model": "demo"},
        {"photos": "many"},
    ],
    ids=str,
)
def test_what_is_no_map_is_told(change: dict[str, object]) -> None:
    text = json.dumps(json.loads(write_calibration(MAP)) | change)
    with pytest.raises(ValueError, match=r"."):
        parse_calibration(text, file="map.json")


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "[" * 100_000])
def test_a_file_of_another_kind_is_no_map(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_calibration(text, file="map.json")


def test_a_map_is_refused_for_scores_of_another_model_readout_or_prompt() -> None:
    MAP.check("f1", readout=Readout.NUMBER, template=NUMBER)
    other = replace(NUMBER, user=f"Please: {NUMBER.user}")
    for fingerprint, readout, template, problem in (
        ("f2", Readout.NUMBER, NUMBER, CalibrationProblem.MODEL),
        ("", Readout.NUMBER, NUMBER, CalibrationProblem.MODEL),
        ("f1", Readout.YES_NO, YES_NO, CalibrationProblem.READOUT),
        ("f1", Readout.NUMBER, other, CalibrationProblem.PROMPT),
    ):
        with pytest.raises(CalibrationRefused, match=f"another {problem}") as refused:
            MAP.check(fingerprint, readout=readout, template=template)
        assert refused.value.problem is problem
