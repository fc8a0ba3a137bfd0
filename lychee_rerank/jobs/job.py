"""One run in progress, as any thread may see it; knows no worker, no store and no model.

A job belongs to the process: whatever a page does, it goes on until it is done or cancelled.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lychee_rerank.errors import LycheeError
from lychee_rerank.query import Query
from lychee_rerank.records import Look, Outcome, Photo, Run, ScoredPhoto

QUICK_SHARE = 0.1  # of the work that a photo makes: about what a quick look at the 7B's shapes costs


class Status(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """A job as it stands at one moment; `remaining_s` is None until a photo has been timed.

    `quick` are the scores from quick looks, those of photos that have an outcome by now among them; `look` is the kind
    of look that is due.
    """

    status: Status
    outcomes: tuple[Outcome, ...]
    quick: tuple[ScoredPhoto, ...]
    look: Look
    total: int
    elapsed_s: float
    remaining_s: float | None
    error: LycheeError | None

    @property
    def active(self) -> bool:
        """True while there is more to come."""
        return self.status in (Status.WAITING, Status.RUNNING)

    @property
    def found(self) -> tuple[Outcome, ...]:
        """Scores from quick looks, then the outcomes; a photo with both is there twice."""
        return (*self.quick, *self.outcomes)

    @property
    def seen(self) -> int:
        """How many photos have an outcome or a provisional score."""
        return len({outcome.index for outcome in self.found})

    @property
    def share(self) -> float:
        """How much of the job is done, from 0 to 1: quick looks are a small part of it."""
        return (QUICK_SHARE * self.seen + (1 - QUICK_SHARE) * len(self.outcomes)) / self.total


class _Pace:
    """How long each kind of look takes, in seconds since the job began here; knows no clock."""

    def __init__(self) -> None:
        self._spent_s, self._counted = dict.fromkeys(Look, 0.0), dict.fromkeys(Look, 0)
        self._last_s = 0.0

    def count(self, look: Look, at_s: float) -> None:
        """One more such look is over, which took the time since the one before."""
        self._spent_s[look] += at_s - self._last_s
        self._counted[look] += 1
        self._last_s = at_s

    def remaining_s(self, left: Mapping[Look, int]) -> float | None:
        """The time that the looks left take; None while one of their kinds is not timed."""
        if not all(self._counted[look] for look in left):
            return None
        return sum(self._spent_s[look] / self._counted[look] * count for look, count in left.items())


class Job:
    """One query over one gallery, or a list of pairs; safe to ask from any thread.

    One that is not `kept` leaves no run behind. `outcomes` and `elapsed_s` are what an earlier process left of it,
    provisional scores included, and `scored_by` the key of those scores as JSON; `demo`: they are the demo model's.
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
        kept: bool = True,
    ) -> None:
        self.run, self.kept = run, kept
        self.id, self.owner, self.query, self.photos = run.id, run.owner, run.query, run.photos
        self.key = (run.owner, run.query, run.photos, run.pairs)
        self.scored_by, self.demo = scored_by, demo
        self._lock = threading.Lock()
        self._status = status
        self._error: LycheeError | None = None
        self._outcomes: dict[int, Outcome] = {}
        self._quick: dict[int, ScoredPhoto] = {}
        for outcome in outcomes:
            self._take(outcome)
        self._pace, self._look = _Pace(), Look.FULL
        self._before_s = elapsed_s
        self._started_s = self._ended_s = 0.0
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        if not self.progress().active:
            self._ended.set()

    def progress(self) -> Progress:
        """The job as it stands now."""
        with self._lock:
            return Progress(
                status=self._status,
                outcomes=tuple(self._outcomes.values()),
                quick=tuple(self._quick.values()),
                look=self._look,
                total=len(self.photos),
                elapsed_s=self._elapsed_s(),
                remaining_s=self._pace.remaining_s(self._left_of()),
                error=self._error,
            )

    @property
    def elapsed_s(self) -> float:
        """The seconds that it took so far, in earlier processes too."""
        with self._lock:
            return self._elapsed_s()

    def _elapsed_s(self) -> float:
        here_s = (self._ended_s or time.monotonic()) - self._started_s if self._started_s else 0.0
        return self._before_s + here_s

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
                self._quick.clear()
                self._before_s = 0.0
            self._before_s, self._pace = self._elapsed_s(), _Pace()  # where it begins anew
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
        """Takes what came of one photo, or its provisional score."""
        with self._lock:
            self._pace.count(self._take(outcome), time.monotonic() - self._started_s)

    def _take(self, outcome: Outcome) -> Look:
        if isinstance(outcome, ScoredPhoto) and outcome.look is Look.QUICK:
            self._quick[outcome.index] = outcome
            return Look.QUICK
        self._outcomes[outcome.index] = outcome
        return Look.FULL

    def due(self, look: Look) -> None:
        """Notes which kind of look is taken from now on."""
        with self._lock:
            self._look = look

    def _left_of(self) -> dict[Look, int]:
        """How many looks of each kind are due."""
        left = len(self.photos) - len(self._outcomes)
        unseen = left - len(self._quick.keys() - self._outcomes.keys())
        return {Look.FULL: left, Look.QUICK: unseen} if self._look is Look.QUICK else {Look.FULL: left}

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
