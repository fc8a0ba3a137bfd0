"""One worker thread that owns the model, and the jobs that wait for it; knows no page and no model class.

A job belongs to the process: whatever a page does, it goes on until it is done or cancelled.
"""

import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lychee_rerank.errors import LycheeError
from lychee_rerank.prompts import PromptTemplate, clean_query
from lychee_rerank.records import ModelCard, Photo, Readout
from lychee_rerank.scorer import Judge, Outcome, score_photos

log = logging.getLogger(__name__)

_STOP_S = 5.0  # Docker kills what has not ended 10 s after it was asked to
MAX_KEPT_JOBS = 200  # finished jobs are forgotten beyond this many, oldest first


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
    error: LycheeError | None

    @property
    def active(self) -> bool:
        """True while there is more to come."""
        return self.status in (Status.WAITING, Status.RUNNING)

    @property
    def remaining_s(self) -> float | None:
        """Seconds left if the rest takes as long per photo as what is done."""
        done = len(self.outcomes)
        return self.elapsed_s / done * (self.total - done) if done else None


class Job:
    """One query over one gallery; safe to ask from any thread."""

    def __init__(self, query: str, photos: tuple[Photo, ...]) -> None:
        self.id = secrets.token_urlsafe(9)
        self.query = query
        self.photos = photos
        self.key = (clean_query(query), photos)
        self._lock = threading.Lock()
        self._outcomes: list[Outcome] = []
        self._status = Status.WAITING
        self._error: LycheeError | None = None
        self._started_s = self._ended_s = 0.0
        self._cancelled = threading.Event()
        self._ended = threading.Event()

    def progress(self) -> Progress:
        """The job as it stands now."""
        with self._lock:
            now_s = self._ended_s or time.monotonic()
            elapsed_s = now_s - self._started_s if self._started_s else 0.0
            return Progress(self._status, tuple(self._outcomes), len(self.photos), elapsed_s, self._error)

    @property
    def active(self) -> bool:
        """True while there is more to come."""
        return not self._ended.is_set()

    def cancel(self) -> None:
        """Ends a job that waits at once, a running one after the photo in work; what is scored is kept."""
        self._cancelled.set()
        with self._lock:
            if self._status is Status.WAITING:
                self._end(Status.CANCELLED)

    def run(self, judge: Judge, *, readout: Readout = Readout.NUMBER, template: PromptTemplate | None = None) -> None:
        """Scores the photos one by one, on the calling thread."""
        with self._lock:
            if self._status is not Status.WAITING:
                return
            self._status, self._started_s = Status.RUNNING, time.monotonic()
        for outcome in score_photos(judge, self.query, self.photos, readout=readout, template=template):
            with self._lock:
                self._outcomes.append(outcome)
            if self._cancelled.is_set():
                break
        complete = len(self._outcomes) == len(self.photos)
        self.end(Status.DONE if complete else Status.CANCELLED)

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

    @property
    def cancelled(self) -> bool:
        """True once `cancel` was called."""
        return self._cancelled.is_set()


class Worker:
    """Loads the model once, then runs job after job; once `loaded` is set, `card` or `error` tells how that went.

    Every job is scored by the same readout; `template` takes the place of its own prompt.
    """

    def __init__(
        self,
        load: Callable[[], Judge],
        *,
        readout: Readout = Readout.NUMBER,
        template: PromptTemplate | None = None,
    ) -> None:
        self.readout, self.template = readout, template
        self.card: ModelCard | None = None
        self.error: LycheeError | None = None
        self.loaded = threading.Event()
        self._load = load
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="lychee-worker", daemon=True)
        self._thread.start()

    def submit(self, query: str, photos: Sequence[Photo]) -> Job:
        """A job for this query over these photos: the one under way if there is one, a new one otherwise.

        Raises QueryRefused.
        """
        job = Job(query, tuple(photos))
        with self._lock:
            for known in self._jobs.values():
                if known.key == job.key and known.active and not known.cancelled:
                    return known
            self._jobs[job.id] = job
            for stale in [other.id for other in self._jobs.values() if not other.active][:-MAX_KEPT_JOBS]:
                del self._jobs[stale]
        self._waiting.put(job)
        return job

    def find(self, job_id: str) -> Job | None:
        """The job of this id, None where it is not known (any more)."""
        with self._lock:
            return self._jobs.get(job_id)

    def close(self) -> None:
        """Cancels every job and waits for the photo in work, though not for long: a stop has to end within 10 s."""
        with self._lock:
            for job in self._jobs.values():
                job.cancel()
        self._waiting.put(None)
        self._thread.join(_STOP_S)

    def _work(self) -> None:
        judge = self._load_judge()
        self.loaded.set()
        while (job := self._waiting.get()) is not None:
            if judge is not None:
                self._run(job, judge)
            elif job.active:
                job.end(Status.FAILED, self.error)

    def _load_judge(self) -> Judge | None:
        try:
            judge = self._load()
            self.card = judge.card
            return judge
        except LycheeError as error:
            log.error("the model cannot be used: %s", error)
            self.error = error
        except Exception as error:  # whatever it was, the page has to say that no model is there
            log.error("loading the model failed: %s", type(error).__name__)
            log.debug("loading the model failed", exc_info=error)  # its message may hold a path
            self.error = LycheeError(f"loading failed: {type(error).__name__}")
        return None

    def _run(self, job: Job, judge: Judge) -> None:
        try:
            job.run(judge, readout=self.readout, template=self.template)
        except LycheeError as error:
            job.end(Status.FAILED, error)
        except Exception as error:  # one run's failure must not end the worker
            log.error("a run failed: %s", type(error).__name__)
            log.debug("a run failed", exc_info=error)  # its message may hold a query
            job.end(Status.FAILED, LycheeError(f"the run failed: {type(error).__name__}"))
