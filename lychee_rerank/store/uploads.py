"""Uploaded bytes, thumbnails and examples on disk, by content; knows no page and no run.

Everything is written to a temporary name, synced and renamed: a file that is there is whole.
"""

import atexit
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lychee_rerank.disk import OWN_USER, store_whole
from lychee_rerank.errors import PhotoRefused, StorageFailed
from lychee_rerank.photos.decode import Decode, make_thumbnail, read_bytes
from lychee_rerank.photos.hashes import PhotoHashes, hash_bytes
from lychee_rerank.problems import DataProblem
from lychee_rerank.records import Photo
from lychee_rerank.store.examples import Examples

log = logging.getLogger(__name__)

# The long side: of a large view, for a card in three columns, and for a photo in six.
LARGE_PX, THUMBNAIL_PX, SMALL_PX = 2048, 640, 320
_KEPT_THUMBNAILS = 512  # in memory, at about 40 kB each


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where bytes are kept: a temporary folder where `problem` says what the wanted one lacks."""

    path: Path
    wanted: Path
    problem: DataProblem | None = None

    def close(self) -> None:
        """Deletes a temporary folder."""
        if self.problem is not None:
            shutil.rmtree(self.path, ignore_errors=True)


def open_data_folder(wanted: Path) -> DataFolder:
    """The wanted folder if files can be written and locked there, or a temporary one, which ends with the process."""
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted) as file:
            problem = None if _can_be_locked(file.fileno()) else DataProblem.NO_LOCKS
    except OSError as error:
        log.warning("%s cannot be written (%s)", wanted, error.strerror)
        problem = DataProblem.NOT_WRITABLE
    if problem is None:
        return DataFolder(wanted, wanted)
    folder = DataFolder(Path(tempfile.mkdtemp(prefix="lychee-")), wanted, problem)
    atexit.register(folder.close)
    log.warning("%s: %s; a temporary folder is used", wanted, problem.value.replace("_", " "))
    return folder


def _can_be_locked(descriptor: int) -> bool:
    """False on shares that know no locks (an NFS mount with nolock, some FUSE file systems): SQLite needs them too."""
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Uploads:
    """Uploads and thumbnails under one data folder; safe to use from any thread.

    What is stored is noted in `hashes`, so that scoring does not hash it again.
    """

    def __init__(self, folder: Path, *, decode: Decode, hashes: PhotoHashes | None = None) -> None:
        self._decode, self._hashes = decode, hashes or PhotoHashes()
        self._uploads = folder / "uploads"
        self._thumbnails = folder / "thumbnails"
        self.examples = Examples(folder)
        self._load = lru_cache(maxsize=_KEPT_THUMBNAILS)(self._load_or_make)

    def keep(self, name: str, content: bytes | memoryview) -> Photo:
        """A photo whose bytes are on disk, stored once however often they come; raises StorageFailed."""
        photo_hash = hash_bytes(content)
        path = self._uploads / photo_hash
        if not path.exists():
            store_whole(path, content, mode=OWN_USER)
        self._hashes.keep(path, photo_hash, size_bytes=len(content))
        return Photo(name=name, path=path)

    def thumbnail(self, photo: Photo, *, long_side_px: int = THUMBNAIL_PX) -> bytes | None:
        """A small upright JPEG of the photo as its file is now, None where it cannot be decoded."""
        try:
            state = photo.path.stat()
            load = self._load_or_make if long_side_px > THUMBNAIL_PX else self._load  # large ones stay on the disk
            return load(photo.path, state.st_mtime_ns, state.st_size, long_side_px)
        except (OSError, ValueError, PhotoRefused):
            return None

    def forget(self, paths: Iterable[Path]) -> None:
        """Deletes the thumbnails of photos that nothing refers to any more, and their bytes where they lie here."""
        forgotten = {_name_thumbnails(path): path for path in paths}
        if not forgotten:
            return
        self._load.cache_clear()
        for thumbnail in self._thumbnails.glob("*"):
            if thumbnail.name.partition("-")[0] in forgotten:
                thumbnail.unlink(missing_ok=True)
        for path in forgotten.values():
            self.examples.forget(path)
            if path.parent == self._uploads:
                path.unlink(missing_ok=True)

    def size_bytes(self) -> int:
        """The bytes that uploads, thumbnails and examples take on the disk."""
        size_bytes = self.examples.size_bytes()
        for path in (*self._uploads.glob("*"), *self._thumbnails.glob("*")):
            with suppress(FileNotFoundError):  # another thread has just given it its name, or deleted it
                size_bytes += path.stat().st_size
        return size_bytes

    def _load_or_make(self, photo_path: Path, mtime_ns: int, size_bytes: int, long_side_px: int) -> bytes:
        path = self._thumbnails / f"{_name_thumbnails(photo_path)}-{mtime_ns:x}-{size_bytes:x}-{long_side_px}"
        if path.exists():
            return path.read_bytes()
        if long_side_px < THUMBNAIL_PX:  # from the larger one: the photo itself may take a hundred times as long
            source = self._load(photo_path, mtime_ns, size_bytes, THUMBNAIL_PX)
        else:
            source = read_bytes(photo_path)
        content = make_thumbnail(source, long_side_px=long_side_px, decode=self._decode)
        try:
            store_whole(path, content, mode=OWN_USER)
        except StorageFailed as error:
            log.warning("a thumbnail is not kept: %s", error)
        return content


def _name_thumbnails(photo_path: Path) -> str:
    """The start of the names of all thumbnails of a photo."""
    return hash_bytes(os.fsencode(photo_path))
