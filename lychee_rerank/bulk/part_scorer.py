"""Scores the parts of a bulk run, one after the other, with a model of its own; knows nothing of other processes."""

import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lychee_rerank.bulk.blamed import BlamedPhotos, ScoresOfOnePart
from lychee_rerank.bulk.bulk_run import BulkRun
from lychee_rerank.bulk.parts import build_rows
from lychee_rerank.bulk.photo_reader import PhotoReader
from lychee_rerank.bulk.places import is_address
from lychee_rerank.errors import BulkFailed, ServersLost
from lychee_rerank.machine import photo_memory_bytes
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.decode import Decode
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.hashes import hash_file
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Outcome
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded, Judge
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.scorer import PhotoScorer
from lychee_rerank.settings import Settings
from lychee_rerank.text import printable

log = logging.getLogger(__name__)

_SERVERS_POLL_S = 5.0
_SLICE = 25  # photos that are encoded, then asked about with each query: 2 GB of a 7B's memory


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """A part that is written: how many photos it has, and how many of its rows are refusals."""

    part: int
    photos: int
    refused: int


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker scores with."""

    judge: Judge
    decode: Decode


def load_tools(settings: Settings) -> Tools:
    """The model of the settings, with its fingerprint, and processes that decode."""
    return Tools(ModelLoader(settings, hash_file=hash_file).load(), DecodePool().decode)


class PartScorer:
    """Scores parts of one run; a part that is there already is left alone. `workers` share this machine's memory."""

    def __init__(self, run: BulkRun, *, workers: int, load: Callable[[Settings], Tools] = load_tools) -> None:
        self._run, self._workers = run, workers
        self._photos, self._parts = run.open_list(), run.open_parts()
        self._tools = _once_servers_answer(lambda: load(run.settings))
        run.check_model(self._tools.judge.card)
        self._has_read = False

    def score(self, part: int) -> FinishedPart:
        """Scores a part and writes it; where no server answers it waits for one. Raises ModelUnusable, DeviceLost."""
        if self._parts.has(part):
            return FinishedPart(part, self._photos.size(part), self._parts.count_refused([part]))
        names = self._photos.read(part)
        self._blamed = BlamedPhotos(*self._run.open_folder())  # other workers may have noted some
        slices = [names[start : start + _SLICE] for start in range(0, len(names), _SLICE)]
        if len(self._run.queries) == 1 and not any(map(is_address, names)):
            slices = [names]
        rows = [row for few in slices for row in self._score_slice(few)]
        reasons = [row["refused"] for row in rows if "refused" in row]
        if not self._has_read and reasons == [RefusalReason.UNREADABLE] * len(rows):
            _check_folders(names)
        self._has_read = True
        self._parts.write(part, rows)
        return FinishedPart(part, len(names), len(reasons))

    def _score_slice(self, names: Sequence[str]) -> list[dict[str, object]]:
        """The rows of some photos, which are looked at once for all queries, and fetched for as long as that takes."""
        with tempfile.TemporaryDirectory(prefix="lychee-bulk-") as folder:
            reader = PhotoReader(names, Path(folder))
            return list(build_rows(names, self._run.queries, self._score(reader)))

    def _score(self, reader: PhotoReader) -> dict[int, Outcome]:
        """What came of every photo under every query, each encoded once where memory has room for it."""
        known = {query: ScoresOfOnePart(self._blamed) for query in self._run.queries}
        count, outcomes, settings = len(reader.photos), dict[int, Outcome](), self._run.settings
        engine = self._build_engine(reader)
        while len(outcomes) < count * len(known):
            scorer = PhotoScorer(
                engine,
                readout=settings.readout,
                template=settings.template,
                calibration=settings.calibration,
                known_for=known.get,
            )
            numbered = {query: list(enumerate(reader.photos, start=place * count)) for place, query in enumerate(known)}
            try:
                for step in scorer.steps(numbered):
                    outcomes |= {outcome.index: outcome for outcome in step}
            except ServersLost as error:
                _await_servers(error)
        return outcomes

    def _build_engine(self, reader: PhotoReader) -> Engine:
        """Tools for one part: what is remembered of photos serves its other queries and goes with it."""
        settings, memory_bytes = self._run.settings, 0
        if len(self._run.queries) > 1:
            memory_bytes = photo_memory_bytes(settings.memory_bytes) // self._workers
        memory = PhotoMemory[Encoded](memory_bytes)
        return Engine(self._tools.judge, self._tools.decode, memory, read=reader.read)


def _check_folders(names: Sequence[str]) -> None:
    """Raises BulkFailed where there is none of the folders: a disk is not there, and every photo would be refused."""
    paths = [Path(name) for name in names if not is_address(name)]
    if len(paths) > 1 and not any(path.parent.is_dir() for path in paths):
        raise BulkFailed(f"this machine has none of the folders of {len(paths)} photos, {printable(names[0])} for one")


def _once_servers_answer(load: Callable[[], Tools]) -> Tools:
    while True:
        try:
            return load()
        except ServersLost as error:
            _await_servers(error)


def _await_servers(error: ServersLost) -> None:
    log.warning("no server answers, waiting: %s", error)
    time.sleep(_SERVERS_POLL_S)
