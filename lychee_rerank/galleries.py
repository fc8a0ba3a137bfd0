"""The galleries that were dropped on the page, by an id that stands in its URL; knows no page and no disk."""

import secrets
import threading

from lychee_rerank.records import Photo


class Galleries:
    """Photos in upload order, per gallery; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._photos: dict[str, dict[str, Photo]] = {}

    def begin(self) -> str:
        """The id of a new, empty gallery."""
        gallery_id = secrets.token_urlsafe(9)
        with self._lock:
            self._photos[gallery_id] = {}
        return gallery_id

    def knows(self, gallery_id: str | None) -> bool:
        """True for a gallery that was begun in this process."""
        with self._lock:
            return gallery_id in self._photos

    def photos(self, gallery_id: str | None) -> tuple[Photo, ...]:
        """The photos of a gallery; none for an id that is not known."""
        with self._lock:
            return tuple(self._photos.get(gallery_id or "", {}).values())

    def add(self, gallery_id: str, upload_id: str, photo: Photo) -> None:
        """Appends one upload; the same upload again changes nothing."""
        with self._lock:
            self._photos[gallery_id].setdefault(upload_id, photo)
