"""The photos of a run that the user ticked, by their places in upload order; knows no job and no page."""

import threading
from collections.abc import Iterable

from lychee_rerank.store.database import Database, Statement

_ADD = "INSERT OR IGNORE INTO picks (run, place) SELECT id, ? FROM runs WHERE id = ?"
_REMOVE = "DELETE FROM picks WHERE place = ? AND run = ?"


class Picks:
    """All kept picks; they go with their run. Safe to use from any thread, which sees what the others changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: dict[str, frozenset[int]] = {}  # ahead of a disk that is full
        self._lock = threading.Lock()

    def of(self, run_id: str) -> frozenset[int]:
        """The places that are ticked; raises StorageFailed."""
        with self._lock:
            if run_id not in self._cached:
                rows = self._database.rows("SELECT place FROM picks WHERE run = ?", run_id)
                self._cached[run_id] = frozenset(row["place"] for row in rows)
            return self._cached[run_id]

    def change(self, run_id: str, *, add: Iterable[int] = (), remove: Iterable[int] = ()) -> None:
        """Ticks some places and takes the ticks off others, unless the run was cleared meanwhile."""
        added, removed = frozenset(add), frozenset(remove)
        with self._lock:
            if run_id in self._cached:
                self._cached[run_id] = self._cached[run_id] - removed | added
            statements: list[Statement] = [(_ADD, (place, run_id)) for place in added]
            self._database.write_soon(*statements, *((_REMOVE, (place, run_id)) for place in removed))
