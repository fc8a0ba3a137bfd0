"""Workers that are closed when their test ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lychee_rerank.jobs.lock import FolderLock
from lychee_rerank.jobs.setup import Setup
from lychee_rerank.jobs.worker import Worker
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.scoring.judge import Judge
from lychee_rerank.store.store import Store
from tests.fakes import FakeJudge
from tests.jobs.workers import Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a worker on the test's data folder, as the next process would."""
    workers: list[Worker] = []

    def start_worker(judge: FakeJudge | Callable[[], Judge], **settings: object) -> Worker:
        load = (lambda: judge) if isinstance(judge, FakeJudge) else judge
        setup = Setup(load, decode_photo, **settings)  # type: ignore[arg-type]
        workers.append(Worker(setup, Store(tmp_path / "data"), FolderLock(tmp_path / "lock")).start())
        return workers[-1]

    yield start_worker
    for worker in workers:
        worker.close()
