"""Deletes runs, galleries and uploads for good, on demand or when days or bytes are used up; knows no page."""

import logging
import math
import time
from collections.abc import Iterable, Set
from pathlib import Path

from lychee_rerank.errors import StorageFailed
from lychee_rerank.records import Photo
from lychee_rerank.scoring.cache_keys import own_key
from lychee_rerank.store.database import Database, Statement, read_path, write_path
from lychee_rerank.store.encoded_files import EncodedFiles
from lychee_rerank.store.schema import UNDER_WAY
from lychee_rerank.store.uploads import Uploads

log = logging.getLogger(__name__)

_UNREFERRED = """
    SELECT column1 AS path FROM (VALUES {marks})
    WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE path = column1)
    AND NOT EXISTS (SELECT 1 FROM run_photos WHERE path = column1)
    AND NOT EXISTS (SELECT 1 FROM runs WHERE example_path = column1)"""
_UNUSED = "NOT EXISTS (SELECT 1 FROM run_photos WHERE score = scores.key OR quick = scores.key)"
# Blame ends crash after crash of a run under way; it names photos, so it does not outlive what is cleared.
_FORGIVE: Statement = (f"DELETE FROM blamed WHERE NOT EXISTS (SELECT 1 FROM runs WHERE {UNDER_WAY})", ())
# Facts go with the last score of their photo.
_FORGET_FACTS: Statement = (
    """DELETE FROM facts WHERE NOT EXISTS (SELECT 1 FROM scores WHERE scores.photo = facts.photo)
    AND NOT EXISTS (SELECT 1 FROM run_photos WHERE run_photos.photo = facts.photo)""",
    (),
)
_AT_ONCE = 500  # values in one statement; SQLite takes 32,766
_DAY_S = 24 * 3600


class Upkeep:
    """Deletes rows of the tables; the files of the paths that it returns are the caller's to delete."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def hide_run(self, run_id: str) -> None:
        """Clears the run for everybody, but so that it can be restored; raises StorageFailed."""
        self._database.write(("INSERT OR IGNORE INTO cleared SELECT id FROM runs WHERE id = ?", (run_id,)))

    def restore_run(self, run_id: str) -> None:
        """Undoes `hide_run`; raises StorageFailed."""
        self._database.write(("DELETE FROM cleared WHERE run = ?", (run_id,)))

    def hidden_runs(self) -> frozenset[str]:
        """The runs that are hidden; raises StorageFailed."""
        return frozenset(row["run"] for row in self._database.rows("SELECT run FROM cleared"))

    def clear_run(self, run_id: str) -> tuple[Path, ...]:
        """Deletes the run, and its gallery and scores unless others use them; what nothing refers to now of its photos.

        Its example is one of them. Raises StorageFailed.
        """
        rows = self._database.rows("SELECT path, score, quick, photo FROM run_photos WHERE run = ?", run_id)
        galleries = self._database.rows("SELECT gallery FROM runs WHERE id = ? AND gallery IS NOT NULL", run_id)
        examples = self._database.rows("SELECT example_path AS path FROM runs WHERE id = ?", run_id)
        paths = {row["path"] for row in (*rows, *examples) if row["path"] is not None}
        unused = _unused_scores(key for row in rows for key in (row["score"], row["quick"]))
        self._database.write(("DELETE FROM runs WHERE id = ?", (run_id,)), *unused, _FORGIVE, _FORGET_FACTS)
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
            self._database.write(*_unused_scores(row["key"] for row in old), _FORGET_FACTS)
            self._database.scrub()
        return tuple(freed)

    def photo_hashes(self) -> frozenset[str]:
        """The hashes of all photos that a run scored; raises StorageFailed."""
        return frozenset(row["photo"] for row in self._database.rows("SELECT DISTINCT photo FROM run_photos"))

    def example_paths(self) -> frozenset[Path]:
        """Where the examples of all runs lie; raises StorageFailed."""
        rows = self._database.rows("SELECT DISTINCT example_path AS path FROM runs WHERE example IS NOT NULL")
        return frozenset(read_path(row["path"], self._folder) for row in rows)

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
        """Deletes a gallery that no run uses; its photos."""
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
    """Deletes scores that no run refers to, with the model's own ones that were kept beside them."""
    wanted = dict.fromkeys(one for key in keys if key is not None for one in (key, own_key(key)))
    return [(f"DELETE FROM scores WHERE key = ? AND {_UNUSED}", (key,)) for key in wanted]


class Retention:
    """Deletes runs for good; `days` 0 keeps nothing past the process, and whatever is under way is kept."""

    def __init__(self, upkeep: Upkeep, uploads: Uploads, files: EncodedFiles, *, days: int, most_bytes: int) -> None:
        self._upkeep, self._uploads, self._files = upkeep, uploads, files
        self._days, self._most_bytes = days, most_bytes
        self._begun_s = time.time()
        self._hidden: set[str] = set()  # by a page that is still open

    def clear_run(self, run_id: str) -> None:
        """Deletes a run and all that only it refers to; raises StorageFailed."""
        self._hidden.discard(run_id)
        self._uploads.forget(self._upkeep.clear_run(run_id))
        self._files.keep_only(self._upkeep.photo_hashes())

    def hide_run(self, run_id: str) -> None:
        """Clears a run that can be restored until `clear_run`, or the end of the process; raises StorageFailed."""
        self._hidden.add(run_id)
        self._upkeep.hide_run(run_id)

    def restore_run(self, run_id: str) -> None:
        """Undoes `hide_run`; raises StorageFailed."""
        self._hidden.discard(run_id)
        self._upkeep.restore_run(run_id)

    def remove_uploads(self, gallery_id: str, photos: Iterable[Photo]) -> None:
        """Deletes these from a gallery, and their bytes where nothing else refers to them; raises StorageFailed."""
        self._uploads.forget(self._upkeep.remove_uploads(gallery_id, photos))

    def keep_within(self) -> None:
        """Deletes what nobody can restore, what is older than the days, then the oldest until the bytes are enough."""
        before_s = time.time() - self._days * _DAY_S if self._days else self._begun_s
        try:
            self._uploads.examples.keep_only(self._upkeep.example_paths())
            self._clear_hidden(but=frozenset(self._hidden))
            self._clear_older(before_s)
            while self._uploads.size_bytes() > self._most_bytes:
                oldest_s = self._upkeep.oldest_begun_s()
                if oldest_s is None:
                    break
                self._clear_older(math.nextafter(oldest_s, math.inf))
        except (StorageFailed, OSError) as error:
            log.error("what is old cannot be deleted: %s", error)

    def close(self) -> None:
        """Deletes what is hidden, and all that has ended where nothing is to outlive the process."""
        try:
            self._clear_hidden()
            if self._days == 0:
                self._clear_older(time.time() + _DAY_S)
        except (StorageFailed, OSError) as error:
            log.error("what this process kept cannot be deleted: %s", error)

    def _clear_hidden(self, *, but: Set[str] = frozenset()) -> None:
        for run_id in self._upkeep.hidden_runs() - but:
            self.clear_run(run_id)

    def _clear_older(self, before_s: float) -> None:
        self._uploads.forget(self._upkeep.clear_older(before_s))
        self._files.keep_only(self._upkeep.photo_hashes())
