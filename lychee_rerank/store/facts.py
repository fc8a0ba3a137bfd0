"""What is known of photos beside their scores, by the SHA-256 of their bytes; knows no run and no picture."""

from collections.abc import Iterable, Mapping

from lychee_rerank.errors import StorageFailed
from lychee_rerank.facts import PhotoFacts
from lychee_rerank.photos.fingerprint import FINGERPRINT_VERSION
from lychee_rerank.store.database import Database

_AT_ONCE = 500  # values in one statement; SQLite takes 32,766
_FIND = "SELECT * FROM facts WHERE version = ? AND photo IN ({marks})"


class Facts:
    """All kept facts; safe to use from any thread. Those of an earlier version are not known any more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unsaved: dict[str, PhotoFacts] = {}  # while the disk is full

    def keep(self, photo_hash: str, facts: PhotoFacts) -> None:
        """Keeps the facts of a photo, for good as soon as the disk takes them."""
        sql = "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._database.write_soon((sql, (photo_hash, FINGERPRINT_VERSION, *facts.row)))
        if self._database.saving:
            self._unsaved.clear()
        else:
            self._unsaved[photo_hash] = facts

    def of(self, photo_hashes: Iterable[str]) -> Mapping[str, PhotoFacts]:
        """The facts of these photos, as far as they are known and can be read."""
        wanted = list(dict.fromkeys(photo_hashes))
        found: dict[str, PhotoFacts] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            found |= self._read(wanted[start : start + _AT_ONCE])
        unsaved = self._unsaved.copy()
        return found | {one: unsaved[one] for one in wanted if one in unsaved}

    def _read(self, photo_hashes: list[str]) -> dict[str, PhotoFacts]:
        sql = _FIND.format(marks=", ".join("?" * len(photo_hashes)))
        try:
            rows = self._database.rows(sql, FINGERPRINT_VERSION, *photo_hashes)
        except StorageFailed:
            return {}
        return {row["photo"]: PhotoFacts.read(*tuple(row)[2:]) for row in rows}
