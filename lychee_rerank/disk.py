"""Files and folders as every room needs them: written whole, and found in a folder alone; knows no format."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ALL_USERS, OWN_USER = 0o666, 0o600  # who may read a file; the process's umask takes rights away from it


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


def real_path_below(folder: Path, name: str | Path) -> str | None:
    """Where the name in the folder leads once every link is followed; None where that is not below the folder.

    Raises ValueError for what no file can be called: a NUL, half a surrogate pair.
    """
    root, real = os.path.realpath(folder), os.path.realpath(os.path.join(folder, name))
    return real if real.startswith(os.path.join(root, "")) else None
