"""The worker across processes and users: going on where another stopped, never scoring twice, taking turns."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.errors import DeviceLost, ExampleRefused, ModelUnusable, ScoringElsewhere
from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.jobs.worker import Worker
from lychee_rerank.photos.example import load_example
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Pair, Pairs, Photo, Readout, Refusal, ScoredPhoto
from lychee_rerank.scoring.quick_look import QuickLookPlan, QuickLooks
from tests.fakes import FakeJudge
from tests.jobs.workers import ANN, BEN, Start, another_process, find, no_model, wait_for
from tests.limits import WAIT_S
from tests.pictures import write_reds


def stop_at(worker: Worker, judge: FakeJudge, answers: int) -> threading.Event:
    """Closes the worker while it is at the answer of that number; set once that is so."""
    stopped = threading.Event()

    def close() -> None:
        if judge.answers == answers and not stopped.is_set():
            stopped.set()
            worker._queue.close()

    judge.before_generate = close
    return stopped


def scores(job: Job) -> dict[int, float]:
    return {o.index: o.score.value for o in job.progress().outcomes if isinstance(o, ScoredPhoto)}


def test_a_run_goes_on_by_itself_where_the_last_process_stopped(start: Start, photo_folder: Path) -> None:
    photos, first, second = write_reds(photo_folder, range(6)), FakeJudge(), FakeJudge()
    worker = start(first)
    stopped = stop_at(worker, first, 3)
    job = worker.submit(parse_query("red"), photos, owner=ANN)
    assert stopped.wait(WAIT_S)
    worker.close()
    assert first.answers == 4
    job = wait_for(find(start(second), job))
    assert job.progress().status is Status.DONE
    assert scores(job) == {n: round(n / 25.5, 1) for n in range(6)}
    assert second.answers == 2


@pytest.mark.parametrize("words", ["", "but in blue"])
def test_a_run_with_an_example_goes_on_where_the_last_process_stopped_though_its_photo_is_gone(
    start: Start, photo_folder: Path, words: str
) -> None:
    photos, first, second = write_reds(photo_folder, range(6)), FakeJudge(), FakeJudge()
    (chosen,) = write_reds(photo_folder, [200])
    worker = start(first)
    stopped = stop_at(worker, first, 3)
    job = worker.submit(parse_query(words, load_example(chosen)), photos, owner=ANN)
    assert stopped.wait(WAIT_S)
    worker.close()
    chosen.path.unlink()
    job = wait_for(find(start(second), job))
    assert job.progress().status is Status.DONE
    assert scores(job) == {n: round((55 + n) / 25.5, 1) for n in range(6)}
    assert (first.answers, second.answers, len(second.examples), second.queries) == (4, 2, 1, [words])


def test_an_example_that_cannot_be_looked_at_ends_its_run_and_no_other(start: Start, photo_folder: Path) -> None:
    photos, chosen = write_reds(photo_folder, range(3)), photo_folder / "notes.jpg"
    chosen.write_bytes(b"no picture")
    worker = start(FakeJudge())
    job = wait_for(worker.submit(parse_query("", load_example(Photo("notes.jpg", chosen))), photos))
    assert job.progress().status is Status.FAILED
    error = job.progress().error
    assert isinstance(error, ExampleRefused)
    assert error.reason is RefusalReason.NOT_A_PICTURE
    assert wait_for(worker.submit(parse_query("red"), photos)).complete


def test_an_example_that_is_gone_begins_no_run(start: Start, photo_folder: Path) -> None:
    photos, worker = write_reds(photo_folder, range(3)), start(FakeJudge())
    query = parse_query("", load_example(photos[0]))
    photos[0].path.unlink()
    with pytest.raises(ExampleRefused):
        worker.submit(query, photos, owner=ANN)
    assert worker.book.under_way(ANN) == ()


def test_one_run_serves_all_who_ask_with_the_same_example_and_words(start: Start, photo_folder: Path) -> None:
    photos, judge = write_reds(photo_folder, range(3)), FakeJudge()
    judge.hold()
    worker = start(judge)
    first, second = (load_example(photo) for photo in photos[:2])
    jobs = [worker.submit(parse_query(words, example), photos) for example, words in ((first, ""), (second, ""))]
    jobs += [worker.submit(parse_query("red", first), photos), worker.submit(parse_query("red"), photos)]
    assert len({job.id for job in jobs}) == 4
    assert worker.submit(parse_query(" ", replace(first, name="another name")), photos) is jobs[0]
    judge.let_go()
    assert all(wait_for(job).complete for job in jobs)


def test_what_another_readout_scored_is_scored_again_after_a_restart(start: Start, photo_folder: Path) -> None:
    photos, first, second = write_reds(photo_folder, range(4)), FakeJudge(), FakeJudge()
    worker = start(first)
    stopped = stop_at(worker, first, 1)
    job = worker.submit(parse_query("red"), photos)
    assert stopped.wait(WAIT_S)
    worker.close()
    job = wait_for(find(start(second, readout=Readout.YES_NO), job))
    assert {o.score.rule for o in job.progress().outcomes if isinstance(o, ScoredPhoto)} == {"yes_no"}
    assert second.answers == 4


def test_a_finished_run_opens_without_a_model(start: Start, photo_folder: Path) -> None:
    worker = start(FakeJudge())
    job = wait_for(worker.submit(parse_query("red"), write_reds(photo_folder, range(3)), owner=ANN))
    worker.close()
    found = find(start(no_model), job)
    assert found.progress().outcomes == job.progress().outcomes
    assert (found.query.text, found.photos, found.active) == ("red", job.photos, False)


def test_the_same_photo_and_query_are_scored_once_across_runs_users_and_restarts(
    start: Start, photo_folder: Path
) -> None:
    photos, judge = write_reds(photo_folder, range(5)), FakeJudge()
    worker = start(judge)
    first = wait_for(worker.submit(parse_query("red"), photos[:3], owner=ANN))
    second = wait_for(worker.submit(parse_query(" RED "), photos, owner=BEN))
    worker.close()
    third = wait_for(start(judge).submit(parse_query("red"), photos, owner=ANN))
    assert judge.answers == 5
    assert len({first.id, second.id, third.id}) == 3
    assert scores(third) == scores(second)
    assert judge.queries == ["red", "red"]


def pair_up(photos: list[Photo], texts: list[str]) -> Pairs:
    good = [
        Pair(n, photo, parse_query(text), None)
        for n, (photo, text) in enumerate(zip(photos, texts, strict=True), start=2)
    ]
    return Pairs(tuple(good), bad=())


def test_every_photo_of_a_list_is_scored_against_its_own_text_and_the_next_process_goes_on(
    start: Start, photo_folder: Path
) -> None:
    photos, first, second = write_reds(photo_folder, range(5)), FakeJudge(), FakeJudge()
    pairs = pair_up(photos, ["sofa", "dog", "sofa", "bird", "dog"])
    worker = start(first)
    stopped = stop_at(worker, first, 2)
    job = worker.submit(parse_query("posts.csv"), photos, owner=ANN, pairs=pairs)
    assert worker.submit(parse_query("posts.csv"), photos, owner=ANN, pairs=pairs) is job
    assert stopped.wait(WAIT_S)
    worker.close()
    assert (first.queries, first.answers) == (["sofa", "dog"], 3)
    worker = start(second)
    found = wait_for(find(worker, job))
    assert (second.queries, second.answers) == (["bird", "dog"], 2)
    assert scores(found) == {n: round(n / 25.5, 1) for n in range(5)}
    assert found.run.pairs == pairs
    wait_for(worker.submit(parse_query("dog"), [photos[1], photos[4]], owner=ANN))
    assert second.answers == 2, "what a list scored is known to a query of the same words"


def test_a_list_that_is_cancelled_keeps_what_it_has(start: Start, photo_folder: Path) -> None:
    photos, judge = write_reds(photo_folder, range(4)), FakeJudge()
    worker = start(judge)
    judge.before_generate = lambda: job.cancel() if judge.answers == 1 else None
    with worker._queue._changed:
        job = worker.submit(parse_query("posts.csv"), photos, pairs=pair_up(photos, ["a", "b", "c", "d"]))
    wait_for(job)
    assert job.progress().status is Status.CANCELLED
    assert scores(job).keys() == {0, 1}


def test_nobody_finds_the_run_of_another(start: Start, photo_folder: Path) -> None:
    worker = start(FakeJudge())
    job = wait_for(worker.submit(parse_query("red"), write_reds(photo_folder, range(2)), owner=ANN))
    assert worker.book.find(job.id, owner=ANN) is job
    assert worker.book.find(job.id, owner=BEN) is None
    assert worker.submit(parse_query("red"), job.photos, owner=BEN) is not job


@pytest.mark.parametrize("when", [QuickLooks.NEVER, QuickLooks.ALWAYS])
def test_ten_photos_do_not_wait_behind_a_thousand(start: Start, photo_folder: Path, when: QuickLooks) -> None:
    many, few = write_reds(photo_folder, range(200)), write_reds(photo_folder, range(210, 220))
    judge = FakeJudge()
    judge.hold()
    worker = start(judge, quick_looks=QuickLookPlan(when))
    large = worker.submit(parse_query("red"), many, owner=ANN)
    assert judge.begun.wait(WAIT_S)
    small = worker.submit(parse_query("red"), few, owner=BEN)
    done_of_large: list[int] = []
    small_end = small.end

    def note_the_end(*of: object) -> None:
        progress = large.progress()
        done_of_large.append(len(progress.outcomes) + len(progress.quick))
        small_end(*of)  # type: ignore[arg-type]

    small.end = note_the_end  # type: ignore[method-assign]
    judge.let_go()
    wait_for(small)
    looks = 1 if when is QuickLooks.NEVER else 2
    assert done_of_large == [pytest.approx(10 * looks, abs=1)]
    large.cancel()
    wait_for(large)


def test_the_jobs_of_one_user_wait_for_each_other(start: Start, photo_folder: Path) -> None:
    judge = FakeJudge()
    judge.hold()
    worker, photos = start(judge), write_reds(photo_folder, range(3))
    jobs = [worker.submit(parse_query(query), photos, owner=ANN) for query in ("red", "blue", "green")]
    assert judge.begun.wait(WAIT_S)
    assert [worker.book.ahead(job) for job in jobs] == [(), (jobs[0],), (jobs[0], jobs[1])]
    jobs[2].cancel()
    judge.let_go()
    wait_for(jobs[2])
    wait_for(jobs[1])
    assert judge.queries == ["red", "blue"]
    assert worker.book.ahead(jobs[1]) == ()


def test_a_lost_gpu_ends_the_process_and_the_run_goes_on_in_the_next_without_the_photo_that_did_it_twice(
    start: Start, photo_folder: Path
) -> None:
    photos = write_reds(photo_folder, range(4))
    judges = [FakeJudge(), FakeJudge(), FakeJudge()]
    job = None
    for judge in judges[:2]:
        lost = threading.Event()
        judge.fails_at(red=2, error=DeviceLost("an illegal memory access"))
        worker = start(judge, device_lost=lost.set)
        job = job or worker.submit(parse_query("red"), photos)
        assert lost.wait(WAIT_S)
        worker.close()
    assert job is not None
    job = wait_for(find(start(judges[2]), job))
    assert scores(job).keys() == {0, 1, 3}
    (refusal,) = [outcome for outcome in job.progress().outcomes if isinstance(outcome, Refusal)]
    assert (refusal.index, refusal.reason) == (2, RefusalReason.SUSPECT)
    assert [judge.answers for judge in judges] == [2, 0, 1]


def test_a_model_folder_that_changed_stops_new_runs_and_not_old_ones(start: Start, photo_folder: Path) -> None:
    changed = threading.Event()

    def check() -> None:
        if changed.is_set():
            raise ModelUnusable(ModelProblem.CHANGED, file="folder", remedy="start again")

    worker, photos = start(FakeJudge(), check=check), write_reds(photo_folder, range(2))
    old = wait_for(worker.submit(parse_query("red"), photos))
    changed.set()
    new = wait_for(worker.submit(parse_query("blue"), photos))
    assert new.progress().status is Status.FAILED
    assert isinstance(new.progress().error, ModelUnusable)
    assert worker.book.find(old.id) is old


def test_a_second_process_waits_until_the_first_is_gone_however_it_ends(
    start: Start, photo_folder: Path, tmp_path: Path
) -> None:
    with another_process(tmp_path / "lock") as first:
        tidied = threading.Event()
        worker = start(FakeJudge(), tidy=tidied.set)
        assert worker.state().elsewhere
        assert not tidied.is_set()
        with pytest.raises(ScoringElsewhere):
            worker.submit(parse_query("red"), write_reds(photo_folder, range(2)))
        first.kill()
    assert worker.wait(WAIT_S)
    assert tidied.is_set()
    wait_for(worker.submit(parse_query("red"), write_reds(photo_folder, range(2))))
