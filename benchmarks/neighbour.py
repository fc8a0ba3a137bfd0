"""What a photo costs alone and beside one busy process, by how torch's threads wait for each other.

    python -m benchmarks.neighbour [--rounds N]

Each way of waiting has a process of its own, as OpenMP reads its variables once; they take turns, pass by pass.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from statistics import median
from typing import IO, cast

from benchmarks.contest import time_of
from lychee_rerank import Reranker
from lychee_rerank.machine import OPENMP_WAITS
from lychee_rerank.settings import PROJECT_FOLDER

ROUNDS = 5
PHOTOS = sorted((PROJECT_FOLDER / "images").iterdir())
WAYS: dict[str, dict[str, str]] = {
    "spinning, as by itself": {},
    "spinning shortly": {"GOMP_SPINCOUNT": "10000"},
    "asleep, as in the app": {"OMP_WAIT_POLICY": "PASSIVE"},
    "not at all: one thread": {"OMP_NUM_THREADS": "1"},
}


def rank_when_asked() -> None:
    """Ranks the samples, remembering nothing of them, for each line that comes in; tells how long it took."""
    with Reranker.load("demo", memory_bytes=0) as reranker:
        for _ in sys.stdin:
            print(time_of(lambda: reranker.rank("sofa and coffee", PHOTOS)), flush=True)


class Ranker:
    """A process that ranks when it is asked to, warmed up; under these variables and no others of OpenMP's."""

    def __init__(self, variables: dict[str, str]) -> None:
        inherited = {name: os.environ[name] for name in os.environ if name not in (*OPENMP_WAITS, "OMP_NUM_THREADS")}
        command = [sys.executable, "-m", "benchmarks.neighbour", "--serve"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=inherited | variables, stdin=pipe, stdout=pipe, text=True)
        self.rank()

    def rank(self) -> float:
        """Milliseconds per photo of one pass."""
        asked, told = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        print(file=asked, flush=True)
        return 1e3 * float(told.readline()) / len(PHOTOS)

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


@contextmanager
def neighbour(busy: bool) -> Iterator[None]:
    """A process that never rests, or none."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass" if busy else ""])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def compare(rounds: int) -> None:
    """Prints a row per way of waiting: median and range over the rounds."""
    rankers = {way: Ranker(variables) for way, variables in WAYS.items()}
    times_ms: dict[tuple[str, bool], list[float]] = {}
    for _, busy in product(range(rounds), (False, True)):
        with neighbour(busy):
            for way, ranker in rankers.items():
                times_ms.setdefault((way, busy), []).append(ranker.rank())
    for ranker in rankers.values():
        ranker.close()
    print("| torch's threads wait | ms per photo, alone | beside a busy process |\n|---|---|---|")
    for way in WAYS:
        cells = (times_ms[way, busy] for busy in (False, True))
        figures = (f"{median(ms):.1f} ({min(ms):.1f} to {max(ms):.1f})" for ms in cells)
        print(f"| {way} | {' | '.join(figures)} |")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="What a photo costs alone and beside one busy process.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        rank_when_asked()
    else:
        compare(options.rounds)


if __name__ == "__main__":
    main()
