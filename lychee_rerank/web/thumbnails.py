"""Thumbnails over HTTP, each for the visitor whose photo it is; knows no page and no store."""

from lychee_rerank.records import Photo
from lychee_rerank.spool import SMALL_PX, THUMBNAIL_PX, Spool
from lychee_rerank.web.addresses import Addresses

ROUTE = "/thumbnails/{token}"
SMALL = "small"  # as a query: the one for a photo in six columns


class Thumbnails:
    """Gives out addresses and finds the thumbnails behind them; safe to use from any thread."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._addresses = Addresses[Photo](ROUTE)

    def address(self, photo: Photo, *, owner: str) -> str | None:
        """The path under which this owner gets the photo's thumbnail; None where none can be made."""
        return None if self._spool.thumbnail(photo) is None else self.address_of_any(photo, owner=owner)

    def address_of_any(self, photo: Photo, *, owner: str) -> str:
        """The same without a look at the photo: the thumbnail is made once it is asked for, if it can be."""
        return self._addresses.give(photo, name=str(photo.path), owner=owner)

    def read(self, token: str, *, owner: str | None, small: bool = False) -> bytes | None:
        """The thumbnail, a JPEG, behind an address of this owner's; None for anybody else."""
        photo = self._addresses.find(token, owner=owner)
        long_side_px = SMALL_PX if small else THUMBNAIL_PX
        return None if photo is None else self._spool.thumbnail(photo, long_side_px=long_side_px)
