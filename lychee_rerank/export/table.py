"""Finished results -> one CSV, a row per photo; knows no language but through the caller."""

from collections.abc import Sequence

from lychee_rerank.export.cells import Cell, Tell, encode_rows
from lychee_rerank.export.results import Copied, Results
from lychee_rerank.records import RankedPhoto

TABLE_NAME = "ranking.csv"
COLUMNS = ("rank", "score", "expected", "label_mass", "name", "answer", "rule", "tied", "refused", "file", "problem")


def build_table(results: Results, *, tell: Tell, copies: Sequence[Copied] = ()) -> bytes:
    """Every ranked photo, best first, scores unrounded, then every refused one with its reason.

    Where copies were made, `file` names the copy and `problem` what went wrong with it. A column for each part of the
    query follows, where these were asked for.
    """
    copied = {copy.photo.scored.index: copy for copy in copies}
    gaps = ("",) * COLUMNS.index("name")
    rows = [
        (photo.scored.index, _ranked_row(photo, copied.get(photo.scored.index), tell=tell)) for photo in results.ranked
    ]
    rows += [(refusal.index, (*gaps, refusal.name, "", "", "", tell(refusal), "", "")) for refusal in results.refused]
    criteria = results.criteria
    whole = [(*row, *("" if score is None else score for score in criteria.of(index))) for index, row in rows]
    return encode_rows((*COLUMNS, *criteria.parts), whole)


def _ranked_row(photo: RankedPhoto, copy: Copied | None, *, tell: Tell) -> tuple[Cell, ...]:
    scored, score = photo.scored, photo.scored.score
    figures = (photo.rank, score.value, score.expected, score.label_mass)
    problem = tell(copy.problem) if copy and copy.problem else ""
    tied = "yes" if photo.tied else ""
    return (*figures, scored.name, score.answer, score.rule, tied, "", copy.file if copy else "", problem)
