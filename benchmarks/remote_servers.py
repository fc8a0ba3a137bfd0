"""Two servers against one, each of which takes 200 ms for an answer and gives 16 at once; asks no model.

python -m benchmarks.remote_servers [--quick]
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.contest import HEAD, Bar, Run, hold
from benchmarks.galleries import draw_photos
from lychee_rerank.model.remote import load_remote
from lychee_rerank.model.servers import Servers
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo, Readout
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.scorer import score_photos
from tests.served import answers, find_port

PHOTOS, QUICK_PHOTOS, ROUNDS = 320, 64, 3
ANSWER_S = 0.2
SIZE = (224, 168)


@contextmanager
def slow_server() -> Iterator[str]:
    """The address of a server of its own process."""
    port = find_port()
    with subprocess.Popen([sys.executable, "-m", "benchmarks.slow_server", str(port), str(ANSWER_S)]) as process:
        try:
            if not answers(port, "/v1/models"):
                raise RuntimeError("the server did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def asks(addresses: Sequence[str], photos: Sequence[Photo], decoders: DecodePool) -> Run:
    """A first query over all photos, by these servers."""
    model = load_remote(Servers(addresses), model=None)

    def ask() -> None:
        engine = Engine(model, decoders.decode)
        outcomes = list(score_photos(engine, parse_query("sofa"), photos, readout=Readout.EXPECTED))
        if len({outcome.index for outcome in outcomes}) != len(photos):
            raise RuntimeError("not every photo was scored once")

    return ask


def main() -> None:
    """Prints one row."""
    parser = argparse.ArgumentParser(description="Two servers against one.")
    parser.add_argument("--quick", action="store_true", help="small numbers, to try it")
    quick = parser.parse_args().quick
    count = QUICK_PHOTOS if quick else PHOTOS
    with tempfile.TemporaryDirectory() as folder, DecodePool() as decoders, ExitStack() as servers:
        photos = draw_photos(Path(folder) / "photos", count, SIZE)
        addresses = [servers.enter_context(slow_server()) for _ in range(2)]
        contenders = {"one": asks(addresses[:1], photos, decoders), "two": asks(addresses, photos, decoders)}
        print(HEAD)
        bar = Bar(f"{count} photos, `expected`, two servers against one", "one", "two", 1.8)
        hold(contenders, (bar,), photos=count, rounds=1 if quick else ROUNDS)


if __name__ == "__main__":
    main()
