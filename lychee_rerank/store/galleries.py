"""The galleries that were dropped on the page, by owner and by an id that stands in its URL; knows no page."""

import secrets
import time
from pathlib import Path

from lychee_rerank.problems import PassedOver
from lychee_rerank.records import Photo
from lychee_rerank.store.database import Database, read_path, write_path


class Galleries:
    """Photos in upload order, per gallery; safe to use from any thread. Nobody sees another owner's."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def begin(self, owner: str) -> str:
        """The id of a new, empty gallery; raises StorageFailed."""
        gallery_id = secrets.token_urlsafe(9)
        self._database.write(("INSERT INTO galleries VALUES (?, ?, ?)", (gallery_id, owner, time.time())))
        return gallery_id

    def exists(self, gallery_id: str, owner: str) -> bool:
        """True for a gallery of this owner."""
        return bool(self._database.rows("SELECT 1 FROM galleries WHERE id = ? AND owner = ?", gallery_id, owner))

    def photos(self, gallery_id: str | None, owner: str) -> tuple[Photo, ...]:
        """The photos of a gallery; none for an id that is not known."""
        sql = """
            SELECT name, path FROM uploads JOIN galleries ON id = gallery
            WHERE gallery = ? AND owner = ? ORDER BY place"""
        rows = self._database.rows(sql, gallery_id, owner)
        return tuple(Photo(row["name"], read_path(row["path"], self._folder)) for row in rows)

    def passed_over(self, gallery_id: str | None, owner: str) -> dict[PassedOver, int]:
        """How many of the files that were dropped with the photos are none, for each reason."""
        sql = """
            SELECT reason, count(*) AS files FROM passed_over JOIN galleries ON id = gallery
            WHERE gallery = ? AND owner = ? GROUP BY reason"""
        return {PassedOver(row["reason"]): row["files"] for row in self._database.rows(sql, gallery_id, owner)}

    def pass_over(self, gallery_id: str, upload_id: str, reason: PassedOver) -> None:
        """Counts one upload that is no photo; the same upload again changes nothing. Raises StorageFailed."""
        self._database.write(("INSERT OR IGNORE INTO passed_over VALUES (?, ?, ?)", (gallery_id, upload_id, reason)))

    def add(self, gallery_id: str, upload_id: str, photo: Photo) -> None:
        """Appends one upload; the same upload again changes nothing. Raises StorageFailed."""
        sql = """
            INSERT OR IGNORE INTO uploads
            SELECT ?, ?, (SELECT coalesce(max(place) + 1, 0) FROM uploads WHERE gallery = ?), ?, ?"""
        path = write_path(photo.path, self._folder)
        self._database.write((sql, (gallery_id, upload_id, gallery_id, photo.name, path)))
