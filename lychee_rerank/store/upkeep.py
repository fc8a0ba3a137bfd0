"""Deletes runs, galleries and uploads for good, on demand or when they are old; knows what nothing refers to then."""

from collections.abc import Iterable
from pathlib import Path

from lychee_rerank.records import Photo
from lychee_rerank.store.database import Database, Statement
from lychee_rerank.store.paths import read_path, write_path
from lychee_rerank.store.schema import UNDER_WAY

_UNREFERRED = """
    SELECT column1 AS path FROM (VALUES {marks})
    WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE path = column1)
    AND NOT EXISTS (SELECT 1 FROM run_photos WHERE path = column1)"""
_UNUSED = "NOT EXISTS (SELECT 1 FROM run_photos WHERE score = scores.key)"
# Blame ends crash after crash of a run under way; it names photos, so it does not outlive what is cleared.
_FORGIVE: Statement = (f"DELETE FROM blamed WHERE NOT EXISTS (SELECT 1 FROM runs WHERE {UNDER_WAY})", ())
_AT_ONCE = 500  # values in one statement; SQLite takes 32,766


class Upkeep:
    """What is deleted is gone from the tables; the caller deletes the files that it is told of."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def set_aside(self, run_id: str) -> None:
        """Clears the run for everybody, but so that it can be brought back; raises StorageFailed."""
        self._database.write(("INSERT OR IGNORE INTO cleared SELECT id FROM runs WHERE id = ?", (run_id,)))

    def bring_back(self, run_id: str) -> None:
        """Undoes `set_aside`; raises StorageFailed."""
        self._database.write(("DELETE FROM cleared WHERE run = ?", (run_id,)))

    def aside(self) -> frozenset[str]:
        """The runs that are set aside; raises StorageFailed."""
        return frozenset(row["run"] for row in self._database.rows("SELECT run FROM cleared"))

    def clear_run(self, run_id: str) -> tuple[Path, ...]:
        """Deletes the run, its gallery and scores unless others use them; the photos that nothing refers to now.

        Raises StorageFailed.
        """
        rows = self._database.rows("SELECT path, score, photo FROM run_photos WHERE run = ?", run_id)
        galleries = self._database.rows("SELECT gallery FROM runs WHERE id = ? AND gallery IS NOT NULL", run_id)
        paths = {row["path"] for row in rows}
        unused = _unused_scores(row["score"] for row in rows)
        self._database.write(("DELETE FROM runs WHERE id = ?", (run_id,)), *unused, _FORGIVE)
        for gallery in galleries:
            paths |= self._clear_gallery(gallery["gallery"])
        self._database.scrub()
        return self._unreferred(paths)

    def remove_uploads(self, gallery_id: str, photos: Iterable[Photo]) -> tuple[Path, ...]:
        """Deletes these from a gallery, and not from its runs; what nothing refers to now. Raises StorageFailed."""
        removed = [(photo.name, write_path(photo.path, self._folder)) for photo in photos]
        sql = "DELETE FROM uploads WHERE gallery = ? AND name = ? AND path = ?"
        self._database.write(*((sql, (gallery_id, *upload)) for upload in removed))
        self._database.scrub()
        return self._unreferred({path for _, path in removed})

    def clear_older(self, before_s: float) -> tuple[Path, ...]:
        """Deletes what was begun before that time and is not under way; the photos that nothing refers to now."""
        runs = self._database.rows(f"SELECT id FROM runs WHERE begun_s < ? AND NOT {UNDER_WAY}", before_s)
        freed = {path for run in runs for path in self.clear_run(run["id"])}
        galleries = self._database.rows("SELECT id FROM galleries WHERE begun_s < ?", before_s)
        freed |= set(self._unreferred({path for row in galleries for path in self._clear_gallery(row["id"])}))
        old = self._database.rows(f"SELECT key FROM scores WHERE kept_s < ? AND {_UNUSED}", before_s)
        if galleries or old:
            self._database.write(*_unused_scores(row["key"] for row in old))
            self._database.scrub()
        return tuple(freed)

    def oldest_begun_s(self) -> float | None:
        """When the oldest of what could be deleted was begun."""
        sql = f"""
            SELECT min(begun_s) AS begun_s FROM (
                SELECT begun_s FROM runs WHERE NOT {UNDER_WAY} UNION ALL
                SELECT begun_s FROM galleries WHERE NOT EXISTS (SELECT 1 FROM runs WHERE gallery = galleries.id)
            )"""
        begun_s: float | None = self._database.rows(sql)[0]["begun_s"]
        return begun_s

    def _clear_gallery(self, gallery_id: str) -> set[bytes]:
        """Deletes a gallery that no run uses; the photos it held."""
        if self._database.rows("SELECT 1 FROM runs WHERE gallery = ?", gallery_id):
            return set()
        paths = {row["path"] for row in self._database.rows("SELECT path FROM uploads WHERE gallery = ?", gallery_id)}
        self._database.write(("DELETE FROM galleries WHERE id = ?", (gallery_id,)))
        return paths

    def _unreferred(self, paths: set[bytes]) -> tuple[Path, ...]:
        found: list[Path] = []
        listed = sorted(paths)
        for start in range(0, len(listed), _AT_ONCE):
            part = listed[start : start + _AT_ONCE]
            rows = self._database.rows(_UNREFERRED.format(marks=", ".join(["(?)"] * len(part))), *part)
            found += [read_path(row["path"], self._folder) for row in rows]
        return tuple(found)


def _unused_scores(keys: Iterable[str | None]) -> list[Statement]:
    return [(f"DELETE FROM scores WHERE key = ? AND {_UNUSED}", (key,)) for key in keys if key is not None]
