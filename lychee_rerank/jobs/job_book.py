"""The jobs of a process by id and owner, and in the store what ended before; knows no worker and no page."""

import logging
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

from lychee_rerank.errors import StorageFailed
from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.problems import PassedOver
from lychee_rerank.query import Query
from lychee_rerank.records import Pairs, Photo, Run
from lychee_rerank.store.examples import Examples
from lychee_rerank.store.runs import KeptRun, Runs

log = logging.getLogger(__name__)

MAX_AT_HAND = 200  # jobs that ended before these are read from the store again


class JobBook:
    """Finds jobs; safe to use from any thread. Nobody finds another owner's."""

    def __init__(self, runs: Runs, examples: Examples) -> None:
        self._runs, self._examples = runs, examples
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def open(
        self,
        query: Query,
        photos: tuple[Photo, ...],
        *,
        owner: str,
        gallery: str | None,
        pairs: Pairs | None = None,
        passed_over: Mapping[PassedOver, int] | None = None,
        kept: bool = True,
    ) -> tuple[Job, bool]:
        """The owner's job under way for this query over these photos, or a new one, and whether it is new.

        One that is not `kept` is always new, and leaves no run behind. The example of one that is kept is copied first;
        raises ExampleRefused, StorageFailed.
        """
        if kept and query.example:
            query = replace(query, example=self._examples.keep(query.example))
        run_id, now_s = secrets.token_urlsafe(9), time.time()
        run = Run(run_id, owner, gallery, query, photos, begun_s=now_s, pairs=pairs, passed_over=passed_over)
        job = Job(run, kept=kept)
        with self._lock:
            for known in self._jobs.values() if kept else ():
                if known.key == job.key and known.active and not known.cancelled:
                    return known, False
            self._keep(job)
        if kept:  # what is noted of any other run later finds none
            self._runs.begin(job.run, status=Status.WAITING)
        return job, True

    def find(self, job_id: str, *, owner: str = "") -> Job | None:
        """The owner's job of this id; None where there is none, or where another process has it under way."""
        with self._lock:
            job = self._jobs.get(job_id)
        job = job or self._load_ended(job_id)
        return job if job is not None and job.run.owner == owner else None

    def last(self, query: Query, job: Job) -> Job | None:
        """The last job at hand of the same owner for this query over the same photos, however it ended."""
        key = (job.owner, query, job.photos, None)
        with self._lock:
            return next((known for known in reversed(self._jobs.values()) if known.key == key), None)

    def under_way(self, owner: str) -> tuple[Job, ...]:
        """The owner's jobs that have not ended, oldest first."""
        with self._lock:
            return tuple(job for job in self._jobs.values() if job.run.owner == owner and job.active)

    def count_active(self) -> int:
        """How many jobs of all owners have not ended."""
        with self._lock:
            return sum(job.active for job in self._jobs.values())

    def ahead(self, job: Job) -> tuple[Job, ...]:
        """The jobs of the same owner that have to end before this one begins."""
        under_way = self.under_way(job.owner)
        return under_way[: under_way.index(job)] if job in under_way else ()

    def left_under_way(self) -> tuple[Job, ...]:
        """Jobs for the runs that a process left unfinished, oldest first; raises StorageFailed."""
        jobs = tuple(_build_job(kept, Status.WAITING) for kept in self._runs.unfinished())
        with self._lock:
            for job in jobs:
                self._keep(job)
        return jobs

    def forget(self, job_id: str) -> None:
        """Drops a job that is over, before its run is cleared."""
        with self._lock:
            self._jobs.pop(job_id, None)

    def _load_ended(self, job_id: str) -> Job | None:
        try:
            kept = self._runs.load(job_id)
        except StorageFailed as error:
            log.error("a run cannot be read: %s", error)
            return None
        if kept is None or (job := _build_job(kept, Status(kept.status))).active:
            return None
        with self._lock:
            self._keep(job)
        return job

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        for stale in [other.id for other in self._jobs.values() if not other.active][:-MAX_AT_HAND]:
            del self._jobs[stale]


def _build_job(kept: KeptRun, status: Status) -> Job:
    return Job(
        kept.run,
        status=status,
        outcomes=kept.outcomes,
        elapsed_s=kept.elapsed_s,
        scored_by=kept.key,
        demo=kept.demo,
    )
