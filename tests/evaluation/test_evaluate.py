"""A labelled set, judged by a judge whose scores can be worked out by hand."""

import json
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from lychee_rerank.evaluation.evaluate import Evaluation, JudgedQuery, LanguageFigures, aggregate, evaluate
from lychee_rerank.evaluation.labelled_set import LabelledQuery, load_labels
from lychee_rerank.evaluation.metrics import BandFigures, JudgedPhoto
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Readout, Rule
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import NUMBER, NUMBER_LIKE, template_for
from tests.fakes import FakeJudge
from tests.pictures import write_reds

REDS = {"ten.png": 255, "six.png": 153, "two.png": 51, "none.png": 0}  # the judge says 10.0, 6.0, 2.0 and 0.0
TRUE = {"ten.png": 10, "six.png": 6, "two.png": 2, "none.png": 0}
UPSIDE_DOWN = {"ten.png": 0, "six.png": 2, "two.png": 6, "none.png": 10}
RULES = {Readout.NUMBER: Rule.WHOLE_ANSWER, Readout.EXPECTED: Rule.EXPECTED, Readout.YES_NO: Rule.YES_NO}


def make_set(folder: Path, *galleries: dict[str, float], languages: str = "zh en mixed") -> tuple[LabelledQuery, ...]:
    """A query per gallery, the languages taking turns."""
    write_reds(folder, REDS)
    (folder / "broken.png").write_bytes(b"GIF89a and no more")
    turns = languages.split()
    lines = [
        json.dumps({"query": f"red {n}", "language": turns[n % len(turns)], "relevance": relevance})
        for n, relevance in enumerate(galleries)
    ]
    (folder / "queries.jsonl").write_text("\n".join(lines))
    return load_labels(folder)


def judge_set(queries: tuple[LabelledQuery, ...], judge: FakeJudge | None = None) -> Evaluation:
    return evaluate(Engine(judge or FakeJudge(), decode_photo), queries, readout=Readout.NUMBER, template=NUMBER)


def judge_all(queries: tuple[LabelledQuery, ...]) -> tuple[JudgedQuery, ...]:
    return judge_set(queries).queries


def all_figures(queries: tuple[LabelledQuery, ...], judge: FakeJudge | None = None) -> LanguageFigures:
    return judge_set(queries, judge).figures[-1]


def order_figures(row: LanguageFigures) -> tuple[float | None, ...]:
    return row.ndcg_at_10, row.mrr, row.recall_at_1, row.somers_d


def test_a_judge_that_tells_the_truth_gets_1_everywhere(photo_folder: Path) -> None:
    row = all_figures(make_set(photo_folder, TRUE, TRUE))
    assert order_figures(row) == pytest.approx((1.0, 1.0, 1.0, 1.0))
    assert row.spearman == pytest.approx(1.0)
    assert (row.queries, row.one_truth, row.photos, row.refused, row.no_number, row.tied_share) == (2, 0, 8, 0, 0, 0.0)
    assert row.bands == (
        BandFigures("0", 2, 0, 0),
        BandFigures("(0, 2.5]", 2, 2, 2),
        BandFigures("(5, 7.5]", 2, 6, 6),
        BandFigures("10", 2, 10, 10),
    )


def test_the_calibration_error_of_each_language_is_that_of_its_own_photos(photo_folder: Path) -> None:
    labels = make_set(photo_folder, TRUE, {"ten.png": 6, "two.png": 6, "broken.png": 10}, languages="zh en")
    right, wrong, everything = judge_set(labels).figures
    assert (right.calibration_error, wrong.calibration_error, everything.calibration_error) == (0.0, 4.0, 8 / 6)
    assert [(band.band, band.photos, band.mean_truth) for band in everything.reliability] == [
        ("[0, 1)", 1, 0.0),
        ("[2, 3)", 2, 4.0),
        ("[6, 7)", 1, 6.0),
        ("[9, 10]", 2, 8.0),
    ]


def test_a_judge_that_turns_the_truth_upside_down_gets_a_somers_d_of_minus_1(photo_folder: Path) -> None:
    row = all_figures(make_set(photo_folder, UPSIDE_DOWN))
    assert (row.mrr, row.recall_at_1, row.somers_d) == (1 / 4, 0.0, -1.0)
    assert row.spearman == pytest.approx(-1.0)


@pytest.mark.parametrize("words", ["", "but in blue"])
def test_a_query_with_an_example_is_judged_by_it(photo_folder: Path, words: str) -> None:
    make_set(photo_folder, TRUE)
    line = {
        "query": words,
        "language": "en",
        "relevance": {"ten.png": 2, "six.png": 9, "two.png": 4},
        "like": "six.png",
    }
    (photo_folder / "queries.jsonl").write_text(json.dumps(line))
    judge = FakeJudge()
    (judged,) = judge_set(load_labels(photo_folder), judge).queries
    assert [score.value for score in judged.scores] == [6.0, 10.0, 6.0]
    assert (judge.queries, judge.templates, len(judge.examples)) == ([words], [NUMBER_LIKE], 1)


@pytest.mark.parametrize("names", [list(TRUE), list(TRUE)[::-1]], ids=["best first", "best last"])
def test_one_score_for_everything_gains_nothing_by_the_order_of_upload(photo_folder: Path, names: list[str]) -> None:
    queries = make_set(photo_folder, {name: TRUE[name] for name in names})
    row = all_figures(queries, FakeJudge(text="7.0"))
    assert (row.mrr, row.recall_at_1, row.somers_d, row.spearman, row.tied_share) == (1 / 4, 0.0, 0.0, None, 1.0)


