"""Files and folders as every room needs them: written whole, and found in a folder alone; knows no format."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from lychee_rerank.errors import StorageFailed

ALL_USERS, OWN_USER = 0o666, 0o600  # who may read a file; the process's umask takes rights away from it
NAME_MAX_BYTES = 255  # of one name on most file systems


@contextmanager
def written_aside(folder: Path, content: Iterable[bytes | memoryview], *, mode: int = ALL_USERS) -> Iterator[Path]:
    """The content in a file of a temporary name, synced to the disk: to be renamed, otherwise gone at the end."""
    temporary = folder / f".lychee-{secrets.token_hex(8)}.part"
    with ExitStack() as undo:
        with open(temporary, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            undo.callback(temporary.unlink, missing_ok=True)
            for chunk in content:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        yield temporary


def store_whole(path: Path, content: bytes | memoryview, *, mode: int = ALL_USERS) -> None:
    """Writes a file that is whole once it has its name, in a folder that need not be there; raises StorageFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_aside(path.parent, [content], mode=mode) as temporary:
            os.replace(temporary, path)
    except OSError as error:
        raise StorageFailed(str(path.parent), detail=error.strerror or "cannot be written") from error


def real_path_below(folder: Path, name: str | Path) -> str | None:
    """Where the name in the folder leads once every link is followed; None where that is not below the folder.

    Raises ValueError for what no file can be called: a NUL, half a surrogate pair.
    """
    root, real = os.path.realpath(folder), os.path.realpath(os.path.join(folder, name))
    return real if real.startswith(os.path.join(root, "")) else None


def longest_name_bytes(folder: Path) -> int:
    """How many bytes a name in the folder may have: NAME_MAX_BYTES, or less; the folder need not be there yet."""
    with suppress(OSError, ValueError):
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        limit = os.pathconf(there, "PC_NAME_MAX")
        if limit > 0:  # 0 from some file systems that run outside the kernel, -1 where there is no limit
            return min(limit, NAME_MAX_BYTES)
    return NAME_MAX_BYTES
