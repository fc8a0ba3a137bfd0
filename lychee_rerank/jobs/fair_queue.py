"""Whose turn is next: owners take turns, step by step, and what one owner asked for comes in its order."""

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Turn(Protocol):
    """What waits for the worker."""

    @property
    def owner(self) -> str:
        """Who asked for it."""

    @property
    def urgent(self) -> bool:
        """True where it comes before all that its owner asked for and is not urgent."""


Lined = TypeVar("Lined", bound=Turn)


class FairQueue(Generic[Lined]):
    """All that waits or is under way; safe to use from any thread."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, list[Lined]] = OrderedDict()  # by owner, whose turn is next first
        self._changed = threading.Condition()
        self._closed = False

    def add(self, turn: Lined) -> None:
        """Lines it up behind the others of its owner."""
        with self._changed:
            self._lines.setdefault(turn.owner, []).append(turn)
            self._changed.notify()

    def next(self, timeout_s: float | None = None) -> Lined | None:
        """The one whose turn it is, which keeps its place in the line until it is removed; waits for one.

        None when the turns are closed, or after `timeout_s`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._lines, timeout_s)
            if self._closed or not self._lines:
                return None
            owner = next(iter(self._lines))
            self._lines.move_to_end(owner)
            line = self._lines[owner]
            return next((turn for turn in line if turn.urgent), line[0])

    def remove(self, turn: Lined) -> None:
        """Takes one out that is over."""
        with self._changed:
            line = self._lines.get(turn.owner, [])
            if turn in line:
                line.remove(turn)
            if not line:
                self._lines.pop(turn.owner, None)

    def close(self) -> None:
        """Lets nobody have a turn any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """True once the turns were closed."""
        return self._closed