def test_a_refused_photo_is_named_and_stands_last_with_the_score_0(photo_folder: Path) -> None:
    [judged] = judge_all(make_set(photo_folder, {"broken.png": 10, "two.png": 5, "none.png": 0}))
    assert [(refusal.name, refusal.reason) for refusal in judged.refused] == [
        ("broken.png", RefusalReason.NOT_A_PICTURE)
    ]
    assert judged.photos[0] == JudgedPhoto(truth=10.0, score=0.0, expected=0.0, refused=True)
    assert judged.ranks is not None
    assert judged.ranks.reciprocal_rank == 1 / 3
    assert aggregate("zh", [judged]).refused == 1


def test_answers_without_a_number_are_counted_and_score_0(photo_folder: Path) -> None:
    row = all_figures(make_set(photo_folder, {"broken.png": 0, **TRUE}), FakeJudge(text="I cannot tell"))
    assert (row.photos, row.refused, row.no_number) == (5, 1, 4)
    assert {band.mean_score for band in row.bands} == {0.0}


def test_a_gallery_of_one_truth_is_counted_and_left_out_of_the_means(photo_folder: Path) -> None:
    row = all_figures(make_set(photo_folder, TRUE, dict.fromkeys(TRUE, 4.0)))
    assert (row.queries, row.one_truth, row.photos) == (2, 1, 8)
    assert order_figures(row) == pytest.approx((1.0, 1.0, 1.0, 1.0))
    alone = all_figures(make_set(photo_folder, dict.fromkeys(TRUE, 4.0)))
    assert order_figures(alone) == (None, None, None, None)


def test_languages_stand_in_the_order_of_the_file_and_all_is_their_mean(photo_folder: Path) -> None:
    queries = make_set(photo_folder, UPSIDE_DOWN, TRUE, TRUE, TRUE, languages="mixed en")
    mixed, english, everything = judge_set(queries).figures
    assert [row.language for row in (mixed, english, everything)] == ["mixed", "en", "all"]
    assert [row.recall_at_1 for row in (mixed, english, everything)] == [0.5, 1.0, 0.75]
    assert [row.somers_d for row in (mixed, english, everything)] == [0.0, 1.0, 0.5]
    assert [row.queries for row in (mixed, english, everything)] == [2, 2, 4]


def test_every_query_looks_at_its_photos_anew_and_tells_of_each(photo_folder: Path) -> None:
    judge, told = FakeJudge(), []
    labels = make_set(photo_folder, {"broken.png": 1, **TRUE}, TRUE)
    engine = Engine(judge, decode_photo)
    evaluate(engine, labels, readout=Readout.NUMBER, template=NUMBER, on_photo=lambda: told.append(judge.answers))
    assert judge.queries == ["red 0", "red 1"]
    assert told == [0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_seconds_are_shared_among_photos_and_not_among_queries(photo_folder: Path) -> None:
    first, second = judge_all(make_set(photo_folder, {"ten.png": 10, "two.png": 0}, TRUE))
    row = aggregate("all", [replace(first, seconds_s=4.0), replace(second, seconds_s=5.0)])
    assert row.seconds_per_photo == pytest.approx(9 / 6)


def test_a_query_takes_the_time_between_its_first_photo_and_its_last(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "perf_counter", count(100.0, step=3.5).__next__)
    assert [judged.seconds_s for judged in judge_all(make_set(photo_folder, TRUE, TRUE))] == [3.5, 3.5]


def test_photos_stand_in_the_order_of_the_set_whichever_is_over_first(photo_folder: Path) -> None:
    judge = FakeJudge(generate_batch=8, encode_batch=8)  # the one that is refused waits for no other
    (judged,) = judge_set(make_set(photo_folder, {"ten.png": 9, "broken.png": 5, "none.png": 1}), judge).queries
    assert [(photo.truth, photo.score, photo.refused) for photo in judged.photos] == [
        (9.0, 10.0, False),
        (5.0, 0.0, True),
        (1.0, 0.0, False),
    ]


def test_score_and_expected_score_are_both_taken_over(photo_folder: Path) -> None:
    row = judge_set(make_set(photo_folder, {"ten.png": 10, "two.png": 0}), FakeJudge(text="8.55"))
    # The mean over the first decimal knows nothing of the second.
    assert row.queries[0].photos == (JudgedPhoto(10.0, 8.55, 8.5), JudgedPhoto(0.0, 8.55, 8.5))


def test_the_label_mass_is_the_mean_over_scored_photos(photo_folder: Path) -> None:
    row = all_figures(make_set(photo_folder, {"broken.png": 0, **TRUE}), FakeJudge(label_mass=0.5))
    assert row.label_mass == 0.5
    refused = dict.fromkeys(("broken.png", "empty.png"), 1.0)
    (photo_folder / "empty.png").touch()
    assert all_figures(make_set(photo_folder, refused)).label_mass is None


@pytest.mark.parametrize(
    ("readout", "scores"),
    [
        (Readout.NUMBER, (10.0, 6.0, 2.0, 0.0)),
        (Readout.EXPECTED, (10.0, 6.0, 2.0, 0.0)),
        (Readout.YES_NO, pytest.approx((10.0, 6.0, 2.0, 0.0))),
    ],
)
def test_each_readout_asks_with_the_prompt_given_and_reads_its_own_way(
    photo_folder: Path, readout: Readout, scores: tuple[float, ...]
) -> None:
    judge, template = FakeJudge(), template_for(readout)
    judged = evaluate(Engine(judge, decode_photo), make_set(photo_folder, TRUE), readout=readout, template=template)
    assert (judged.readout, judged.template, judge.templates) == (readout, template, [template])
    assert tuple(score.value for score in judged.queries[0].scores) == scores
    rules = {score.rule for score in judged.queries[0].scores}
    assert rules == {RULES[readout]}
