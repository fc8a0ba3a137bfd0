"""Scores by key, and the photos that were scored when the GPU was lost; knows no run."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

from lychee_rerank.errors import PhotoRefused, StorageFailed
from lychee_rerank.photos.hashes import hash_file
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Rule, Score
from lychee_rerank.scoring.cache_keys import ScoreKey, own_key
from lychee_rerank.scoring.judge import MOST_BLAMED
from lychee_rerank.store.database import Database


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
        found = hash_file(path)
        self._database.write_soon(("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (name, mark, found)))
        return found


class StoredScores:
    """The scores under one key, by photo; `reused` counts those that an earlier run left."""

    def __init__(self, database: Database, key: ScoreKey) -> None:
        self._database, self._key = database, key
        self._own: dict[str, Score] = {}
        self.reused = 0

    def find(self, photo_hash: str) -> Score | None:
        """The score of a photo, if there is one; raises PhotoRefused where the GPU was lost on it twice.

        Where the key has a map, the model's own score in place of one that has not been through that map yet.
        """
        if photo_hash in self._own:
            return self._own[photo_hash]
        try:
            kept = self._find_kept(photo_hash)
        except StorageFailed:
            return None
        self.reused += kept is not None
        return kept

    def keep(self, photo_hash: str, score: Score) -> None:
        """Keeps a new score, for good as soon as the disk takes it; with one that has been through a map, the own one.

        So another map, or none, needs the model no more than this one.
        """
        self._own[photo_hash] = score
        key = self._key.of(photo_hash)
        rows = [(own_key(key), photo_hash, *_write_score(replace(score, value=score.own, raw=None)))]
        if score.raw is not None:
            rows.append((key, photo_hash, *_write_score(score)))
        sql = "INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._database.write_soon(*((sql, row) for row in rows))

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
        key = self._key.of(photo_hash)
        sql = "SELECT * FROM scores WHERE key IN (?, ?) ORDER BY raw IS NULL LIMIT 1"
        found = self._database.rows(sql, key, own_key(key))
        return read_score(found[0]) if found else None


def _write_score(score: Score) -> tuple[float | str | None, ...]:
    """The columns behind key and photo."""
    return (score.value, score.expected, score.label_mass, score.answer, score.rule, time.time(), score.raw)


def read_score(row: sqlite3.Row) -> Score:
    """The score in a row with the columns of the table."""
    return Score(row["value"], row["expected"], row["label_mass"], row["answer"], Rule(row["rule"]), row["raw"])
