"""One SQLite file: opened, checked, brought up to date, written in short transactions; knows no table's meaning.

Writes that nobody waits for are kept in memory while the disk takes none, and follow in order once it does.
https://www.sqlite.org/wal.html
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lychee_rerank.errors import StorageFailed
from lychee_rerank.store.schema import MIGRATIONS

log = logging.getLogger(__name__)

_BUSY_S = 10.0  # how long one process waits for another's transaction
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY_CODE = 0xFF  # the other bits of an SQLite error code refine it

Values = Sequence[object]
Statement = tuple[str, Values]


def write_path(path: Path, folder: Path) -> bytes:
    """The path as it is kept; names need not be UTF-8."""
    return os.fsencode(path.relative_to(folder) if path.is_relative_to(folder) else path.absolute())


def read_path(kept: bytes, folder: Path) -> Path:
    """The path that was kept."""
    return folder / os.fsdecode(kept)


class Database:
    """A connection that any thread may use; raises StorageFailed.

    `set_aside` is where a broken file was moved to; `saving` is False while writes wait for room on the disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self.saving = True
        self._lock = threading.RLock()
        self._waiting: list[Statement] = []
        with self._storage_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = self._open_whole()
            self._bring_up_to_date()

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """The rows that the statement finds."""
        with self._lock, self._storage_errors():
            return self._connection.execute(sql, values).fetchall()

    def write(self, *statements: Statement) -> None:
        """Runs the statements in one transaction: all of them or none."""
        with self._lock, self._storage_errors(), self._transaction():
            for sql, values in statements:
                self._connection.execute(sql, values)

    def write_soon(self, *statements: Statement) -> None:
        """Runs the statements now, or as soon as the disk takes them again; raises nothing."""
        with self._lock:
            self._waiting += statements
            self.catch_up()

    def catch_up(self) -> None:
        """Runs the statements that wait, if the disk takes them."""
        with self._lock:
            try:
                if self._waiting:
                    self.write(*self._waiting)
                    self._waiting.clear()
            except StorageFailed as error:
                if self.saving:
                    log.error("results are not being saved: %s", error)
                self.saving = False
                return
            if not self.saving:
                log.warning("results are being saved again")
            self.saving = True

    def scrub(self) -> None:
        """Removes deleted rows from the files too: SQLite has overwritten them, and the log is emptied."""
        with self._lock, self._storage_errors():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Ends the connection; what still waits for room is tried once more."""
        with self._lock, self._storage_errors():
            self.catch_up()
            self._connection.close()

    def _open_whole(self) -> sqlite3.Connection:
        """A connection to a file that passed its check, a new one where the old one is broken."""
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & _PRIMARY_CODE not in _BROKEN:
                raise
        self.set_aside = _move_aside(self.path)
        log.error("%s is broken and was set aside as %s; a new one is begun", self.path, self.set_aside)
        return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        with ExitStack() as failing:
            failing.callback(connection.close)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last photos, never the file
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                broken = sqlite3.DatabaseError(found)
                broken.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise broken
            failing.pop_all()
        return connection

    def _bring_up_to_date(self) -> None:
        with self._transaction():
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > len(MIGRATIONS):
                raise StorageFailed(str(self.path.parent), detail="written by a newer version of this app")
            for statement in (statement for migration in MIGRATIONS[version:] for statement in migration):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:  # it failed, and SQLite did not end it by itself, as on a full disk
                self._connection.execute("ROLLBACK")

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageFailed(str(self.path.parent), detail=str(error)) from error


def _move_aside(path: Path) -> Path:
    """The new place of a broken file, its log beside it."""
    mark = f"corrupt-{time.strftime('%Y%m%d-%H%M%S')}"
    for ending in ("-wal", "-shm", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(path.with_name(f"{path.name}.{mark}{ending}"))
    return path.with_name(f"{path.name}.{mark}")
