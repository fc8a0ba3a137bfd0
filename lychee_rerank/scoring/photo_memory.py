"""Encoded photos kept for later queries, bounded in bytes; knows no model and no photo.

Plain LRU eviction gives no hit at all when a gallery larger than the cache is scanned in order. So no photo is evicted
for another of its own gallery, only for those of other galleries, the least recently used first. What does not fit is
not kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar


class Keepable(Protocol):
    """An encoded photo."""

    @property
    def size_bytes(self) -> int:
        """The memory that it takes."""

    def on_host(self) -> Self:
        """A copy in host memory that holds nothing else alive."""


Kept = TypeVar("Kept", bound=Keepable)


@dataclass(slots=True)
class _Place(Generic[Kept]):
    kept: Kept
    gallery: Hashable


class PhotoMemory(Generic[Kept]):
    """Holds what fits into `max_bytes`; safe to use from any thread. `on_leave` is called with what gives way."""

    def __init__(self, max_bytes: int, *, on_leave: Callable[[Kept], object] = lambda kept: None) -> None:
        self.max_bytes, self._on_leave = max_bytes, on_leave
        self.used_bytes = 0
        self._places: OrderedDict[Hashable, _Place[Kept]] = OrderedDict()  # the longest unused first
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._places

    def find(self, key: Hashable, *, gallery: Hashable) -> Kept | None:
        """What is kept under the key, which belongs to this gallery from now on."""
        with self._lock:
            place = self._places.get(key)
            if place is None:
                return None
            place.gallery = gallery
            self._places.move_to_end(key)
            return place.kept

    def keep(self, key: Hashable, encoded: Kept, *, gallery: Hashable) -> bool:
        """Keeps a copy in host memory if there is room, or can be made; True where it is kept."""
        with self._lock:
            if key in self._places:
                return True
            if not self._make_room(encoded.size_bytes, gallery):
                return False
            self._places[key] = _Place(encoded.on_host(), gallery)
            self.used_bytes += encoded.size_bytes
            return True

    def names(self) -> list[Hashable]:
        """The keys of all that is kept, the longest unused first."""
        with self._lock:
            return list(self._places)

    def drop(self, key: Hashable) -> None:
        """Lets one go, where it is kept."""
        with self._lock:
            if key in self._places:
                self._leave(key)

    def clear(self) -> None:
        """Gives all of it back."""
        with self._lock:
            self._places.clear()
            self.used_bytes = 0

    def _make_room(self, size_bytes: int, gallery: Hashable) -> bool:
        """Lets photos of other galleries go until there is room; none where that would not do."""
        lacking_bytes = self.used_bytes + size_bytes - self.max_bytes
        leaving = []
        for key, place in self._places.items():
            if lacking_bytes <= 0:
                break
            if place.gallery != gallery:
                leaving.append(key)
                lacking_bytes -= place.kept.size_bytes
        if lacking_bytes > 0:
            return False
        for key in leaving:
            self._leave(key)
        return True

    def _leave(self, key: Hashable) -> None:
        kept = self._places.pop(key).kept
        self.used_bytes -= kept.size_bytes
        self._on_leave(kept)
