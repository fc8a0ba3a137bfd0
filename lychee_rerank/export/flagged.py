"""A moderated list -> one CSV, for the audit: the flagged pairs first, with the model's raw answers."""

from lychee_rerank.export.cells import Cell, Tell, encode_rows
from lychee_rerank.moderation import JudgedPair, Moderation
from lychee_rerank.records import Refusal

COLUMNS = (
    *("line", "file", "text", "score", "flagged", "label"),
    *("expected", "label_mass", "answer", "rule", "problem"),
)
_LABELS = {True: "fits", False: "does not fit", None: ""}


def build_flagged_table(moderation: Moderation, *, tell: Tell) -> bytes:
    """The flagged pairs, least fitting first, the others likewise, the refused, and the rows that were passed over."""
    rows = [_judged_row(one, flagged="yes", tell=tell) for one in moderation.flagged]
    rows += [_judged_row(one, flagged="no", tell=tell) for one in moderation.passed]
    rows += [_judged_row(one, flagged="", tell=tell) for one in moderation.refused]
    gaps = ("",) * (len(COLUMNS) - 4)
    rows += [(row.line, row.file, row.text, *gaps, tell(row.problem)) for row in moderation.bad]
    return encode_rows(COLUMNS, rows)


def _judged_row(judged: JudgedPair, *, flagged: str, tell: Tell) -> tuple[Cell, ...]:
    pair, outcome = judged.pair, judged.outcome
    start, label = (pair.line, pair.photo.name, pair.text), _LABELS[pair.fits]
    if isinstance(outcome, Refusal):
        return (*start, "", flagged, label, "", "", "", "", tell(outcome))
    score = outcome.score
    return (*start, score.value, flagged, label, score.expected, score.label_mass, score.answer, score.rule, "")
