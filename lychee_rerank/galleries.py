"""The galleries that were dropped on the page, by an id that stands in its URL; knows no page and no disk."""

import secrets
import threading
from collections.abc import Iterable

from lychee_rerank.records import Photo


class Galleries:
    """Photos in upload order, per gallery; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._photos: dict[str, tuple[Photo, ...]] = {}

    def photos(self, gallery_id: str | None) -> tuple[Photo, ...]:
        """The photos of a gallery; none for an id that is not known."""
        with self._lock:
            return self._photos.get(gallery_id or "", ())

    def add(self, gallery_id: str | None, photos: Iterable[Photo]) -> str:
        """Appends to the gallery, or begins one where the id is not known; returns its id."""
        with self._lock:
            if gallery_id is None or gallery_id not in self._photos:
                gallery_id = secrets.token_urlsafe(9)
            self._photos[gallery_id] = self._photos.get(gallery_id, ()) + tuple(photos)
            return gallery_id

    def clear(self, gallery_id: str | None) -> None:
        """Forgets the gallery."""
        with self._lock:
            self._photos.pop(gallery_id or "", None)
