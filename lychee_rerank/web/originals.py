"""Photos themselves over HTTP, each for the visitor whose photo it is; knows no page and no store."""

from starlette.responses import FileResponse, PlainTextResponse, Response

from lychee_rerank.formats import KIND_WINDOW_BYTES, find_kind
from lychee_rerank.records import Photo

ROUTE = "/photos/{token}"
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def serve_original(photo: Photo | None, *, download: bool) -> Response:
    """The photo's own file, to be looked at or to be kept under its name; nothing that is no photo any more."""
    try:
        kind = find_kind(_start_of(photo)) if photo is not None else ""
    except OSError:
        kind = ""
    if photo is None or kind not in _TYPES:
        return PlainTextResponse("no such photo\n", status_code=404)
    return FileResponse(
        photo.path,
        media_type=_TYPES[kind],
        filename=photo.name.rpartition("/")[2],
        content_disposition_type="attachment" if download else "inline",
        headers={"cache-control": "no-store"},
    )


def _start_of(photo: Photo) -> bytes:
    with photo.path.open("rb") as file:
        return file.read(KIND_WINDOW_BYTES)
