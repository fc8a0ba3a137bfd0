"""What the worker has done is counted, run by run."""

from pathlib import Path

from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Look
from lychee_rerank.scoring.quick_look import QuickLookPlan, QuickLooks
from tests.fakes import FakeJudge
from tests.jobs.workers import Start, wait_for
from tests.pictures import write_reds


def test_photos_are_counted_by_look_and_refusals_by_reason(start: Start, photo_folder: Path) -> None:
    worker = start(FakeJudge(), quick_looks=QuickLookPlan(QuickLooks.ALWAYS))
    photos = write_reds(photo_folder, range(3))
    photos[1].path.write_bytes(b"")
    assert worker.tally.done().scored == {}
    wait_for(worker.submit(parse_query("red"), photos))
    worker.close()
    done = worker.tally.done()
    assert done.scored == {Look.FULL: 2, Look.QUICK: 2}
    assert done.refused == {RefusalReason.EMPTY: 1}
    assert done.seconds > 0


def test_a_run_that_is_not_kept_leaves_none_and_takes_no_quick_looks(start: Start, photo_folder: Path) -> None:
    judge = FakeJudge()
    judge.hold()
    worker = start(judge, quick_looks=QuickLookPlan(QuickLooks.ALWAYS))
    photos = write_reds(photo_folder, range(3))
    job = worker.submit(parse_query("red"), photos, kept=False)
    again = worker.submit(parse_query("red"), photos, kept=False)
    assert job is not again
    assert worker.book.count_active() == 2
    judge.let_go()
    assert wait_for(job).complete
    assert wait_for(again).complete
    assert worker.book.count_active() == 0
    assert worker.tally.done().scored == {Look.FULL: 6}
    assert worker._store.runs.past("", most=9) == ()
    assert worker.book.left_under_way() == ()
