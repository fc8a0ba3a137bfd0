"""What the worker has done since the process began: photos, refusals, seconds; knows no query and no name."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Look, Outcome, Refusal


@dataclass(frozen=True, slots=True)
class Done:
    """Photos with a score by the look that it was read from, refused ones by reason, and the seconds spent on runs."""

    scored: Mapping[Look, int]
    refused: Mapping[RefusalReason, int]
    seconds: float


class Tally:
    """Counts; safe to use from any thread."""

    def __init__(self) -> None:
        self._scored: Counter[Look] = Counter()
        self._refused: Counter[RefusalReason] = Counter()
        self._seconds = 0.0
        self._lock = threading.Lock()

    def add(self, outcomes: Iterable[Outcome], *, seconds: float) -> None:
        """These came of a step that took so long."""
        with self._lock:
            self._seconds += seconds
            for outcome in outcomes:
                if isinstance(outcome, Refusal):
                    self._refused[outcome.reason] += 1
                else:
                    self._scored[outcome.look] += 1

    def done(self) -> Done:
        """All of it until now."""
        with self._lock:
            return Done(dict(self._scored), dict(self._refused), self._seconds)
