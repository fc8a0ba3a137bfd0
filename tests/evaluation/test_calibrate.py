"""Maps fitted to judged photos: as scikit-learn applies them, and measured on queries that they have not seen."""

import random
from pathlib import Path

import pytest
from sklearn.isotonic import IsotonicRegression

from lychee_rerank.evaluation.calibrate import calibrate, fit_knots
from lychee_rerank.evaluation.evaluate import Evaluation, JudgedQuery
from lychee_rerank.evaluation.labelled_set import LabelledQuery
from lychee_rerank.evaluation.metrics import JudgedPhoto
from lychee_rerank.query import Example, parse_query
from lychee_rerank.records import Photo, Readout
from lychee_rerank.scoring.calibration import Fit, map_score, parse_calibration, write_calibration
from lychee_rerank.scoring.prompts import NUMBER
from tests.fakes import CARD


def judge(number: int, *photos: tuple[float, float], refused: int = 0, example: Example | None = None) -> JudgedQuery:
    """A query over photos of its own, by score and truth; the last ones are refused."""
    judged = [JudgedPhoto(truth=truth, score=score, expected=score) for score, truth in photos]
    judged += [JudgedPhoto(truth=10.0, score=0.0, expected=0.0, refused=True)] * refused
    names = tuple(Photo(f"{number}-{n}.jpg", Path(f"{number}-{n}.jpg")) for n in range(len(judged)))
    truths = tuple(photo.truth for photo in judged)
    labelled = LabelledQuery(str(number), parse_query("sofa", example), "en", names, truths)
    return JudgedQuery(labelled, (), tuple(judged), None, 1.0)


def evaluation_of(*queries: JudgedQuery) -> Evaluation:
    return Evaluation(Readout.NUMBER, NUMBER, queries, ())


def test_the_map_is_what_scikit_learn_predicts_at_every_score() -> None:
    generator = random.Random(3)
    scores = [round(generator.uniform(0, 10), 1) for _ in range(300)]
    photos = [JudgedPhoto(min(max(score * 0.6 + generator.gauss(0, 2), 0), 10), score, score) for score in scores]
    fitted = IsotonicRegression(y_min=0, y_max=10, out_of_bounds="clip")
    fitted.fit([photo.score for photo in photos], [photo.truth for photo in photos])
    knots, grid = fit_knots(photos), [n / 37 for n in range(371)]
    assert [map_score(knots, score) for score in grid] == pytest.approx(list(fitted.predict(grid)), abs=1e-12)
    assert len(knots) < len(set(scores))


def test_scores_that_are_twice_the_truth_are_halved_and_the_error_is_gone_for_queries_not_seen() -> None:
    queries = [judge(number, (8.0, 4), (2.0, 1), (0.0, 0), refused=number % 2) for number in range(6)]
    fitted = calibrate(evaluation_of(*queries), CARD)
    assert fitted is not None
    assert fitted.calibration.knots == ((0.0, 0.0), (2.0, 1.0), (8.0, 4.0))
    assert fitted.calibration.fit == Fit(photos=18, queries=6, error_before=5 / 3, error_after=0.0)
    assert [(band.band, band.photos) for band in fitted.reliability] == [("[0, 1)", 6), ("[1, 2)", 6), ("[4, 5)", 6)]
    assert parse_calibration(write_calibration(fitted.calibration), file="") == fitted.calibration


def test_a_query_is_never_judged_by_a_map_that_has_seen_it() -> None:
    fitted = calibrate(evaluation_of(judge(1, (5.0, 10), (5.0, 10)), judge(2, (5.0, 0), (5.0, 0))), CARD)
    assert fitted is not None
    assert fitted.calibration.knots == ((5.0, 5.0),)  # which would be right on the whole
    assert (fitted.calibration.fit.error_before, fitted.calibration.fit.error_after) == (0.0, 10.0)


def test_the_same_query_in_another_language_is_no_other_query() -> None:
    once, other = judge(1, (5.0, 10), (4.0, 0)), judge(2, (5.0, 2), (4.0, 1))
    assert calibrate(evaluation_of(once, once, once), CARD) is None
    two, four = (calibrate(evaluation_of(*queries), CARD) for queries in ((once, other), (once, other, other, once)))
    assert two is not None
    assert four is not None
    assert two.calibration.fit.error_after == four.calibration.fit.error_after


def test_queries_with_an_example_have_no_say_in_the_map_which_is_not_for_them() -> None:
    words = [judge(number, (8.0, 4), (2.0, 1)) for number in range(4)]
    example = Example("a.jpg", Path("a.jpg"), "hash")
    like = [judge(number, (1.0, 10), (9.0, 0), example=example) for number in (8, 9)]
    both, alone = (calibrate(evaluation_of(*queries), CARD) for queries in ([*like, *words], words))
    assert both is not None
    assert both == alone
    assert calibrate(evaluation_of(*like, words[0]), CARD) is None


def test_without_a_scored_photo_there_is_no_map() -> None:
    assert calibrate(evaluation_of(judge(1, refused=2), judge(2, refused=3)), CARD) is None
    alone = calibrate(evaluation_of(judge(1, (3.0, 6)), judge(2, refused=3)), CARD)
    assert alone is None or alone.calibration.fit.photos == 1
