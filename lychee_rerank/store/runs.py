"""Runs with their photos, outcomes and lists of pairs, by owner; knows no job, no CSV and no page."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lychee_rerank.problems import PassedOver, RefusalReason, RowProblem
from lychee_rerank.query import Example, parse_query
from lychee_rerank.records import BadRow, Look, Outcome, Pair, Pairs, Photo, Refusal, Run, ScoredPhoto
from lychee_rerank.store.database import Database, Statement, read_path, write_path
from lychee_rerank.store.schema import KEPT, UNDER_WAY
from lychee_rerank.store.scores import read_score

_INSERT = "INSERT INTO list_rows (run, line, text, place, fits, file, problem) VALUES (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run with what came of it, perhaps not complete; `key`: what its scores depend on, JSON.

    `outcomes` are those of quick looks, which may have been followed by full ones, then the others; in upload order.
    """

    run: Run
    status: str
    outcomes: tuple[Outcome, ...]
    elapsed_s: float
    demo: bool
    key: str


@dataclass(frozen=True, slots=True)
class PastRun:
    """A line of the list of past runs, with the example of its query; `best` is the photo that came first."""

    id: str
    query: str
    begun_s: float
    photos: int
    best: Photo | None
    example: Example | None = None


class Runs:
    """All kept runs; safe to use from any thread."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def begin(self, run: Run, *, status: str) -> None:
        """Keeps a new run with its photos and their texts."""
        passed_over = None if run.passed_over is None else json.dumps(run.passed_over)
        head = (run.id, run.owner, run.gallery, run.query.text, status, run.begun_s, passed_over)
        example = write_example(run.query.example, self._folder)
        photos: Iterator[Statement] = (
            (
                "INSERT INTO run_photos (run, place, name, path) VALUES (?, ?, ?, ?)",
                (run.id, place, photo.name, write_path(photo.path, self._folder)),
            )
            for place, photo in enumerate(run.photos)
        )
        rows = insert_pairs(run.id, run.pairs) if run.pairs else ()
        sql = "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, 0, '', 0, ?, ?, ?, ?)"
        self._database.write_soon((sql, (*head, *example)), *photos, *rows)

    def start(self, run_id: str, *, status: str, key: str, demo: bool) -> None:
        """Stores what scores the run from now on."""
        sql = "UPDATE runs SET status = ?, key = ?, demo = ? WHERE id = ?"
        self._database.write_soon((sql, (status, key, demo, run_id)))

    def note(self, run_id: str, outcome: Outcome, *, score_key: str | None, elapsed_s: float) -> None:
        """Keeps one outcome, or a provisional score beside it; scores by their keys."""
        if isinstance(outcome, Refusal):
            columns: dict[str, str | None] = {"reason": outcome.reason, "kind": outcome.detail}
        else:
            column = "quick" if outcome.look is Look.QUICK else "score"
            columns = {column: score_key, "photo": outcome.photo_hash, "reason": None, "kind": None}
        sql = f"UPDATE run_photos SET {', '.join(f'{name} = ?' for name in columns)} WHERE run = ? AND place = ?"
        time = ("UPDATE runs SET elapsed_s = ? WHERE id = ?", (elapsed_s, run_id))
        self._database.write_soon((sql, (*columns.values(), run_id, outcome.index)), time)

    def end(self, run_id: str, *, status: str, elapsed_s: float) -> None:
        """Stores how the run ended."""
        self._database.write_soon(
            ("UPDATE runs SET status = ?, elapsed_s = ? WHERE id = ?", (status, elapsed_s, run_id))
        )

    def load(self, run_id: str) -> KeptRun | None:
        """The run of this id; None where there is none, or where it is cleared."""
        found = self._database.rows(f"SELECT * FROM runs WHERE id = ? AND {KEPT}", run_id)
        return self._read(found[0]) if found else None

    def unfinished(self) -> tuple[KeptRun, ...]:
        """The runs that were under way, oldest first."""
        rows = self._database.rows(f"SELECT * FROM runs WHERE {UNDER_WAY} ORDER BY begun_s")
        return tuple(map(self._read, rows))

    def past(self, owner: str, *, most: int) -> tuple[PastRun, ...]:
        """The owner's runs that have ended, newest first."""
        sql = f"""
            SELECT *, (SELECT count(*) FROM run_photos WHERE run = runs.id) AS photos FROM runs
            WHERE owner = ? AND NOT {UNDER_WAY} AND {KEPT} ORDER BY begun_s DESC LIMIT ?"""
        rows = self._database.rows(sql, owner, most)
        return tuple(
            PastRun(
                id=row["id"],
                query=row["query"],
                begun_s=row["begun_s"],
                photos=row["photos"],
                best=self._best(row["id"]),
                example=read_example(row, self._folder),
            )
            for row in rows
        )

    def _best(self, run_id: str) -> Photo | None:
        sql = """
            SELECT name, path FROM run_photos JOIN scores ON key = score WHERE run = ?
            ORDER BY value DESC, coalesce(raw, value) DESC, expected DESC, place LIMIT 1"""
        rows = self._database.rows(sql, run_id)
        return Photo(rows[0]["name"], read_path(rows[0]["path"], self._folder)) if rows else None

    def _read(self, row: sqlite3.Row) -> KeptRun:
        sql = """
            SELECT place, name, path, score, reason, kind, run_photos.photo AS photo,
            value, expected, label_mass, answer, rule, raw
            FROM run_photos LEFT JOIN scores ON key = {look} WHERE run = ? ORDER BY place"""
        quick = self._database.rows(sql.format(look="quick"), row["id"])
        rows = self._database.rows(sql.format(look="score"), row["id"])
        photos = tuple(Photo(photo["name"], read_path(photo["path"], self._folder)) for photo in rows)
        run = Run(
            id=row["id"],
            owner=row["owner"],
            gallery=row["gallery"],
            query=parse_query(row["query"], read_example(row, self._folder)),
            begun_s=row["begun_s"],
            photos=photos,
            pairs=read_pairs(self._database, row["id"], photos),
            passed_over=_read_reasons(row["passed_over"]),
        )
        full = (outcome for photo in rows if (outcome := _read_outcome(photo)) is not None)
        provisional = (_read_scored(photo, Look.QUICK) for photo in quick if photo["value"] is not None)
        outcomes = (*provisional, *full)
        return KeptRun(run, row["status"], outcomes, row["elapsed_s"], bool(row["demo"]), row["key"])


