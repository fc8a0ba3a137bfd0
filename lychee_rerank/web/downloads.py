"""Exports over HTTP, each for the visitor who asked for it, made while they are sent; knows no page and no store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response, StreamingResponse

ROUTE = "/exports/{token}"


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is made when it is asked for; `open` gives its pieces, or None where there is nothing any more."""

    name: str
    media_type: str
    open: Callable[[], Iterator[bytes] | None]


def serve_download(download: Download | None) -> Response:
    """The file, to be kept under its name; its length is known to nobody before its end."""
    pieces = download.open() if download is not None else None
    if download is None or pieces is None:
        return PlainTextResponse("no such export\n", status_code=404)
    disposition = f"attachment; filename*=utf-8''{quote(download.name, safe='')}"
    headers = {"content-disposition": disposition, "cache-control": "no-store"}
    return StreamingResponse(pieces, media_type=download.media_type, headers=headers)
