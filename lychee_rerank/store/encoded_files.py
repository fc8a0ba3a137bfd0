"""Encoded photos in files, for the queries of later days; knows no model: what is in a file is the model's own.

A file is named by the photo's hash and by all else that it depends on. It goes with the last run that has the photo.
"""

import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable, Hashable, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lychee_rerank.disk import OWN_USER
from lychee_rerank.scoring.cache_keys import EncodingKey
from lychee_rerank.scoring.photo_memory import PhotoMemory

log = logging.getLogger(__name__)

_PART = ".part"


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    size_bytes: int

    def on_host(self) -> "_File":
        return self


class EncodedFiles:
    """Files of at most `most_bytes` together, which give way to one another as PhotoMemory has it; thread-safe."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._opening = threading.Lock()
        self._found: PhotoMemory[_File] | None = None

    @property
    def _files(self) -> PhotoMemory[_File]:
        """What lies in the folder; looked for at the first use, as an app that does not score has no business there."""
        with self._opening:
            if self._found is None:
                self._found = self._scan()
            return self._found

    def _scan(self) -> PhotoMemory[_File]:
        """The files, the longest unused first, each of which gives way by itself; what has no room is deleted."""
        files = PhotoMemory[_File](self._most_bytes, on_leave=lambda file: _delete(file.path))
        for part in self._folder.glob(f"*{_PART}"):
            _delete(part)
        found: list[tuple[float, _File]] = []
        for path in self._folder.glob("*-*"):
            with suppress(FileNotFoundError):  # another process has just deleted it
                state = path.stat()
                found.append((state.st_mtime, _File(path, state.st_size)))
        for n, (_, file) in enumerate(sorted(found, key=lambda one: one[0])):
            if not files.keep(file.path.name, file, gallery=n):
                _delete(file.path)
        return files

    def find(self, key: EncodingKey, *, gallery: Hashable) -> Path | None:
        """The file of a photo, which belongs to this gallery from now on."""
        file = self._files.find(_name(key), gallery=gallery)
        if file is None:
            return None
        with suppress(OSError):
            os.utime(file.path)  # the next process lets the longest unused go first
        return file.path

    def keep(self, key: EncodingKey, size_bytes: int, content: Callable[[], bytes], *, gallery: Hashable) -> None:
        """Writes the content of about this size where there is room, or can be made; what cannot be written is not."""
        file = _File(self._folder / _name(key), size_bytes)
        if not self._files.keep(file.path.name, file, gallery=gallery):
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary = file.path.with_suffix(_PART)
            with open(temporary, "wb", opener=lambda path, flags: os.open(path, flags, OWN_USER)) as part:
                part.write(content())  # not synced: what a power cut leaves of it is found out when it is read
            os.replace(temporary, file.path)
        except OSError as error:
            log.warning("what the model keeps of a photo is not written: %s", error.strerror)
            self._files.drop(file.path.name)

    def drop(self, key: EncodingKey) -> None:
        """Deletes a file, which cannot be read."""
        self._files.drop(_name(key))

    def keep_only(self, photo_hashes: Set[str]) -> None:
        """Deletes the files of all other photos."""
        for name in self._files.names():
            if str(name).partition("-")[0] not in photo_hashes:
                self._files.drop(name)


def _delete(path: Path) -> None:
    """Deletes a file that may be gone; one that cannot be deleted is found again by the next process."""
    with suppress(OSError):
        path.unlink()


def _name(key: EncodingKey) -> str:
    """The photo's hash, then one of all that the key holds."""
    return f"{key.photo}-{hashlib.sha256(json.dumps(asdict(key), sort_keys=True).encode()).hexdigest()}"
