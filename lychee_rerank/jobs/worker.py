"""One thread that owns the model and serves all jobs and explanations in turn; knows no page and no model class.

Every outcome is kept as it comes: a run that was under way when the process ended goes on in the next one.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lychee_rerank.errors import DeviceLost, LycheeError, ScoringElsewhere, ServersLost, StorageFailed
from lychee_rerank.jobs.explanations import Explanation, ExplanationBook
from lychee_rerank.jobs.fair_queue import FairQueue
from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.jobs.job_book import JobBook
from lychee_rerank.jobs.job_scoring import JobScoring
from lychee_rerank.jobs.lock import FolderLock
from lychee_rerank.jobs.setup import Setup
from lychee_rerank.jobs.tally import Tally
from lychee_rerank.jobs.worker_state import WorkerState
from lychee_rerank.problems import PassedOver
from lychee_rerank.query import Query
from lychee_rerank.records import Pairs, Photo
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded, Judge
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.store.store import Store

log = logging.getLogger(__name__)

_STOP_S = 5.0  # Docker kills a process 10 s after asking it to end
_LOCK_POLL_S = 1.0
_SERVERS_POLL_S = 2.0  # how often servers are tried again, where none of them answers
_STORE_POLL_S = 5.0  # how often what waits for room on the disk is tried again


class Worker:
    """Loads the model once, then scores; safe to use from any thread."""

    def __init__(self, setup: Setup, store: Store, lock: FolderLock) -> None:
        self.setup = setup
        self._state = WorkerState()
        self._loaded = threading.Event()
        self.book = JobBook(store.runs, store.examples)
        self.explanations = ExplanationBook(store.explanations)
        self.tally = Tally()
        self._store, self._lock = store, lock
        self._queue: FairQueue[Job | Explanation] = FairQueue()
        self._scorings: dict[str, JobScoring] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lychee-worker", daemon=True)

    def start(self) -> "Worker":
        """Begins to work; runs that an earlier process left under way go on by themselves."""
        self._state = WorkerState(elsewhere=not self._take_over())
        self._thread.start()
        return self

    def state(self) -> WorkerState:
        """The worker as it stands now."""
        return self._state

    def wait(self, timeout_s: float | None = None) -> bool:
        """Returns once the model is loaded, or cannot be; False when that takes longer than `timeout_s`."""
        return self._loaded.wait(timeout_s)

    def submit(
        self,
        query: Query,
        photos: Sequence[Photo],
        *,
        owner: str = "",
        gallery: str | None = None,
        pairs: Pairs | None = None,
        passed_over: Mapping[PassedOver, int] | None = None,
        kept: bool = True,
    ) -> Job:
        """A job for this query over these photos: the owner's one under way if there is one, a new one otherwise.

        With `pairs` each of their photos is scored against its own text, and `query` is the list's name; `passed_over`
        counts what lay beside the photos. One that is not `kept` is joined by nobody, leaves no run behind, and ends
        with the process. Raises ScoringElsewhere; ExampleRefused and StorageFailed where an example cannot be kept.
        """
        if self._state.elsewhere:
            raise ScoringElsewhere
        job, is_new = self.book.open(
            query, tuple(photos), owner=owner, gallery=gallery, pairs=pairs, passed_over=passed_over, kept=kept
        )
        if is_new:
            self._queue.add(job)
        return job

    def explain(self, job: Job, index: int, *, again: bool = False, language: str = "English") -> Explanation:
        """Why the photo at this place of the job got its score: under way or kept if it is, a new one otherwise.

        It comes before the owner's jobs. `again` tries anew what failed; what cannot be made is over, with its error.
        A new one is in the language of the query, beside an example in this `language`: "Chinese".
        """
        hindrance = ScoringElsewhere() if self._state.elsewhere else None
        explanation, is_new = self.explanations.open(job, index, again=again, hindrance=hindrance, language=language)
        if is_new:
            self._queue.add(explanation)
        return explanation

    def close(self) -> bool:
        """Leaves every job as it stands and waits for the photo in work, though not for long; False if that goes on."""
        self._closing.set()
        self._queue.close()
        self.explanations.close(LycheeError("the app is being closed"))
        self._thread.join(_STOP_S)
        self._lock.release()
        return not self._thread.is_alive()

    def _work(self) -> None:
        while self._state.elsewhere:
            if self._closing.wait(_LOCK_POLL_S):
                return
            self._state = WorkerState(elsewhere=not self._take_over())
        self.setup.tidy()
        judge = self._load_judge()
        memory = PhotoMemory[Encoded](self.setup.memory_bytes)
        setup, facts = self.setup, self._store.facts
        engine = Engine(judge, setup.decode, memory, setup.hashes, setup.files, facts) if judge else None
        self._loaded.set()
        while not self._queue.closed:
            item = self._queue.next(None if self._store.database.saving else _STORE_POLL_S)
            if item is not None:
                self._advance(item, engine)
            elif not self._queue.closed:
                self._store.database.catch_up()
        for scoring in self._scorings.values():
            scoring.close()

    def _take_over(self) -> bool:
        """True once this process is the one that scores for the folder, with the runs that another left under way."""
        if not self._lock.acquire():
            return False
        try:
            for job in self.book.left_under_way():
                self._queue.add(job)
        except StorageFailed as error:
            log.error("runs that were under way are not found: %s", error)
        return True

    def _load_judge(self) -> Judge | None:
        while not self._closing.is_set():
            try:
                return self._load_at_once()
            except ServersLost as error:
                self._await_servers(error)
        return None

    def _await_servers(self, error: ServersLost) -> None:
        log.warning("no server answers: %s", error)
        self._closing.wait(_SERVERS_POLL_S)

    def _load_at_once(self) -> Judge | None:
        try:
            judge = self.setup.load()
            self._state = WorkerState(card=judge.card)
            return judge
        except ServersLost:
            raise
        except LycheeError as error:
            log.error("the model cannot be used: %s", error)
            self._state = WorkerState(error=error)
        except Exception as error:  # whatever it was, the page has to show that no model is there
            log.error("loading the model failed: %s", type(error).__name__)
            log.debug("loading the model failed", exc_info=error)  # its message may hold a path
            self._state = WorkerState(error=LycheeError(f"loading failed: {type(error).__name__}"))
        return None

    def _advance(self, item: Job | Explanation, engine: Engine | None) -> None:
        """Takes one step with a job, or makes an explanation; ends either where it fails."""
        try:
            if isinstance(item, Explanation):
                self._explain(item, engine)
            elif item.cancelled:
                self._cancel(item)
            elif engine is None:
                self._end(item, Status.FAILED, self._state.error)
            else:
                self._score_next(item, engine)
        except DeviceLost as error:
            log.critical("the GPU cannot be used any more: %s; this process ends", error)
            self._state = replace(self._state, error=error)
            self._queue.close()
            self.explanations.close(error)
            self.setup.device_lost()
        except ServersLost as error:
            self._leave_for_later(item, error)
        except LycheeError as error:
            self._fail(item, error)
        except Exception as error:  # one run's failure must not end the worker
            log.error("a run failed: %s", type(error).__name__)
            log.debug("a run failed", exc_info=error)  # its message may hold a query
            self._fail(item, LycheeError(f"the run failed: {type(error).__name__}"))

    def _leave_for_later(self, item: Job | Explanation, error: ServersLost) -> None:
        """Has a job go on once a server answers; an explanation can be asked for again."""
        if isinstance(item, Explanation):
            item.fail(error)
        elif (scoring := self._scorings.pop(item.id, None)) is not None:
            scoring.close()
        self._await_servers(error)

    def _fail(self, item: Job | Explanation, error: LycheeError) -> None:
        if isinstance(item, Explanation):
            item.fail(error)
        else:
            self._end(item, Status.FAILED, error)

    def _explain(self, explanation: Explanation, engine: Engine | None) -> None:
        self._queue.remove(explanation)
        if engine is None:
            explanation.fail(self._state.error or LycheeError("no model is loaded"))
        elif not explanation.over:
            self.setup.check()
            self.explanations.make(explanation, engine)

    def _score_next(self, job: Job, engine: Engine) -> None:
        begun_s = time.monotonic()
        scoring = self._scorings.get(job.id) or self._begin(job, engine)
        self.tally.add(scoring.advance(), seconds=time.monotonic() - begun_s)
        if job.complete:
            self._end(job, Status.DONE)

    def _cancel(self, job: Job) -> None:
        scoring = self._scorings.get(job.id)
        if scoring is not None:
            scoring.finish()
        self._end(job, Status.CANCELLED)

    def _begin(self, job: Job, engine: Engine) -> JobScoring:
        self.setup.check()
        scoring = JobScoring(
            job,
            engine,
            self._store,
            readout=self.setup.readout,
            template=self.setup.template,
            calibration=self.setup.calibration,
            quick_looks=self.setup.quick_looks,
        )
        self._scorings[job.id] = scoring
        return scoring

    def _end(self, job: Job, status: Status, error: LycheeError | None = None) -> None:
        self._queue.remove(job)
        scoring = self._scorings.pop(job.id, None)
        if scoring is not None:
            scoring.close()
        self._store.runs.end(job.id, status=status, elapsed_s=job.elapsed_s)
        job.end(status, error)
        self.setup.tidy()
