"""Remembers the SHA-256 of files, so that what has not changed is not read again; knows no photo's name."""

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path

_MOST_FILES = 100_000  # about 300 bytes each


class PhotoHashes:
    """Hashes by path, size and time of change; safe to use from any thread."""

    def __init__(self) -> None:
        self._hashes: OrderedDict[tuple[Path, int, int, int], str] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, path: Path) -> str | None:
        """The hash of the file as it is now, if it was taken."""
        mark = _mark(path)
        with self._lock:
            return self._hashes.get(mark) if mark else None

    def take(self, path: Path, content: bytes) -> str:
        """The hash of the content, in hex, remembered as the file's."""
        photo_hash = hash_bytes(content)
        self.keep(path, photo_hash, size_bytes=len(content))
        return photo_hash

    def keep(self, path: Path, photo_hash: str, *, size_bytes: int) -> None:
        """Remembers the hash as that of the file as it is now, unless its size shows that it has changed."""
        mark = _mark(path)
        if mark and mark[1] == size_bytes:
            with self._lock:
                self._hashes[mark] = photo_hash
                if len(self._hashes) > _MOST_FILES:
                    self._hashes.popitem(last=False)


def hash_file(path: Path) -> str:
    """SHA-256 of a file's content, in hex, however large it is; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_bytes(content: bytes | memoryview) -> str:
    """SHA-256 of the bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def _mark(path: Path) -> tuple[Path, int, int, int] | None:
    """What differs once a file was changed; None where there is none."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return path, state.st_size, state.st_mtime_ns, state.st_ino
