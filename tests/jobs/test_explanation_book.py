"""Explanations by run and photo: which one is found, and that it is of the score that the photo has now."""

from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.jobs.explanations import MAX_AT_HAND, ExplanationBook, ExplanationProgress
from lychee_rerank.jobs.job import Job
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.query import parse_query
from lychee_rerank.records import Rule, Run, Score, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.store.store import Store
from tests.fakes import FakeJudge
from tests.pictures import write_reds

SCORE = Score(7.5, 7.0, 0.9, "7.5", Rule.WHOLE_ANSWER)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def make_job(store: Store, folder: Path, *, photos: int = 1) -> Job:
    """A kept run of the same photo again and again, each with a score."""
    job = Job(Run("one", "ann", None, parse_query("red"), tuple(write_reds(folder, [102])) * photos, begun_s=0.0))
    store.runs.begin(job.run, status="done")
    for index in range(photos):
        job.add(ScoredPhoto(index, "102.png", SCORE, "hash"))
    return job


def rescore(job: Job, value: float) -> None:
    """Gives the first photo another score, as another readout would."""
    job.add(ScoredPhoto(0, "102.png", replace(SCORE, value=value), "hash"))


def test_what_was_made_is_found_here_and_by_the_next_process(store: Store, photo_folder: Path) -> None:
    job, book = make_job(store, photo_folder), ExplanationBook(store.explanations)
    explanation, is_new = book.open(job, 0)
    assert is_new
    book.make(explanation, Engine(FakeJudge(text="A sofa."), decode_photo))
    assert book.open(job, 0) == (explanation, False)
    kept = ExplanationBook(store.explanations).find(job, 0)
    assert kept is not None
    assert kept.progress() == ExplanationProgress("A sofa.", over=True)


def test_an_explanation_of_an_earlier_score_is_neither_found_nor_generated_to_its_end(
    store: Store, photo_folder: Path
) -> None:
    job, book = make_job(store, photo_folder), ExplanationBook(store.explanations)
    whole, _ = book.open(job, 0)
    book.make(whole, Engine(FakeJudge(text="A sofa."), decode_photo))
    rescore(job, 3.0)
    assert book.find(job, 0) is None
    assert ExplanationBook(store.explanations).find(job, 0) is None
    under_way, _ = book.open(job, 0)
    rescore(job, 4.0)
    anew, is_new = book.open(job, 0)
    assert (is_new, under_way.progress().cancelled) == (True, True)
    book.make(anew, Engine(FakeJudge(text="No sofa."), decode_photo))
    rescore(job, 7.5)
    assert book.find(job, 0) is None  # the latest took its place


def test_one_that_is_under_way_is_found_however_many_are_over(store: Store, photo_folder: Path) -> None:
    job = make_job(store, photo_folder, photos=MAX_AT_HAND + 10)
    book = ExplanationBook(store.explanations)
    under_way, _ = book.open(job, 0)
    for index in range(1, len(job.photos)):
        book.open(job, index)[0].end(str(index))
    assert book.find(job, 0) is under_way
    assert book.find(job, 1) is None  # over, not kept, and long ago
    assert book.find(job, len(job.photos) - 1) is not None
