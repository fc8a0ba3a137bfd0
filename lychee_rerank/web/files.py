"""Photos, thumbnails and exports over HTTP, each for the visitor whose it is; knows no page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from lychee_rerank.photos.formats import KIND_WINDOW_BYTES, browsers_show, find_kind
from lychee_rerank.records import Photo
from lychee_rerank.store.uploads import LARGE_PX, SMALL_PX, THUMBNAIL_PX, Uploads
from lychee_rerank.web.addresses import Addresses

PHOTO_ROUTE = "/photos/{token}"
_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIC": "image/heic",
    "AVIF": "image/avif",
}
THUMBNAIL_ROUTE = "/thumbnails/{token}"
SMALL = "small"  # as a query: the one for a photo in six columns
EXPORT_ROUTE = "/exports/{token}"


def serve_original(photo: Photo | None, *, download: bool, uploads: Uploads) -> Response:
    """The photo's own file, to be shown or to be saved under its name; 404 for what is no photo any more.

    What browsers cannot show is shown as a JPEG of it.
    """
    try:
        start = _read_start(photo) if photo is not None else b""
    except OSError:
        start = b""
    kind = find_kind(start)
    if photo is None or kind not in _TYPES:
        return PlainTextResponse("no such photo\n", status_code=404)
    if not download and not browsers_show(start):
        return _send_jpeg_of(photo, uploads)
    return FileResponse(
        photo.path,
        media_type=_TYPES[kind],
        filename=photo.name.rpartition("/")[2],
        content_disposition_type="attachment" if download else "inline",
        headers={"cache-control": "no-store"},
    )


def _send_jpeg_of(photo: Photo, uploads: Uploads) -> Response:
    content = uploads.thumbnail(photo, long_side_px=LARGE_PX)
    if content is None:
        return PlainTextResponse("no such photo\n", status_code=404)
    return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})


def _read_start(photo: Photo) -> bytes:
    with photo.path.open("rb") as file:
        return file.read(KIND_WINDOW_BYTES)


def serve_thumbnail(content: bytes | None) -> Response:
    """The thumbnail, a JPEG, which no browser keeps: "Clear" would not reach it there."""
    if content is None:
        return PlainTextResponse("no such thumbnail\n", status_code=404)
    return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})


class Thumbnails:
    """Gives out addresses and finds the thumbnails behind them; safe to use from any thread."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads
        self._addresses = Addresses[Photo](THUMBNAIL_ROUTE)

    def address(self, photo: Photo, *, owner: str) -> str | None:
        """The path under which this owner gets the photo's thumbnail; None where none can be made."""
        return None if self._uploads.thumbnail(photo) is None else self.address_unchecked(photo, owner=owner)

    def address_unchecked(self, photo: Photo, *, owner: str) -> str:
        """The same without opening the photo: the thumbnail is made on its first request, where it can be."""
        return self._addresses.give(photo, name=str(photo.path), owner=owner)

    def find(self, token: str, *, owner: str | None) -> Photo | None:
        """The photo whose thumbnail is at an address of this owner's; None for anybody else."""
        return self._addresses.find(token, owner=owner)

    def read(self, token: str, *, owner: str | None, small: bool = False) -> bytes | None:
        """The thumbnail, a JPEG, at an address of this owner's; None for anybody else."""
        photo = self.find(token, owner=owner)
        long_side_px = SMALL_PX if small else THUMBNAIL_PX
        return None if photo is None else self._uploads.thumbnail(photo, long_side_px=long_side_px)


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is made on request; `open` returns its pieces, None where there is nothing any more."""

    name: str
    media_type: str
    open: Callable[[], Iterator[bytes] | None]


def serve_download(download: Download | None) -> Response:
    """The file, to be saved under its name; it is streamed, so that its length is not known before its end."""
    pieces = download.open() if download is not None else None
    if download is None or pieces is None:
        return PlainTextResponse("no such export\n", status_code=404)
    disposition = f"attachment; filename*=utf-8''{quote(download.name, safe='')}"
    headers = {"content-disposition": disposition, "cache-control": "no-store"}
    return StreamingResponse(pieces, media_type=download.media_type, headers=headers)
