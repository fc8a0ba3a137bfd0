"""The galleries that were dropped on the page, by owner and by an id that stands in its URL; knows no page."""

import secrets
import time
from pathlib import Path

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

    def add(self, gallery_id: str, upload_id: str, photo: Photo) -> None:
        """Appends one upload; the same upload again changes nothing. Raises StorageFailed."""
        sql = """
            INSERT OR IGNORE INTO uploads
            SELECT ?, ?, (SELECT coalesce(max(place) + 1, 0) FROM uploads WHERE gallery = ?), ?, ?"""
        path = write_path(photo.path, self._folder)
        self._database.write((sql, (gallery_id, upload_id, gallery_id, photo.name, path)))
