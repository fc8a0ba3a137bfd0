"""Workers of the fake judge, and what their tests wait for."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.jobs.explanations import Explanation
from lychee_rerank.jobs.job import Job
from lychee_rerank.jobs.worker import Worker
from lychee_rerank.problems import ModelProblem
from lychee_rerank.scoring.judge import Judge
from tests.limits import WAIT_S

ANN, BEN = "ann", "ben"

Start = Callable[..., Worker]
Awaited = TypeVar("Awaited", Job, Explanation)

HOLD_THE_LOCK = """
import sys
from pathlib import Path
from lychee_rerank.jobs.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def wait_for(awaited: Awaited) -> Awaited:
    """The job or explanation once it is over: its last step is to wake whoever waits."""
    assert awaited.wait(WAIT_S), "it did not end"
    return awaited


def find(worker: Worker, job: Job) -> Job:
    """The job as this process knows it."""
    found = worker.book.find(job.id, owner=job.owner)
    assert found is not None
    return found


def no_model() -> Judge:
    """Loads nothing: the weights are gone."""
    raise ModelUnusable(ModelProblem.MISSING, file="gone", remedy="fetch it")


@contextmanager
def another_process(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that scores for the folder of this lock."""
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
