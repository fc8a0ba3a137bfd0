"""Why a photo got its score, from the worker: as it grows, made once, kept with the run, in turn, never hanging."""

import threading
from collections.abc import Callable
from pathlib import Path

from lychee_rerank.errors import DeviceLost, LycheeError, ModelUnusable, PhotoRefused, ScoringElsewhere
from lychee_rerank.jobs.explanations import Explanation, ExplanationBook, ExplanationProgress
from lychee_rerank.jobs.job import Job
from lychee_rerank.jobs.worker import Worker
from lychee_rerank.photos.example import load_example
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Pair, Pairs, Photo, Refusal
from lychee_rerank.scoring.prompts import explain, explain_like
from lychee_rerank.store.store import Store
from tests.fakes import FakeJudge
from tests.jobs.workers import ANN, BEN, Start, another_process, find, no_model, wait_for
from tests.limits import WAIT_S
from tests.pictures import write_reds

WORDS = "A red sofa."


def score(worker: Worker, photos: list[Photo], *, query: str = "Red", owner: str = ANN) -> Job:
    return wait_for(worker.submit(parse_query(query), photos, owner=owner))


def explain_whole(worker: Worker, job: Job, index: int, **options: bool) -> Explanation:
    return wait_for(worker.explain(job, index, **options))


def test_an_explanation_is_of_the_photos_score_and_the_jobs_query_from_memory(start: Start, photo_folder: Path) -> None:
    judge = FakeJudge()
    worker = start(judge, memory_bytes=10_000)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    encoded, judge.text = judge.encoded, WORDS
    explanation = explain_whole(worker, job, 1)
    assert explanation.progress() == ExplanationProgress(WORDS, over=True)
    assert (judge.templates[-1], judge.queries[-1]) == (explain(4.0), "red")
    assert judge.encoded == encoded == 2


def test_a_score_beside_an_example_is_explained_in_the_language_asked_for_in_a_later_process_too(
    start: Start, photo_folder: Path
) -> None:
    photos, judge, again = write_reds(photo_folder, [255, 102]), FakeJudge(), FakeJudge()
    worker = start(judge)
    job = wait_for(worker.submit(parse_query("", load_example(photos[0])), photos, owner=ANN))
    wait_for(worker.explain(job, 1, language="Chinese"))
    wait_for(worker.explain(job, 0))
    worker.close()
    assert judge.templates[1:] == [explain_like(4.0, language="Chinese"), explain_like(10.0, language="English")]
    assert len(judge.examples) == 1
    other = start(again)
    assert explain_whole(other, find(other, job), 1).progress().text == "4.0"
    other.explanations = ExplanationBook(Store(photo_folder).explanations)  # as if none had been kept
    wait_for(other.explain(find(other, job), 1, language="Chinese"))
    assert again.templates == [explain_like(4.0, language="Chinese")]


def test_a_photo_of_a_list_is_explained_by_its_own_text(start: Start, photo_folder: Path) -> None:
    judge, photos = FakeJudge(), write_reds(photo_folder, [255, 102])
    worker = start(judge)
    good = [Pair(n, photo, parse_query(f"Text {n}"), None) for n, photo in enumerate(photos)]
    job = wait_for(worker.submit(parse_query("posts.csv"), photos, owner=ANN, pairs=Pairs(tuple(good), bad=())))
    judge.text = WORDS
    assert explain_whole(worker, job, 1).progress().text == WORDS
    assert judge.queries == ["text 0", "text 1", "text 1"]


def test_its_text_can_be_read_while_it_grows(start: Start, photo_folder: Path) -> None:
    judge, grown, made = FakeJudge(), list[ExplanationProgress](), list[Explanation]()
    worker = start(judge)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    judge.text = WORDS
    judge.hold()
    judge.after_token = lambda: grown.append(made[0].progress())
    made.append(worker.explain(job, 1))
    judge.let_go()
    wait_for(made[0])
    assert grown == [ExplanationProgress(WORDS[:length].strip()) for length in range(1, len(WORDS) + 1)]


