"""One run in progress, as any thread may see it; knows no worker, no store and no model.

A job belongs to the process: whatever a page does, it goes on until it is done or cancelled.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lychee_rerank.errors import LycheeError
from lychee_rerank.query import Query
from lychee_rerank.records import Outcome, Photo, Run


class Status(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """A job as it stands at one moment; `remaining_s` is None until a photo has been timed."""

    status: Status
    outcomes: tuple[Outcome, ...]
    total: int
    elapsed_s: float
    remaining_s: float | None
    error: LycheeError | None

    @property
    def active(self) -> bool:
        """True while there is more to come."""
        return self.status in (Status.WAITING, Status.RUNNING)


class Job:
    """One query over one gallery, or a list of pairs; safe to ask from any thread.

    `outcomes` and `elapsed_s` are what an earlier process left of it, and `scored_by` the key of those scores as JSON;
    `demo`: they are the demo model's.
    """

    def __init__(
        self,
        run: Run,
        *,
        status: Status = Status.WAITING,
        outcomes: Sequence[Outcome] = (),
        elapsed_s: float = 0.0,
        scored_by: str = "",
        demo: bool = False,
    ) -> None:
        self.run = run
        self.id, self.owner, self.query, self.photos = run.id, run.owner, run.query, run.photos
        self.key = (run.owner, run.query, run.photos, run.pairs)
        self.scored_by, self.demo = scored_by, demo
        self._lock = threading.Lock()
        self._status = status
        self._error: LycheeError | None = None
        self._outcomes = {outcome.index: outcome for outcome in outcomes}
        self._before, self._before_s = len(self._outcomes), elapsed_s
        self._started_s = self._ended_s = 0.0
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        if not self.progress().active:
            self._ended.set()

    def progress(self) -> Progress:
        """The job as it stands now."""
        with self._lock:
            here_s = (self._ended_s or time.monotonic()) - self._started_s if self._started_s else 0.0
            here, left = len(self._outcomes) - self._before, len(self.photos) - len(self._outcomes)
            return Progress(
                status=self._status,
                outcomes=tuple(self._outcomes.values()),
                total=len(self.photos),
                elapsed_s=self._before_s + here_s,
                remaining_s=here_s / here * left if here else None,
                error=self._error,
            )

    @property
    def active(self) -> bool:
        """True while there is more to come."""
        return not self._ended.is_set()

    @property
    def cancelled(self) -> bool:
        """True once `cancel` was called."""
        return self._cancelled.is_set()

    @property
    def urgent(self) -> bool:
        """True where it comes before the others of its owner: it only has to be ended."""
        return self.cancelled

    def cancel(self) -> None:
        """Ends a job that waits at once, a running one after the photo in work; what is scored is kept."""
        self._cancelled.set()
        with self._lock:
            if self._status is Status.WAITING:
                self._end(Status.CANCELLED)

    def begin(self, *, scored_by: str, demo: bool) -> None:
        """Marks the job as running; drops what an earlier process left of it where that was scored by another key."""
        with self._lock:
            if self.scored_by not in ("", scored_by):
                self._outcomes.clear()
                self._before, self._before_s = 0, 0.0
            self.scored_by, self.demo = scored_by, demo
            self._status, self._started_s = Status.RUNNING, time.monotonic()

    @property
    def complete(self) -> bool:
        """True once something has come of every photo."""
        return len(self._outcomes) == len(self.photos)

    def left(self) -> dict[Query, list[tuple[int, Photo]]]:
        """The photos that nothing has come of yet, each with its place in upload order, by the query that is theirs."""
        left: dict[Query, list[tuple[int, Photo]]] = {}
        with self._lock:
            for index, photo in enumerate(self.photos):
                if index not in self._outcomes:
                    left.setdefault(self.run.query_of(index), []).append((index, photo))
        return left

    def outcome(self, index: int) -> Outcome | None:
        """What came of the photo at this place in upload order; None while nothing did."""
        with self._lock:
            return self._outcomes.get(index)

    def add(self, outcome: Outcome) -> None:
        """Takes what came of one photo."""
        with self._lock:
            self._outcomes[outcome.index] = outcome

    def end(self, status: Status, error: LycheeError | None = None) -> None:
        """Marks the job as over."""
        with self._lock:
            self._end(status, error)

    def _end(self, status: Status, error: LycheeError | None = None) -> None:
        self._status, self._error, self._ended_s = status, error, time.monotonic()
        self._ended.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Returns once the job is over; False when that takes longer than `timeout_s`."""
        return self._ended.wait(timeout_s)
