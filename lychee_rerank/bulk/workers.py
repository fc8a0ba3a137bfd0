"""Has workers score the parts of a run, on this machine or on those of a Ray cluster; knows no photo and no score.

A part is given out again where its worker ends, and a worker that comes back is given parts again. Ray starts workers
and restarts them; which part is next is decided here: a part is worth minutes, and none may wait in the queue of a
worker that is gone, as it would in Ray Data.
"""

import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from lychee_rerank.bulk.bulk_run import BulkRun
from lychee_rerank.bulk.part_scorer import FinishedPart, PartScorer, Tools, load_tools
from lychee_rerank.bulk.staff import Staff
from lychee_rerank.errors import BulkFailed, DeviceLost, LycheeError
from lychee_rerank.machine import let_threads_sleep
from lychee_rerank.settings import Settings
from lychee_rerank.text import first_line

log = logging.getLogger(__name__)

MOST_TRIES = 5  # of a part whose worker ends
TELL_EVERY_S = 60.0  # that nothing happens


class BulkWorker:
    """A process that scores parts; its model is loaded with the first."""

    def __init__(self, run: BulkRun, workers: int, load: Callable[[Settings], Tools]) -> None:
        let_threads_sleep()
        self._run, self._workers, self._load = run, workers, load
        self._scorer: PartScorer | None = None

    def ready(self) -> None:
        """Answers once the process is there."""

    def score(self, part: int) -> FinishedPart:
        """Scores and writes a part; raises BulkFailed, as other errors of ours do not come whole through Ray."""
        try:
            self._scorer = self._scorer or PartScorer(self._run, workers=self._workers, load=self._load)
            return self._scorer.score(part)
        except DeviceLost:
            os._exit(1)  # Ray starts another; the photo is noted
        except (LycheeError, OSError) as error:
            raise BulkFailed(str(error)) from None


@dataclass(slots=True)
class _Round:
    """Which worker does what: the refs of Ray for its answers, and the parts that nobody has."""

    waiting: deque[int]
    idle: list[Any] = field(default_factory=list)
    scoring: dict[Any, tuple[Any, int]] = field(default_factory=dict)
    returning: dict[Any, Any] = field(default_factory=dict)
    tries: Counter[int] = field(default_factory=Counter)

    def give_out(self) -> None:
        """Gives each idle worker the next part."""
        while self.waiting and self.idle:
            worker, part = self.idle.pop(), self.waiting.popleft()
            self.tries[part] += 1
            self.scoring[worker.score.remote(part)] = worker, part

    def await_worker(self, worker: Any) -> None:
        """Gives it no part before it is there, or there again."""
        self.returning[worker.ready.options(max_task_retries=-1).remote()] = worker


def score_parts(
    run: BulkRun,
    parts: Sequence[int],
    staff: Staff,
    *,
    load: Callable[[Settings], Tools] = load_tools,
) -> Iterator[FinishedPart]:
    """Each part once it is written, in no order. Raises BulkFailed."""
    actor = ray.remote(
        num_cpus=staff.cpus, num_gpus=staff.gpus, max_restarts=-1, max_task_retries=0, scheduling_strategy="SPREAD"
    )(BulkWorker)
    now = _Round(deque(parts))
    for _ in range(staff.workers):
        now.await_worker(actor.remote(run, staff.per_machine, load))
    while now.waiting or now.scoring:
        now.give_out()
        ready, _ = ray.wait([*now.scoring, *now.returning], num_returns=1, timeout=TELL_EVERY_S)
        if not ready and not now.scoring:
            log.warning("no worker has started yet: the cluster has no core, or no GPU, that is free")
        for done in ready:
            if done in now.returning:
                _take_back(now, done)
            elif finished := _take_part(now, done):
                yield finished


def _take_part(now: _Round, done: Any) -> FinishedPart | None:
    """The part that a worker has written; None where it ended over it, and the part is to be given out again."""
    worker, part = now.scoring.pop(done)
    try:
        finished: FinishedPart = ray.get(done)
    except RayActorError as error:
        if now.tries[part] >= MOST_TRIES:
            raise BulkFailed(f"part {part} ended its worker {MOST_TRIES} times: {first_line(error)}") from error
        now.waiting.appendleft(part)
        now.await_worker(worker)
        return None
    except RayError as error:
        cause = getattr(error, "cause", None) or error
        raise BulkFailed(str(cause) if isinstance(cause, BulkFailed) else first_line(cause)) from error
    now.idle.append(worker)
    return finished


def _take_back(now: _Round, done: Any) -> None:
    """A worker that was away: it works again, or is gone for good."""
    worker = now.returning.pop(done)
    try:
        ray.get(done)
        now.idle.append(worker)
    except RayActorError as error:
        if not (now.idle or now.scoring or now.returning):
            raise BulkFailed(f"no worker is left: {first_line(error)}") from error
