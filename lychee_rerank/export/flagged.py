"""A moderated list -> one CSV, for the audit: the flagged pairs first, with the model's raw answers.

Scripts read the one of the command line, so there it is the same in every language but for the sentences of `tell`;
the page gives it in its own. Either can be moderated again (pairs.py).
"""

from collections.abc import Callable

from lychee_rerank.export.cells import Cell, Tell, encode_rows
from lychee_rerank.moderation import JudgedPair, Moderation
from lychee_rerank.records import Refusal

COLUMNS = (
    *("line", "file", "text", "score", "flagged", "label"),
    *("expected", "label_mass", "answer", "rule", "problem"),
)
YES, NO = "yes", "no"
LABELS = {True: "fits", False: "does not fit"}

Term = Callable[[str], str]  # one of the words above or a Rule, in the language of the table


def build_flagged_table(moderation: Moderation, *, tell: Tell, term: Term = str) -> bytes:
    """The flagged pairs, least fitting first, the others likewise, the refused, and the rows that were passed over."""
    rows = [_judged_row(one, flagged=term(YES), tell=tell, term=term) for one in moderation.flagged]
    rows += [_judged_row(one, flagged=term(NO), tell=tell, term=term) for one in moderation.passed]
    rows += [_judged_row(one, flagged="", tell=tell, term=term) for one in moderation.refused]
    gaps = ("",) * (len(COLUMNS) - 4)
    rows += [(row.line, row.file, row.text, *gaps, tell(row.problem)) for row in moderation.bad]
    return encode_rows([term(column) for column in COLUMNS], rows)


def _judged_row(judged: JudgedPair, *, flagged: str, tell: Tell, term: Term) -> tuple[Cell, ...]:
    pair, outcome = judged.pair, judged.outcome
    start, label = (pair.line, pair.photo.name, pair.text), "" if pair.fits is None else term(LABELS[pair.fits])
    if isinstance(outcome, Refusal):
        return (*start, "", flagged, label, "", "", "", "", tell(outcome))
    score = outcome.score
    figures = (score.value, flagged, label, score.expected, score.label_mass)
    return (*start, *figures, score.answer, term(score.rule), "")