def test_it_is_made_once_however_often_it_is_requested(start: Start, photo_folder: Path) -> None:
    judge = FakeJudge()
    worker = start(judge)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    assert worker.explanations.find(job, 0) is None
    judge.hold()
    first = worker.explain(job, 0)
    assert worker.explain(job, 0) is worker.explanations.find(job, 0) is first
    assert worker.explain(job, 1) is not first
    judge.let_go()
    wait_for(first)
    wait_for(worker.explain(job, 1))
    assert worker.explain(job, 0) is first
    assert judge.answers == 4


def test_it_is_kept_with_the_run_and_gone_with_it(start: Start, photo_folder: Path, tmp_path: Path) -> None:
    judge = FakeJudge()
    worker = start(judge)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    judge.text = WORDS
    explain_whole(worker, job, 0)
    worker.close()
    again = start(no_model)
    kept = again.explain(find(again, job), 0)
    assert kept.progress() == ExplanationProgress(WORDS, over=True)
    store = Store(tmp_path / "data")
    store.upkeep.clear_run(job.id)
    assert store.explanations.find(job.id, 0, score=10.0) is None


def test_it_goes_before_the_jobs_of_its_owner_and_takes_turns_with_those_of_others(
    start: Start, photo_folder: Path
) -> None:
    judge = FakeJudge()
    worker = start(judge)
    done = score(worker, write_reds(photo_folder, [255, 102]))
    judge.hold()
    judge.begun.clear()
    others = worker.submit(parse_query("blue"), write_reds(photo_folder, [1, 2, 3]), owner=BEN)
    assert judge.begun.wait(WAIT_S)
    own = [
        worker.submit(parse_query(query), write_reds(photo_folder, [4, 5, 6]), owner=ANN) for query in ("green", "grey")
    ]
    explanations = [worker.explain(done, index) for index in (0, 1)]
    later = worker.submit(parse_query("white"), write_reds(photo_folder, [7, 8]), owner=ANN)
    assert worker.book.ahead(later) == tuple(own)
    stood: list[list[int]] = []
    for explanation in explanations:
        end = explanation.end

        def note(text: str, end: Callable[[str], None] = end) -> None:
            stood.append([len(job.progress().outcomes) for job in (others, *own)])
            end(text)

        explanation.end = note  # type: ignore[method-assign]
    judge.let_go()
    for job in (others, *own, later):
        wait_for(job)
    assert stood == [[1, 0, 0], [2, 0, 0]]


def test_a_photo_without_a_score_is_over_with_an_error(start: Start, photo_folder: Path) -> None:
    worker, photos = start(FakeJudge()), write_reds(photo_folder, [255, 102])
    photos[1].path.write_bytes(b"no picture")
    job = score(worker, photos)
    for index in (1, 2):
        explanation = worker.explain(job, index)
        assert (explanation.over, type(explanation.progress().error)) == (True, LycheeError)


def test_a_photo_that_is_gone_is_refused_and_can_be_tried_again(start: Start, photo_folder: Path) -> None:
    judge = FakeJudge()
    worker = start(judge)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    judge.text = WORDS
    content = job.photos[1].path.read_bytes()
    job.photos[1].path.unlink()
    explanation = explain_whole(worker, job, 1)
    assert explanation.progress().refusal == Refusal(1, "102.png", RefusalReason.UNREADABLE)
    job.photos[1].path.write_bytes(content)
    assert worker.explain(job, 1) is explanation
    assert explain_whole(worker, job, 1, again=True).progress().text == WORDS


def test_a_model_that_fails_over_it_ends_it_and_the_worker_goes_on(start: Start, photo_folder: Path) -> None:
    judge = FakeJudge()
    worker = start(judge)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    for error in (
        PhotoRefused(RefusalReason.NOT_FINITE),
        ModelUnusable(ModelProblem.CHANGED, file="f", remedy="r"),
        OSError(),
    ):
        judge.fails_at(red=102, error=error)
        assert explain_whole(worker, job, 1, again=True).progress().failed
    judge.failure = None
    assert not explain_whole(worker, job, 1, again=True).progress().failed
    assert not explain_whole(worker, job, 0).progress().failed


