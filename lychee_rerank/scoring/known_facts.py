"""What is known of photos beside their scores, by the SHA-256 of their bytes; knows no model and no store."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Protocol

from lychee_rerank.facts import PhotoFacts

_MOST_PHOTOS = 20_000  # about 1.3 KB each


class KnownFacts(Protocol):
    """Facts of photos; any thread may ask."""

    def of(self, photo_hashes: Iterable[str]) -> Mapping[str, PhotoFacts]:
        """The facts of these photos, as far as they are known."""

    def keep(self, photo_hash: str, facts: PhotoFacts) -> None:
        """Remembers the facts of a photo."""


class FactsInMemory:
    """The facts of the photos that were seen last, kept nowhere else."""

    def __init__(self) -> None:
        self._facts: OrderedDict[str, PhotoFacts] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, photo_hashes: Iterable[str]) -> Mapping[str, PhotoFacts]:
        """The facts of those photos that were seen lately."""
        with self._lock:
            found = {one: self._facts[one] for one in photo_hashes if one in self._facts}
            for photo_hash in found:
                self._facts.move_to_end(photo_hash)
        return found

    def keep(self, photo_hash: str, facts: PhotoFacts) -> None:
        """Remembers the facts, and forgets those that nobody has asked for the longest."""
        with self._lock:
            self._facts[photo_hash] = facts
            if len(self._facts) > _MOST_PHOTOS:
                self._facts.popitem(last=False)
