"""A fair queue: owners take turns, step by step, and the work of one owner comes in its order."""

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Queued(Protocol):
    """What waits for the worker."""

    @property
    def owner(self) -> str:
        """Whose it is."""

    @property
    def urgent(self) -> bool:
        """True where it comes before everything of its owner that is not urgent."""


Item = TypeVar("Item", bound=Queued)


class FairQueue(Generic[Item]):
    """All that waits or is under way; safe to use from any thread."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, list[Item]] = OrderedDict()  # by owner, whose turn is next first
        self._changed = threading.Condition()
        self._closed = False

    def add(self, item: Item) -> None:
        """Lines it up behind the others of its owner."""
        with self._changed:
            self._lines.setdefault(item.owner, []).append(item)
            self._changed.notify()

    def next(self, timeout_s: float | None = None) -> Item | None:
        """The one whose turn it is, which keeps its place in the line until it is removed; waits for one.

        None when the queue is closed, or after `timeout_s`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._lines, timeout_s)
            if self._closed or not self._lines:
                return None
            owner = next(iter(self._lines))
            self._lines.move_to_end(owner)
            line = self._lines[owner]
            return next((item for item in line if item.urgent), line[0])

    def remove(self, item: Item) -> None:
        """Takes one out that is over."""
        with self._changed:
            line = self._lines.get(item.owner, [])
            if item in line:
                line.remove(item)
            if not line:
                self._lines.pop(item.owner, None)

    def close(self) -> None:
        """Hands out nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """True once the queue was closed."""
        return self._closed