def test_without_a_usable_model_it_ends_with_the_models_error(start: Start, photo_folder: Path) -> None:
    worker = start(FakeJudge())
    job = score(worker, write_reds(photo_folder, [255, 102]))
    worker.close()
    broken = start(no_model)
    assert explain_whole(broken, find(broken, job), 0).progress().error is broken.state().error is not None
    broken.close()

    def check() -> None:
        raise ModelUnusable(ModelProblem.CHANGED, file="folder", remedy="start again")

    changed = start(FakeJudge(), check=check)
    assert isinstance(explain_whole(changed, find(changed, job), 0).progress().error, ModelUnusable)


def test_a_lost_gpu_ends_all_that_wait(start: Start, photo_folder: Path) -> None:
    judge, lost = FakeJudge(), threading.Event()
    worker = start(judge, device_lost=lost.set)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    judge.hold()
    judge.fails_at(red=255, error=DeviceLost("an illegal memory access"))
    explanations = [worker.explain(job, index) for index in (0, 1)]
    judge.let_go()
    assert lost.wait(WAIT_S)
    for explanation in (*explanations, worker.explain(job, 1, again=True)):
        assert explanation.over
        assert isinstance(explanation.progress().error, DeviceLost)


def test_closing_ends_the_one_under_way_those_that_wait_and_those_that_come_later(
    start: Start, photo_folder: Path
) -> None:
    judge, begun, gate = FakeJudge(), threading.Event(), threading.Event()
    worker = start(judge)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    judge.text = WORDS

    def hold_after_the_first_token() -> None:
        begun.set()
        gate.wait(WAIT_S)

    judge.after_token = hold_after_the_first_token
    explanations = [worker.explain(job, index) for index in (0, 1)]
    assert begun.wait(WAIT_S)
    closing = threading.Thread(target=worker.close)
    closing.start()
    for explanation in explanations:
        wait_for(explanation)
    gate.set()
    closing.join(WAIT_S)
    for explanation in (*explanations, worker.explain(job, 0, again=True)):
        assert (explanation.over, type(explanation.progress().error)) == (True, LycheeError)
    assert explanations[0].progress().text == WORDS[:1]
    again = start(FakeJudge(text="Whole."))
    assert explain_whole(again, find(again, job), 0).progress().text == "Whole."


def test_a_cancelled_one_grows_no_further_and_is_made_anew_on_the_next_request(
    start: Start, photo_folder: Path
) -> None:
    judge, made = FakeJudge(), list[Explanation]()
    worker = start(judge)
    job = score(worker, write_reds(photo_folder, [255, 102]))
    judge.text = WORDS
    judge.hold()
    made += [worker.explain(job, index) for index in (0, 1)]
    judge.after_token = made[0].cancel
    made[1].cancel()
    judge.let_go()
    wait_for(made[0])
    anew = explain_whole(worker, job, 0)
    assert made[0].progress() == ExplanationProgress(WORDS[:1], over=True, cancelled=True)
    assert anew.progress().text == WORDS
    assert judge.answers == 4  # the one that was cancelled while it waited never began


def test_while_another_process_scores_it_ends_with_that_error_and_kept_ones_are_found(
    start: Start, photo_folder: Path, tmp_path: Path
) -> None:
    worker = start(FakeJudge())
    job = score(worker, write_reds(photo_folder, [255, 102]))
    explain_whole(worker, job, 0)
    worker.close()
    with another_process(tmp_path / "lock") as first:
        second = start(FakeJudge())
        assert second.state().elsewhere
        there = find(second, job)
        assert second.explain(there, 0).progress() == ExplanationProgress("10.0", over=True)
        assert isinstance(second.explain(there, 1).progress().error, ScoringElsewhere)
        first.kill()
    assert second.wait(WAIT_S)
    assert explain_whole(second, there, 1).progress().text == "4.0"
