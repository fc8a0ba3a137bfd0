"""What the HTTP door costs beside the Python door: the same photos and queries, by turns, each with its own model.

    python -m benchmarks.http_door [--quick]

The app answers over HTTP, pictures in base64; the Python door is given their bytes. First queries are over photos that
neither has seen, next queries over those that both remember.
"""

import argparse
import base64
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import httpx2

from benchmarks.contest import HEAD, Bar, hold
from benchmarks.galleries import copy_photos
from lychee_rerank import Reranker
from lychee_rerank.photos.folders import find_photos
from lychee_rerank.settings import PROJECT_FOLDER
from tests.served import answers, find_port, running_app

PHOTOS, ROUNDS, QUICK_PHOTOS = 32, 5, 4
FIRST_BAR, NEXT_BAR = 1 / 1.15, 1 / 1.5
WAIT_S = 600


class Doors:
    """Both doors, and new photos for each query that is to be the first."""

    def __init__(self, address: str, reranker: Reranker, photos: Iterator[bytes], per_query: int) -> None:
        self._address, self._reranker, self._photos, self._per_query = address, reranker, photos, per_query
        self._queries = count()
        self._seen = self._take()
        self.http(self._seen)
        self.python(self._seen)

    def http(self, pictures: Sequence[bytes] = ()) -> None:
        """A query over new photos, or over the same again."""
        documents = [{"image": base64.b64encode(picture).decode()} for picture in pictures or self._take()]
        body = {"query": self._query(), "documents": documents}
        answer = httpx2.post(f"{self._address}/v1/rerank", json=body, timeout=WAIT_S)
        if [one for one in answer.json()["results"] if "error" in one]:
            raise RuntimeError("not every photo was scored")

    def python(self, pictures: Sequence[bytes] = ()) -> None:
        """The same."""
        if self._reranker.rank(self._query(), pictures or self._take()).refused:
            raise RuntimeError("not every photo was scored")

    def next_http(self) -> None:
        """Another query over the same photos."""
        self.http(self._seen)

    def next_python(self) -> None:
        """The same."""
        self.python(self._seen)

    def _take(self) -> list[bytes]:
        return [next(self._photos) for _ in range(self._per_query)]

    def _query(self) -> str:
        return f"sofa and coffee {next(self._queries):04}"


def main() -> None:
    """Prints a row for first queries and one for next ones."""
    parser = argparse.ArgumentParser(description="What the HTTP door costs beside the Python door.")
    parser.add_argument("--quick", action="store_true", help="small numbers, to try it")
    quick = parser.parse_args().quick
    per_query = QUICK_PHOTOS if quick else PHOTOS
    samples = [photo for photo in find_photos([PROJECT_FOLDER / "images"]).photos if photo.name.endswith(".jpg")]
    port = find_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(port, Path(folder) / "data", LYCHEE_QUICK_LOOK="never"),
        Reranker.load("demo") as reranker,
    ):
        if not answers(port, "/readyz"):
            raise RuntimeError("the model did not load")
        copies = (photo.path.read_bytes() for photo in copy_photos(tuple(samples), Path(folder) / "copies"))
        doors = Doors(f"http://localhost:{port}", reranker, copies, per_query)
        contenders = {
            "python": doors.python,
            "http": doors.http,
            "next python": doors.next_python,
            "next http": doors.next_http,
        }
        bars = (
            Bar(f"demo, {per_query} photos, first query, HTTP against Python", "python", "http", FIRST_BAR),
            Bar("the same, next query", "next python", "next http", NEXT_BAR),
        )
        print(HEAD)
        hold(contenders, bars, photos=per_query, rounds=1 if quick else ROUNDS)


if __name__ == "__main__":
    main()
