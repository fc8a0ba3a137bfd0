"""How fast a bulk run goes: photos by seconds, from the first part on that is finished; knows no worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lychee_rerank.bulk.part_scorer import FinishedPart


@dataclass(slots=True)
class Pace:
    """Counts finished parts; what came before the first of this process, models that load among it, is not timed."""

    total: int
    photos: int = 0
    refused: int = 0
    clock: Callable[[], float] = time.monotonic
    timed: int = field(default=0, init=False)  # photos
    timed_s: float = field(default=0.0, init=False)
    _begun_s: float | None = field(default=None, init=False)

    def add(self, finished: FinishedPart) -> None:
        """Counts a part of this process."""
        self.photos += finished.photos
        self.refused += finished.refused
        if self._begun_s is None:
            self._begun_s = self.clock()
        else:
            self.timed += finished.photos
            self.timed_s = self.clock() - self._begun_s

    @property
    def per_second(self) -> float | None:
        """Photos per second; None while nothing is timed."""
        return self.timed / self.timed_s if self.timed_s else None

    @property
    def left_s(self) -> float | None:
        """How long the rest takes at this pace."""
        return (self.total - self.photos) / self.per_second if self.per_second else None
