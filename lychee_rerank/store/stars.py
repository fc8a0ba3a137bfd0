"""The stars that a user gave the photos of a run by hand, and which ones were rejected; knows no job and no page."""

import threading

from lychee_rerank.records import StarsByHand
from lychee_rerank.store.database import Database

_REJECTED = -1  # in the table and nowhere else: programs delete what a file says is rejected
_SET = "INSERT OR REPLACE INTO stars (run, place, stars) SELECT id, ?, ? FROM runs WHERE id = ?"
_REMOVE = "DELETE FROM stars WHERE place = ? AND run = ?"


class KeptStars:
    """All kept stars; they go with their run. Safe to use from any thread, which sees what the others changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached: dict[str, dict[int, int]] = {}  # ahead of a disk that is full
        self._lock = threading.Lock()

    def of(self, run_id: str) -> StarsByHand:
        """What was given in the run; raises StorageFailed."""
        with self._lock:
            if run_id not in self._cached:
                rows = self._database.rows("SELECT place, stars FROM stars WHERE run = ?", run_id)
                self._cached[run_id] = {row["place"]: row["stars"] for row in rows}
            values = self._cached[run_id]
            stars = {place: value for place, value in values.items() if value != _REJECTED}
            return StarsByHand(stars, frozenset(values.keys() - stars.keys()))

    def give(self, run_id: str, place: int, *, stars: int) -> None:
        """Gives the photo one to five stars; it is rejected no more."""
        self._set(run_id, place, stars)

    def reject(self, run_id: str, place: int) -> None:
        """Rejects the photo; it has no stars any more."""
        self._set(run_id, place, _REJECTED)

    def take_back(self, run_id: str, place: int) -> None:
        """Takes away what the photo was given."""
        with self._lock:
            if run_id in self._cached:
                self._cached[run_id].pop(place, None)
            self._database.write_soon((_REMOVE, (place, run_id)))

    def _set(self, run_id: str, place: int, value: int) -> None:
        """Keeps it in place of what was given before, unless the run was cleared meanwhile."""
        with self._lock:
            if run_id in self._cached:
                self._cached[run_id][place] = value
            self._database.write_soon((_SET, (place, value, run_id)))
