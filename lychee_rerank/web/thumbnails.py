"""Addresses of thumbnails, each good for one visitor alone; knows no page and no store."""

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict

from lychee_rerank.records import Photo
from lychee_rerank.spool import Spool

ROUTE = "/thumbnails/{token}"
_MOST_ADDRESSES = 20_000  # a page shows 60 photos; about 300 bytes each


class Thumbnails:
    """Gives out addresses and finds the thumbnails behind them; safe to use from any thread.

    An address says nothing of the photo, and is made anew by the next process.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._secret = secrets.token_bytes(32)
        self._photos: OrderedDict[str, tuple[str, Photo]] = OrderedDict()
        self._lock = threading.Lock()

    def address(self, photo: Photo, *, owner: str) -> str | None:
        """The path under which this owner gets the photo's thumbnail; None where none can be made."""
        if self._spool.thumbnail(photo) is None:
            return None
        token = hmac.new(self._secret, f"{owner}\0{photo.path}".encode("utf-8", "surrogateescape"), hashlib.sha256)
        with self._lock:
            self._photos[token.hexdigest()] = owner, photo
            self._photos.move_to_end(token.hexdigest())
            if len(self._photos) > _MOST_ADDRESSES:
                self._photos.popitem(last=False)
        return ROUTE.format(token=token.hexdigest())

    def read(self, token: str, *, owner: str | None) -> bytes | None:
        """The thumbnail, a JPEG, behind an address of this owner's; None for anybody else."""
        with self._lock:
            whose, photo = self._photos.get(token, (None, None))
        return self._spool.thumbnail(photo) if photo is not None and whose == owner else None
