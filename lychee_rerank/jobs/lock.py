"""One scoring worker per data folder: a lock that ends with its process, whatever ends that; knows no worker."""

import fcntl
from pathlib import Path
from typing import BinaryIO


class FolderLock:
    """A POSIX record lock: the system drops it when the process ends, and a forked child does not hold it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def acquire(self) -> bool:
        """True once this process holds the lock; waits for nobody. Raises OSError where no lock can be had."""
        if self._file is not None:
            return True
        file = self._path.open("ab")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        except PermissionError:  # some systems raise it for a lock that another process holds
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Releases the lock, if this process holds it."""
        if self._file is not None:
            self._file.close()
            self._file = None
