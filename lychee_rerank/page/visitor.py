"""Who visits, and where this visitor's browser gets photos, thumbnails and files."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import streamlit as st

from lychee_rerank.jobs.job import Job
from lychee_rerank.records import Photo
from lychee_rerank.service import Service
from lychee_rerank.web.files import PHOTO_ROUTE, Download
from lychee_rerank.web.owner import OWNER_COOKIE

_ORIGINALS = PHOTO_ROUTE.rpartition("/")[0]


def owner() -> str:
    """The visitor's id: what the middleware put into the browser's cookie."""
    found = st.context.cookies.get(OWNER_COOKIE)
    return found if isinstance(found, str) else ""  # without a browser (AppTest) there is no cookie, and one owner


def photos_dropped(service: Service, gallery_id: str | None) -> tuple[Photo, ...]:
    """The photos of a gallery of this visitor's; raises StorageFailed."""
    return service.store.galleries.photos(gallery_id, owner()) if gallery_id else ()


def thumbnail_url(service: Service, photo: Photo) -> str | None:
    """The address of the photo's thumbnail; None where none can be made."""
    address = service.thumbnails.address(photo, owner=owner())
    return address and _own_url(address)


def thumbnail_url_later(service: Service, photo: Photo) -> str:
    """The same for a photo that was scored: the thumbnail is made when the browser asks for it."""
    return _own_url(service.thumbnails.address_unchecked(photo, owner=owner()))


def photo_url(service: Service, photo: Photo) -> str:
    """The address of the photo itself."""
    return _own_url(service.originals.give(photo, name=str(photo.path), owner=owner()))


def find_photo(service: Service, url: str) -> Photo | None:
    """The photo behind an address of this visitor's, of its thumbnail or of itself; None where there is none."""
    route, _, token = urlsplit(url).path.rpartition("/")
    found = service.originals if route.endswith(_ORIGINALS) else service.thumbnails
    return found.find(token, owner=owner())


def export_url(
    service: Service, job: Job, build: Callable[[Job], Iterator[bytes]], *, file: str, media_type: str, name: str
) -> str:
    """The address of a file that is built from the run as it is when it is fetched; none once the run is cleared.

    Two files of the same `name` share the address.
    """
    visitor, job_id = owner(), job.id

    def pieces() -> Iterator[bytes] | None:
        found = service.worker.book.find(job_id, owner=visitor)
        return build(found) if found else None

    return _own_url(service.downloads.give(Download(file, media_type, pieces), name=name, owner=visitor))


def _own_url(path: str) -> str:
    return f"{(st.context.url or '').rstrip('/')}{path}"
