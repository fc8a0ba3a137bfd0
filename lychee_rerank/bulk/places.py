"""Files of this machine and of object stores by one name each; what can be reached is what pyarrow can reach."""

import os
import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pyarrow import ArrowException
from pyarrow.fs import FileSystem, FileType, LocalFileSystem

from lychee_rerank.disk import written_aside
from lychee_rerank.errors import BulkFailed

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_OF_ADDRESSES = ":/?[]@!$&'()*+,;=%"  # what an address may hold beside letters and digits (RFC 3986), but for "#"


def is_address(place: str) -> bool:
    """True for "s3://bucket/photo.jpg", false for a path."""
    return _ADDRESS.match(place) is not None


def open_place(place: str) -> tuple[FileSystem, str]:
    """The file system of a path or an address, and its name there; raises BulkFailed for one that is not known."""
    if not is_address(place):
        return LocalFileSystem(), str(Path(place).absolute())
    try:
        parts = urlsplit(quote(place, safe=_OF_ADDRESSES))
    except ValueError as error:
        raise BulkFailed(f"{place}: {error}") from error
    if parts.password is not None:
        raise BulkFailed(f"{parts.scheme}://{parts.hostname}: a key does not belong into an address, see docs/scale.md")
    if not parts.netloc:
        return _open_root(f"{parts.scheme}://{parts.path}")
    filesystem, root = _open_root(parts._replace(path="").geturl())
    return filesystem, root + unquote(parts.path)


@lru_cache(maxsize=16)
def _open_root(address: str) -> tuple[FileSystem, str]:
    """The same for all photos of a store: to open it may take a question over the network."""
    try:
        filesystem, name = FileSystem.from_uri(address)
        return filesystem, str(name)
    except (ArrowException, ValueError, OSError, ImportError) as error:
        raise BulkFailed(f"{address}: {error}") from error


def write_whole(filesystem: FileSystem, path: str, content: bytes) -> None:
    """Writes a file that is there whole or not at all, whatever ends meanwhile; a store keeps that by itself."""
    if isinstance(filesystem, LocalFileSystem):
        with written_aside(Path(path).parent, [content]) as beside:
            os.replace(beside, path)
    else:
        with filesystem.open_output_stream(path) as out:
            out.write(content)


def create_whole(filesystem: FileSystem, path: str, content: bytes) -> bool:
    """True where the file is written, false where there is one; of two that ask a store at once the later stays."""
    if filesystem.get_file_info(path).type is not FileType.NotFound:
        return False
    if not isinstance(filesystem, LocalFileSystem):
        write_whole(filesystem, path, content)
        return True
    with written_aside(Path(path).parent, [content]) as beside:
        try:
            os.link(beside, path)
        except FileExistsError:
            return False
        except OSError:  # a disk without links
            os.rename(beside, path)
    return True


def size_of(place: str) -> int:
    """The bytes of a file, 0 where it is not there."""
    try:
        filesystem, name = open_place(place)
        return filesystem.get_file_info(name).size or 0
    except (OSError, BulkFailed):
        return 0
