"""What all sessions of this process share: the worker with the model, the store, the uploads."""

import os
from dataclasses import dataclass, field

import streamlit as st

from lychee_rerank.jobs.lock import FolderLock
from lychee_rerank.jobs.worker import Setup, Worker
from lychee_rerank.machine import let_threads_sleep, photo_memory_bytes
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.decode_pool import Decoders
from lychee_rerank.photos.listing import Listing
from lychee_rerank.records import Photo
from lychee_rerank.settings import Settings, load_settings
from lychee_rerank.store.retention import Retention
from lychee_rerank.store.store import Store
from lychee_rerank.store.uploads import DataFolder, Spool, open_data_folder
from lychee_rerank.web import files
from lychee_rerank.web.addresses import Addresses
from lychee_rerank.web.files import Download, Thumbnails
from lychee_rerank.web.owner import OWNER_COOKIE

EXIT_DEVICE_LOST = 75  # sysexits.h: try again later; a restart policy starts the app anew, and its runs go on


@dataclass(frozen=True, slots=True)
class Shared:
    """Everything here is safe to use from any session's thread."""

    settings: Settings
    data: DataFolder
    spool: Spool
    thumbnails: Thumbnails
    store: Store
    retention: Retention
    loader: ModelLoader
    worker: Worker
    decoders: Decoders
    folder: Listing  # the mounted one
    samples: Listing
    originals: Addresses[Photo] = field(default_factory=lambda: Addresses[Photo](files.PHOTO_ROUTE))
    downloads: Addresses[Download] = field(default_factory=lambda: Addresses[Download](files.EXPORT_ROUTE))

    def photos_dropped(self, gallery_id: str | None) -> tuple[Photo, ...]:
        """The photos of a gallery of this visitor's; raises StorageFailed."""
        return self.store.galleries.photos(gallery_id, owner()) if gallery_id else ()

    def thumbnail_url(self, photo: Photo) -> str | None:
        """Where this visitor's browser gets the photo's thumbnail; None where none can be made."""
        address = self.thumbnails.address(photo, owner=owner())
        return address and own_url(address)

    def thumbnail_url_later(self, photo: Photo) -> str:
        """The same for a photo that was scored: the thumbnail is made when the browser asks for it."""
        return own_url(self.thumbnails.address_of_any(photo, owner=owner()))

    def photo_url(self, photo: Photo) -> str:
        """Where this visitor's browser gets the photo itself."""
        return own_url(self.originals.give(photo, name=str(photo.path), owner=owner()))

    def download_url(self, download: Download, *, name: str) -> str:
        """Where this visitor's browser gets the file; `name` tells it from all others."""
        return own_url(self.downloads.give(download, name=name, owner=owner()))

    def close(self) -> None:
        """Ends the worker, deletes what is not to outlive the process, closes the store."""
        scored_here = not self.worker.elsewhere
        self.worker.close()
        self.decoders.close()
        if scored_here:  # what another app keeps is that app's to delete
            self.retention.close()
        self.store.close()


@st.cache_resource(show_spinner=False)
def open_shared() -> Shared:
    """The one set of shared things; the first call starts loading the model. Raises StorageFailed."""
    let_threads_sleep()
    settings = load_settings()
    data = open_data_folder(settings.data_dir)
    store, decoders = Store(data.path), Decoders()
    spool = Spool(data.path, decode=decoders.decode)
    loader = ModelLoader(settings, hash_file=store.scores.hash_file)
    retention = Retention(store.upkeep, spool, days=settings.keep_days, most_bytes=settings.keep_bytes)
    setup = Setup(
        load=loader.load,
        decode=decoders.decode,
        memory_bytes=photo_memory_bytes(settings.memory_bytes),
        check=loader.check,
        device_lost=_leave,
        tidy=retention.keep_within,
        readout=settings.readout,
        template=settings.template,
    )
    folder = Listing(settings.images_dir)
    samples = folder if settings.samples_dir == settings.images_dir else Listing(settings.samples_dir)
    for listing in (folder, samples):
        listing.rescan()
    worker = Worker(setup, store, FolderLock(data.path / "worker.lock")).start()
    return Shared(settings, data, spool, Thumbnails(spool), store, retention, loader, worker, decoders, folder, samples)


def own_url(path: str) -> str:
    """A path on this app as an address for this visitor's browser."""
    return f"{(st.context.url or '').rstrip('/')}{path}"


def owner() -> str:
    """Who visits: what the middleware put into the browser's cookie."""
    found = st.context.cookies.get(OWNER_COOKIE)
    return found if isinstance(found, str) else ""  # without a browser (AppTest) there is no cookie, and one owner


def _leave() -> None:
    """Ends the process at once: CUDA may hang whatever tries to end it in order."""
    os._exit(EXIT_DEVICE_LOST)
