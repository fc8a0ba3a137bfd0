"""The examples of runs on disk, by content, so that a run goes on whatever becomes of the photo; knows no run."""

import os
import time
from collections.abc import Set
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lychee_rerank.disk import OWN_USER, store_whole
from lychee_rerank.errors import ExampleRefused, PhotoRefused
from lychee_rerank.photos.decode import read_bytes
from lychee_rerank.photos.hashes import hash_bytes
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import Example

_ORPHANED_AFTER_S = 3600  # without a run, which begins right after its example was kept


class Examples:
    """Examples under one data folder; safe to use from any thread. A file that is there is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "examples"

    def keep(self, example: Example) -> Example:
        """The example with its bytes here, once however often it comes; raises ExampleRefused, StorageFailed."""
        path = self._folder / example.photo_hash
        try:
            os.utime(path)  # it is there, and not left behind
        except OSError:
            store_whole(path, _read(example), mode=OWN_USER)
        return replace(example, path=path)

    def forget(self, path: Path) -> None:
        """Deletes it, where it lies here."""
        if path.parent == self._folder:
            path.unlink(missing_ok=True)

    def keep_only(self, paths: Set[Path]) -> None:
        """Deletes what a process that was killed left behind before a run had it: old, and none of these."""
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):
                if path not in paths and path.stat().st_mtime < time.time() - _ORPHANED_AFTER_S:
                    path.unlink()

    def size_bytes(self) -> int:
        """The bytes that they take on the disk."""
        size_bytes = 0
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):
                size_bytes += path.stat().st_size
        return size_bytes


def _read(example: Example) -> bytes:
    try:
        content = read_bytes(example.path)
    except PhotoRefused as refused:
        raise ExampleRefused(refused.reason, detail=refused.detail) from refused
    if hash_bytes(content) != example.photo_hash:  # it has changed since it was chosen
        raise ExampleRefused(RefusalReason.UNREADABLE)
    return content
