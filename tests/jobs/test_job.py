"""Jobs on the worker: progress, attaching, cancelling, failing."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from lychee_rerank.errors import LycheeError, ModelUnusable
from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Look, Pair, Pairs, Photo, Readout, Refusal, Rule, Run, Score, ScoredPhoto
from lychee_rerank.scoring.judge import Judge
from lychee_rerank.scoring.prompts import NUMBER, WHOLE, template_for
from lychee_rerank.scoring.quick_look import QuickLookPlan, QuickLooks
from tests.fakes import FakeJudge
from tests.jobs.workers import Start, wait_for
from tests.limits import WAIT_S
from tests.pictures import write_reds


def test_a_job_scores_every_photo_in_upload_order(tmp_path: Path, start: Start) -> None:
    judge = FakeJudge()
    job = start(judge).submit(parse_query("Red  things"), write_reds(tmp_path, [255, 0, 102]))
    wait_for(job)
    progress = job.progress()
    assert progress.status is Status.DONE
    assert [outcome.score.value for outcome in progress.outcomes] == [10.0, 0.0, 4.0]
    assert judge.queries == ["red things"]


def test_every_job_is_scored_by_the_readout_and_the_prompt_of_the_worker(tmp_path: Path, start: Start) -> None:
    judge, photos = FakeJudge(), write_reds(tmp_path, [255, 102])
    own = template_for(Readout.EXPECTED, user="{photo}{query}?")
    for settings, template in ({}, NUMBER), ({"readout": Readout.EXPECTED}, WHOLE), ({"template": own}, own):
        worker = start(judge, **settings)
        wait_for(worker.submit(parse_query("red"), photos))
        worker.close()
        assert judge.templates[-1] is template
    job = start(judge, readout=Readout.YES_NO).submit(parse_query("red"), photos)
    wait_for(job)
    assert [outcome.score.rule for outcome in job.progress().outcomes] == [Rule.YES_NO, Rule.YES_NO]


def test_a_bad_photo_is_refused_and_the_others_are_scored(tmp_path: Path, start: Start) -> None:
    photos = write_reds(tmp_path, [255, 0, 102])
    photos[1].path.write_bytes(b"no picture at all")
    job = start(FakeJudge()).submit(parse_query("red"), [*photos, Photo("gone.jpg", tmp_path / "gone.jpg")])
    wait_for(job)
    outcomes = job.progress().outcomes
    assert [type(outcome) for outcome in outcomes] == [ScoredPhoto, Refusal, ScoredPhoto, Refusal]
    assert [o.reason for o in outcomes if isinstance(o, Refusal)] == [
        RefusalReason.NOT_A_PICTURE,
        RefusalReason.UNREADABLE,
    ]


def test_the_same_bytes_under_two_names_are_listed_twice_and_scored_once(tmp_path: Path, start: Start) -> None:
    judge = FakeJudge()
    photo = write_reds(tmp_path, [204])[0]
    job = start(judge).submit(parse_query("red"), [photo, Photo("copy.png", photo.path)])
    wait_for(job)
    assert [(o.name, o.score.value) for o in job.progress().outcomes] == [("204.png", 8.0), ("copy.png", 8.0)]
    assert judge.answers == 1


def test_a_second_click_attaches_to_the_run_under_way(tmp_path: Path, start: Start) -> None:
    gate = threading.Event()
    judge = FakeJudge(before_generate=lambda: gate.wait(WAIT_S))
    worker = start(judge)
    photos = write_reds(tmp_path, [1, 2])
    first = worker.submit(parse_query("red"), photos)
    assert all(worker.submit(parse_query(query), photos) is first for query in ("red", " RED ", "red"))
    assert worker.submit(parse_query("blue"), photos) is not first
    gate.set()
    wait_for(first)
    assert worker.submit(parse_query("red"), photos) is not first


def test_a_cancelled_job_ends_within_one_photo_and_keeps_what_is_scored(tmp_path: Path, start: Start) -> None:
    second_begun, gate = threading.Event(), threading.Event()
    judge = FakeJudge()

    def hold_the_second() -> None:
        if judge.answers == 1:
            second_begun.set()
            gate.wait(WAIT_S)

    judge.before_generate = hold_the_second
    job = start(judge).submit(parse_query("red"), write_reds(tmp_path, [255, 51, 102, 153]))
    assert second_begun.wait(WAIT_S)
    job.cancel()
    gate.set()
    wait_for(job)
    progress = job.progress()
    assert progress.status is Status.CANCELLED
    assert [outcome.score.value for outcome in progress.outcomes] == [10.0, 2.0]


def test_a_job_cancelled_while_it_waits_scores_nothing(tmp_path: Path, start: Start) -> None:
    gate = threading.Event()
    judge = FakeJudge(before_generate=lambda: gate.wait(WAIT_S))
    worker, photos = start(judge), write_reds(tmp_path, [1, 2])
    first, second = (worker.submit(parse_query(query), photos) for query in ("red", "blue"))
    second.cancel()
    gate.set()
    wait_for(second)
    assert (second.progress().status, second.progress().outcomes) == (Status.CANCELLED, ())
    wait_for(first)
    assert first.progress().status is Status.DONE


def test_a_model_that_cannot_be_used_fails_every_job_with_its_reason(tmp_path: Path, start: Start) -> None:
    def load() -> Judge:
        raise ModelUnusable(ModelProblem.CUT_SHORT, file="model.safetensors", remedy="fetch it again")

    worker = start(load)
    job = worker.submit(parse_query("red"), write_reds(tmp_path, [1, 2]))
    wait_for(job)
    assert job.progress().status is Status.FAILED
    assert job.progress().error is worker.state().error
    assert isinstance(worker.state().error, ModelUnusable)


def test_a_run_that_breaks_leaves_the_worker_working(tmp_path: Path, start: Start) -> None:
    judge = FakeJudge(before_generate=lambda: 1 / 0)
    worker = start(judge)
    broken = worker.submit(parse_query("red"), write_reds(tmp_path, [255, 0]))
    wait_for(broken)
    assert broken.progress().status is Status.FAILED
    assert type(broken.progress().error) is LycheeError
    judge.before_generate = lambda: None
    whole = worker.submit(parse_query("red"), broken.photos)
    wait_for(whole)
    assert whole.progress().status is Status.DONE


def test_a_cancelled_run_keeps_both_kinds_of_scores_for_the_next_process(tmp_path: Path, start: Start) -> None:
    judge = FakeJudge()
    judge.for_quick_looks(None)
    judge.begun = threading.Event()
    judge.hold()  # full looks alone
    always = QuickLookPlan(QuickLooks.ALWAYS)
    job = start(judge, quick_looks=always).submit(parse_query("red"), write_reds(tmp_path, [10, 20, 30]))
    assert judge.begun.wait(WAIT_S)
    job.cancel()
    judge.let_go()
    wait_for(job)
    kept = start(FakeJudge()).book.find(job.id, owner="")
    assert kept is not None
    assert [(one.index, one.look) for one in kept.progress().found if isinstance(one, ScoredPhoto)] == [
        (0, Look.QUICK),
        (1, Look.QUICK),
        (2, Look.QUICK),
        (2, Look.FULL),
    ]


def test_pairs_have_full_looks_alone_even_where_all_have_one_text(tmp_path: Path, start: Start) -> None:
    photos, judge = write_reds(tmp_path, [10, 20]), FakeJudge()
    pairs = Pairs(tuple(Pair(line, photo, parse_query("red"), None) for line, photo in enumerate(photos, 1)), ())
    worker = start(judge, quick_looks=QuickLookPlan(QuickLooks.ALWAYS))
    job = wait_for(worker.submit(parse_query("list.csv"), photos, pairs=pairs))
    assert (len(job.progress().outcomes), job.progress().quick) == (2, ())


def timed_job(monkeypatch: pytest.MonkeyPatch, photos: list[Photo], at_s: Iterable[float]) -> Job:
    """A job that begins at 100 s and sees these times when something is added to it."""
    job = Job(Run("id", "", None, parse_query("red"), tuple(photos), begun_s=0.0))
    times_s = iter([100.0, *at_s])
    monkeypatch.setattr("lychee_rerank.jobs.job.time", SimpleNamespace(monotonic=lambda: next(times_s)))
    assert job.progress().remaining_s is None
    job.begin(scored_by="key", demo=False)
    return job


def test_the_time_left_is_the_time_per_photo_times_the_photos_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = write_reds(tmp_path, [1, 2, 3, 4, 5])
    job = timed_job(monkeypatch, photos, [101.0, 104.0, 104.5])
    for index in range(2):
        job.add(Refusal(index, photos[index].name, RefusalReason.BROKEN))
    progress = job.progress()
    assert (progress.elapsed_s, progress.remaining_s) == (4.5, 3 * 2.0)


def test_while_quick_looks_are_due_the_time_left_is_that_of_both_kinds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = write_reds(tmp_path, [1, 2, 3, 4, 5])
    job = timed_job(monkeypatch, photos, [101.0, 110.0, 110.0, 111.0, 111.0])
    quick = [ScoredPhoto(index, "", Score(1.0, 1.0, 1.0, "1", Rule.EXPECTED), "", Look.QUICK) for index in range(5)]
    job.due(Look.QUICK)
    job.add(quick[0])
    job.add(replace(quick[0], look=Look.FULL))
    assert job.progress().remaining_s == 4 * 1.0 + 4 * 9.0
    job.add(quick[1])
    progress = job.progress()
    assert progress.remaining_s == 3 * 1.0 + 4 * 9.0
    assert [one.look for one in progress.found if isinstance(one, ScoredPhoto)] == [Look.QUICK, Look.QUICK, Look.FULL]
    assert (progress.seen, progress.share) == (2, pytest.approx((2 * 0.1 + 1 * 0.9) / 5))


def test_a_job_that_begins_anew_is_timed_anew_and_keeps_its_seconds(tmp_path: Path) -> None:
    photos = tuple(write_reds(tmp_path, range(3)))
    job = Job(Run("id", "", None, parse_query("red"), photos, begun_s=0.0))
    job.begin(scored_by="key", demo=False)
    job.add(Refusal(0, photos[0].name, RefusalReason.BROKEN))
    before = job.progress()
    assert before.remaining_s is not None
    job.begin(scored_by="key", demo=False)
    after = job.progress()
    assert after.remaining_s is None
    assert after.outcomes == before.outcomes
    assert after.elapsed_s >= before.elapsed_s