def write_example(example: Example | None, folder: Path) -> tuple[str | None, str | None, bytes | None]:
    """The columns of a run that say which example its query has."""
    if example is None:
        return None, None, None
    return example.photo_hash, example.name, write_path(example.path, folder)


def read_example(row: sqlite3.Row, folder: Path) -> Example | None:
    """The example of a run's query."""
    if row["example"] is None:
        return None
    return Example(row["example_name"], read_path(row["example_path"], folder), row["example"])


def _read_reasons(kept: str | None) -> dict[PassedOver, int] | None:
    return None if kept is None else {PassedOver(reason): files for reason, files in json.loads(kept).items()}


def _read_outcome(row: sqlite3.Row) -> Outcome | None:
    """What came of a photo; None while nothing did, and where its score was deleted."""
    if row["reason"] is not None:
        return Refusal(row["place"], row["name"], RefusalReason(row["reason"]), row["kind"])
    if row["value"] is None:
        return None
    return _read_scored(row, Look.FULL)


def _read_scored(row: sqlite3.Row, look: Look) -> ScoredPhoto:
    return ScoredPhoto(row["place"], row["name"], read_score(row), row["photo"], look)


def insert_pairs(run_id: str, pairs: Pairs) -> list[Statement]:
    """The statements that store the rows of a new run."""
    good = [(run_id, pair.line, pair.query.text, place, pair.fits, None, None) for place, pair in enumerate(pairs.good)]
    bad = [(run_id, row.line, row.text, None, None, row.file, row.problem) for row in pairs.bad]
    return [(_INSERT, values) for values in (*good, *bad)]


def read_pairs(database: Database, run_id: str, photos: Sequence[Photo]) -> Pairs | None:
    """The rows of a run with these photos; None where all photos have one query."""
    rows = database.rows("SELECT * FROM list_rows WHERE run = ? ORDER BY line", run_id)
    good = {
        row["place"]: Pair(row["line"], photos[row["place"]], parse_query(row["text"]), _read_label(row["fits"]))
        for row in rows
        if row["problem"] is None
    }
    bad = [
        BadRow(row["line"], row["file"], row["text"], RowProblem(row["problem"]))
        for row in rows
        if row["problem"] is not None
    ]
    return Pairs(tuple(good[place] for place in range(len(photos))), tuple(bad)) if rows else None


def _read_label(kept: int | None) -> bool | None:
    return None if kept is None else bool(kept)
