"""Keeps the data folder within days and bytes: the oldest runs and galleries go first; knows no page."""

import logging
import math
import time
from collections.abc import Iterable, Set

from lychee_rerank.errors import StorageFailed
from lychee_rerank.records import Photo
from lychee_rerank.spool import Spool
from lychee_rerank.store.upkeep import Upkeep

log = logging.getLogger(__name__)

_DAY_S = 24 * 3600


class Retention:
    """Deletes runs for good; `days` 0 keeps nothing past the process, and whatever is under way is kept."""

    def __init__(self, upkeep: Upkeep, spool: Spool, *, days: int, most_bytes: int) -> None:
        self._upkeep, self._spool = upkeep, spool
        self._days, self._most_bytes = days, most_bytes
        self._begun_s = time.time()
        self._aside: set[str] = set()  # by a page that is still open

    def clear_run(self, run_id: str) -> None:
        """Deletes a run and all that only it refers to; raises StorageFailed."""
        self._aside.discard(run_id)
        self._spool.forget(self._upkeep.clear_run(run_id))

    def set_aside(self, run_id: str) -> None:
        """Clears a run that may be brought back until `clear_run`, or the end of the process; raises StorageFailed."""
        self._aside.add(run_id)
        self._upkeep.set_aside(run_id)

    def bring_back(self, run_id: str) -> None:
        """Undoes `set_aside`; raises StorageFailed."""
        self._aside.discard(run_id)
        self._upkeep.bring_back(run_id)

    def remove_uploads(self, gallery_id: str, photos: Iterable[Photo]) -> None:
        """Deletes these from a gallery, and their bytes where nothing else refers to them; raises StorageFailed."""
        self._spool.forget(self._upkeep.remove_uploads(gallery_id, photos))

    def keep_within(self) -> None:
        """Deletes what nobody can bring back, what is older than the days, then the oldest until the bytes are kept."""
        before_s = time.time() - self._days * _DAY_S if self._days else self._begun_s
        try:
            self._clear_aside(but=frozenset(self._aside))
            self._clear_older(before_s)
            while self._spool.size_bytes() > self._most_bytes:
                oldest_s = self._upkeep.oldest_begun_s()
                if oldest_s is None:
                    break
                self._clear_older(math.nextafter(oldest_s, math.inf))
        except (StorageFailed, OSError) as error:
            log.error("what is old cannot be deleted: %s", error)

    def close(self) -> None:
        """Deletes what is set aside, and all that has ended where nothing is to outlive the process."""
        try:
            self._clear_aside()
            if self._days == 0:
                self._clear_older(time.time() + _DAY_S)
        except (StorageFailed, OSError) as error:
            log.error("what this process kept cannot be deleted: %s", error)

    def _clear_aside(self, *, but: Set[str] = frozenset()) -> None:
        for run_id in self._upkeep.aside() - but:
            self.clear_run(run_id)

    def _clear_older(self, before_s: float) -> None:
        self._spool.forget(self._upkeep.clear_older(before_s))
