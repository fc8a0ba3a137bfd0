"""What a process shares between all its visitors: the settings, the store, the worker with the model.

Knows every room that serves the page and the API, and neither of these two.
"""

import os
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from shutil import disk_usage

from lychee_rerank.jobs.lock import FolderLock
from lychee_rerank.jobs.setup import Setup
from lychee_rerank.jobs.worker import Worker
from lychee_rerank.machine import ensure_home, let_threads_sleep, photo_memory_bytes
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.folders import Links
from lychee_rerank.photos.hashes import PhotoHashes
from lychee_rerank.photos.listing import Listing
from lychee_rerank.records import Photo
from lychee_rerank.settings import Settings, load_settings
from lychee_rerank.store.encoded_files import EncodedFiles
from lychee_rerank.store.retention import Retention
from lychee_rerank.store.store import Store
from lychee_rerank.store.uploads import DataFolder, Uploads, open_data_folder
from lychee_rerank.web import files
from lychee_rerank.web.addresses import Addresses
from lychee_rerank.web.files import Download, Thumbnails

EXIT_DEVICE_LOST = 75  # sysexits.h: try again later; a restart policy starts the app anew, and its runs go on
_OPENING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Service:
    """Everything here is safe to use from any thread."""

    settings: Settings
    data: DataFolder
    uploads: Uploads
    thumbnails: Thumbnails
    store: Store
    retention: Retention
    loader: ModelLoader
    worker: Worker
    decoders: DecodePool
    folder: Listing  # the mounted one
    samples: Listing
    originals: Addresses[Photo] = field(default_factory=lambda: Addresses[Photo](files.PHOTO_ROUTE))
    downloads: Addresses[Download] = field(default_factory=lambda: Addresses[Download](files.EXPORT_ROUTE))

    def close(self) -> bool:
        """Ends the worker, deletes what is not to outlive the process, closes the store.

        False where the model is still at work, or being loaded: a thread inside torch aborts the interpreter that ends
        around it, so such a process has to end by `os._exit`.
        """
        scored_here = not self.worker.state().elsewhere
        ended = self.worker.close()
        self.decoders.close()
        if scored_here:  # what another app keeps is that app's to delete
            self.retention.close()
        self.store.close()
        self.data.close()
        return ended


def open_service() -> Service:
    """This process's one service; the first call starts loading the model. Raises SettingInvalid, StorageFailed."""
    with _OPENING:
        return _start_service()


def close_service() -> bool:
    """Closes the service where it is open; False as `Service.close` says it."""
    with _OPENING:
        if not _start_service.cache_info().currsize:
            return True
        ended = _start_service().close()
        _start_service.cache_clear()
        return ended


@lru_cache(maxsize=1)
def _start_service() -> Service:
    let_threads_sleep()
    settings = load_settings()
    data = open_data_folder(settings.data_dir)
    ensure_home(data.path)
    store, decoders, hashes = Store(data.path), DecodePool(), PhotoHashes()
    uploads = Uploads(data.path, decode=decoders.decode, hashes=hashes)
    loader = ModelLoader(settings, hash_file=store.scores.hash_file)
    files = EncodedFiles(data.path / "quick-looks", most_bytes=_quick_bytes(settings, data))
    retention = Retention(store.upkeep, uploads, files, days=settings.keep_days, most_bytes=settings.keep_bytes)
    setup = Setup(
        load=loader.load,
        decode=decoders.decode,
        hashes=hashes,
        memory_bytes=photo_memory_bytes(settings.memory_bytes),
        files=files,
        check=loader.check,
        device_lost=_leave,
        tidy=retention.keep_within,
        readout=settings.readout,
        template=settings.template,
        calibration=settings.calibration,
        quick_looks=settings.quick_looks,
    )
    folder, samples = _list_folders(settings)
    return Service(
        settings=settings,
        data=data,
        uploads=uploads,
        thumbnails=Thumbnails(uploads),
        store=store,
        retention=retention,
        loader=loader,
        worker=Worker(setup, store, FolderLock(data.path / "worker.lock")).start(),
        decoders=decoders,
        folder=folder,
        samples=samples,
    )


def _list_folders(settings: Settings) -> tuple[Listing, Listing]:
    """The mounted folder and the samples, which are being walked."""
    folder = Listing(settings.images_dir, links=Links.INSIDE if settings.follow_links else Links.FILES_INSIDE)
    samples = folder if settings.samples_dir == settings.images_dir else Listing(settings.samples_dir)
    for listing in (folder, samples):
        listing.rescan()
    return folder, samples


def _quick_bytes(settings: Settings, data: DataFolder) -> int:
    """What quick looks may take of the disk: nothing of a temporary folder's."""
    if data.problem is not None:
        return 0
    return disk_usage(data.path).free // 10 if settings.quick_bytes is None else settings.quick_bytes


def _leave() -> None:
    """Ends the process at once: CUDA may hang whatever tries to end it in order."""
    os._exit(EXIT_DEVICE_LOST)
