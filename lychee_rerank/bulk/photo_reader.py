"""The photos of a part as the scorer takes them: files of this machine, or of an object store, fetched when wanted."""

import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from pyarrow.fs import FileSystem, FileType

from lychee_rerank.bulk.places import is_address, open_place
from lychee_rerank.errors import BulkFailed, PhotoRefused
from lychee_rerank.photos.decode import read_bytes
from lychee_rerank.photos.limits import check_bytes
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Photo
from lychee_rerank.text import first_line

_PAUSES_S = (0.5, 5.0)  # before a store is asked again


class PhotoReader:
    """Fetches what lies elsewhere into a folder, which is the caller's to delete; safe to use from any thread."""

    def __init__(self, names: Sequence[str], folder: Path) -> None:
        self._addresses = {folder / str(n): name for n, name in enumerate(names) if is_address(name)}
        fetched = {name: path for path, name in self._addresses.items()}
        self.photos = tuple(Photo(name, fetched.get(name) or Path(name)) for name in names)

    def read(self, path: Path) -> bytes:
        """The bytes of a photo; raises PhotoRefused."""
        if path in self._addresses and not path.exists():
            self._fetch(self._addresses[path], path)
        return read_bytes(path)

    def _fetch(self, address: str, path: Path) -> None:
        """Raises PhotoRefused for what is not there or too large, BulkFailed where the store itself fails."""
        try:
            place = open_place(address)
        except BulkFailed as error:
            raise PhotoRefused(RefusalReason.UNREADABLE, detail=first_line(error)) from error
        for pause_s in (*_PAUSES_S, None):
            try:
                beside = path.with_name(secrets.token_hex(8))  # two threads may want it
                beside.write_bytes(_read_store(*place))
                os.replace(beside, path)
                return
            except OSError as error:
                if pause_s is None:
                    raise BulkFailed(f"{address}: {error}") from error
                time.sleep(pause_s)


def _read_store(filesystem: FileSystem, name: str) -> bytes:
    """The bytes of a file; raises PhotoRefused, OSError."""
    info = filesystem.get_file_info(name)
    if info.type is not FileType.File:
        raise PhotoRefused(RefusalReason.UNREADABLE)
    check_bytes(info.size or 0)
    with filesystem.open_input_stream(name) as stream:
        return bytes(stream.read())
