"""Workers that score by colour, one pid file each, and wait while a file is there; a driver that can be killed.

    python -m tests.bulk.workers OUT PHOTOS HOLD PIDS [hold]    scores what is not scored, with two workers

With "hold" no more than the first parts are scored.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

from PIL import Image

from lychee_rerank.bulk.bulk_run import BulkRun, begin_run
from lychee_rerank.bulk.cluster import cluster
from lychee_rerank.bulk.part_scorer import Tools
from lychee_rerank.bulk.staff import Staff
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.query import parse_query
from lychee_rerank.settings import Settings, load_settings
from tests.fakes import FakeJudge
from tests.limits import WAIT_S

QUERIES = (parse_query("sofa"), parse_query("dog"))
PHOTOS_PER_PART = 5
STAFF = Staff(workers=2, cpus=1, gpus=0, per_machine=2)


def draw_photos(folder: Path, count: int) -> list[Path]:
    """Small photos, the red of each its number."""
    folder.mkdir()
    paths = [folder / f"{n:04}.png" for n in range(count)]
    for n, path in enumerate(paths):
        Image.new("RGB", (28, 28), (n % 256, n // 256, 0)).save(path)
    return paths


def load_held(_: Settings, *, hold: Path, pids: Path) -> Tools:
    """A judge that answers once the file is gone; notes the process that has it."""
    judge = FakeJudge()

    def wait() -> None:
        (pids / str(os.getpid())).touch()
        limit_s = time.monotonic() + WAIT_S
        while hold.exists() and time.monotonic() < limit_s:
            time.sleep(0.01)

    judge.before_generate = wait
    return Tools(judge, decode_photo)


def open_run(out: Path) -> BulkRun:
    """A run of two queries."""
    return BulkRun(str(out), QUERIES, load_settings({}))


def main() -> None:
    """Begins the run, or goes on with it."""
    out, photos, hold, pids = map(Path, sys.argv[1:5])
    run = open_run(out)
    begin_run(run, map(str, sorted(photos.iterdir())), resume=True, photos_per_part=PHOTOS_PER_PART)
    with cluster(None):
        from lychee_rerank.bulk.workers import score_parts

        left = sorted(set(range(run.open_list().parts)) - run.open_parts().finished())
        for part in score_parts(run, left, STAFF, load=partial(load_held, hold=hold, pids=pids)):
            print(part.part, flush=True)  # noqa: T201
            if sys.argv[5:]:
                hold.touch()


if __name__ == "__main__":
    main()
