"""Scores by key, and the photos that were scored when the GPU was lost; knows no run."""

import hashlib
import sqlite3
import time
from pathlib import Path

from lychee_rerank.errors import PhotoRefused, StorageFailed
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Rule, Score
from lychee_rerank.scoring.cache_keys import ScoreKey
from lychee_rerank.store.database import Database

MOST_BLAMED = 2  # a photo that was being scored so often when the GPU was lost is not tried again


class Scores:
    """All kept scores; safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, key: ScoreKey) -> "StoredScores":
        """The scores of one run's key."""
        return StoredScores(self._database, key)

    def hash_file(self, path: Path) -> str:
        """SHA-256 of a file's content, in hex; read once, then again only when size or time of change differ."""
        state = path.stat()
        mark = f"{state.st_size} {state.st_mtime_ns} {state.st_ino}"
        name = str(path.resolve()).encode("utf-8", "surrogateescape")
        known = self._database.rows("SELECT hash FROM files WHERE path = ? AND state = ?", name, mark)
        if known:
            return str(known[0]["hash"])
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        self._database.write_soon(("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (name, mark, found)))
        return found


class StoredScores:
    """The scores under one key, by photo; `reused` counts those that an earlier run left."""

    def __init__(self, database: Database, key: ScoreKey) -> None:
        self._database, self._key = database, key
        self._own: dict[str, Score] = {}
        self.reused = 0

    def find(self, photo_hash: str) -> Score | None:
        """The score of a photo, if there is one; raises PhotoRefused where the GPU was lost on it twice."""
        if photo_hash in self._own:
            return self._own[photo_hash]
        try:
            kept = self._find_kept(photo_hash)
        except StorageFailed:
            return None
        self.reused += kept is not None
        return kept

    def keep(self, photo_hash: str, score: Score) -> None:
        """Keeps a new score, for good as soon as the disk takes it."""
        self._own[photo_hash] = score
        row = (score.value, score.expected, score.label_mass, score.answer, score.rule, time.time())
        sql = "INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        self._database.write_soon((sql, (self._key.of(photo_hash), photo_hash, *row)))

    def blame(self, photo_hash: str) -> None:
        """Stores that the GPU was lost while this photo was being scored."""
        sql = "INSERT INTO blamed VALUES (?, 1) ON CONFLICT (photo) DO UPDATE SET times = times + 1"
        self._database.write_soon((sql, (photo_hash,)))

    def blamed(self, photo_hash: str) -> bool:
        """True for a photo that was being scored when the GPU was lost."""
        try:
            return bool(self._database.rows("SELECT 1 FROM blamed WHERE photo = ?", photo_hash))
        except StorageFailed:
            return False

    def _find_kept(self, photo_hash: str) -> Score | None:
        if self._database.rows("SELECT 1 FROM blamed WHERE photo = ? AND times >= ?", photo_hash, MOST_BLAMED):
            raise PhotoRefused(RefusalReason.SUSPECT)
        found = self._database.rows("SELECT * FROM scores WHERE key = ?", self._key.of(photo_hash))
        return read_score(found[0]) if found else None


def read_score(row: sqlite3.Row) -> Score:
    """The score in a row with the columns of the table."""
    return Score(row["value"], row["expected"], row["label_mass"], row["answer"], Rule(row["rule"]))
