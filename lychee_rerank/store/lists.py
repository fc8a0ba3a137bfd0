"""The rows of the list that a run's photos and texts come from; they go with their run. Knows no CSV."""

from collections.abc import Sequence

from lychee_rerank.problems import RowProblem
from lychee_rerank.records import Photo
from lychee_rerank.runs import BadRow, Pair, Pairs
from lychee_rerank.store.database import Database, Statement

_INSERT = "INSERT INTO list_rows (run, line, text, place, fits, file, problem) VALUES (?, ?, ?, ?, ?, ?, ?)"


def insert_pairs(run_id: str, pairs: Pairs) -> list[Statement]:
    """What keeps the rows of a new run."""
    good = [(run_id, pair.line, pair.text, place, pair.fits, None, None) for place, pair in enumerate(pairs.good)]
    bad = [(run_id, row.line, row.text, None, None, row.file, row.problem) for row in pairs.bad]
    return [(_INSERT, values) for values in (*good, *bad)]


def read_pairs(database: Database, run_id: str, photos: Sequence[Photo]) -> Pairs | None:
    """The rows of a run with these photos; None where all photos have one query."""
    rows = database.rows("SELECT * FROM list_rows WHERE run = ? ORDER BY line", run_id)
    good = {
        row["place"]: Pair(row["line"], photos[row["place"]], row["text"], _read_label(row["fits"]))
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
