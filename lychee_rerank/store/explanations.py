"""Explanations of the scores of a run's photos; knows no job and no page."""

from lychee_rerank.store.database import Database


class Explanations:
    """All kept explanations; they go with their run. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, run_id: str, place: int, *, score: float) -> str | None:
        """The explanation of this score of the photo; None where there is none. Raises StorageFailed."""
        sql = "SELECT text FROM explanations WHERE run = ? AND place = ? AND score = ?"
        found = self._database.rows(sql, run_id, place, score)
        return str(found[0]["text"]) if found else None

    def keep(self, run_id: str, place: int, *, score: float, text: str) -> None:
        """Keeps it in place of an earlier one, unless the run was cleared meanwhile."""
        sql = """
            INSERT OR REPLACE INTO explanations (run, place, score, text)
            SELECT id, ?, ?, ? FROM runs WHERE id = ?"""
        self._database.write_soon((sql, (place, score, text, run_id)))
