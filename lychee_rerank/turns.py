"""Whose photo is next: owners take turns, photo by photo, and each owner's jobs run one after the other."""

import threading
from collections import OrderedDict

from lychee_rerank.jobs import Job


class Turns:
    """The jobs under way; safe to use from any thread."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, list[Job]] = OrderedDict()  # by owner, whose turn is next first
        self._changed = threading.Condition()
        self._closed = False

    def add(self, job: Job) -> None:
        """Lines the job up behind the others of its owner."""
        with self._changed:
            self._jobs.setdefault(job.run.owner, []).append(job)
            self._changed.notify()

    def next(self, timeout_s: float | None = None) -> Job | None:
        """The job whose turn it is, one that was cancelled before all others of its owner; waits for one.

        None when the turns are closed, or after `timeout_s`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._jobs, timeout_s)
            if self._closed or not self._jobs:
                return None
            owner = next(iter(self._jobs))
            self._jobs.move_to_end(owner)
            jobs = self._jobs[owner]
            return next((job for job in jobs if job.cancelled), jobs[0])

    def remove(self, job: Job) -> None:
        """Takes a job out that is over."""
        with self._changed:
            jobs = self._jobs.get(job.run.owner, [])
            if job in jobs:
                jobs.remove(job)
            if not jobs:
                self._jobs.pop(job.run.owner, None)

    def ahead(self, job: Job) -> tuple[Job, ...]:
        """The jobs of the same owner that have to end before this one begins."""
        with self._changed:
            jobs = self._jobs.get(job.run.owner, [])
            return tuple(jobs[: jobs.index(job)]) if job in jobs else ()

    def close(self) -> None:
        """Lets nobody have a turn any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """True once the turns were closed."""
        return self._closed
