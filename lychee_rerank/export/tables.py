"""Results and moderated lists -> CSV that spreadsheets open as text and numbers; knows no language.

Formulas: https://owasp.org/www-community/attacks/CSV_Injection. What could be one starts with NEUTRAL, and so does what
would be shown as something else: an answer of 8/10 as 8 October. It is a character more in the cell, where ="8/10" is
hidden, but no formula, the same text in every program, and undone by read_cell.

Scripts read the moderated list of the command line, so there it is the same in every language but for the sentences
of `describe`; on the page it is in the page's language. Either can be moderated again (pairs.py).
"""

import codecs
import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from io import StringIO

from lychee_rerank.problems import CopyProblem, RowProblem
from lychee_rerank.records import RankedPhoto, Refusal
from lychee_rerank.results.moderation import JudgedPair, Moderation
from lychee_rerank.results.ranking import Copied, Results

Describe = Callable[[Refusal | CopyProblem | RowProblem], str]  # the sentence for a problem, in the user's language
Cell = str | float | int

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones: in East Asian Excel
NEUTRAL = "'"
_NUMBER = r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?"  # is shown as it is, but for zeros at its end
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_UNIT = "[年月时時]"
_CHINESE_DATE = (  # not 8分, which are 8 points
    f"(?<=[0-9]){_UNIT}(?=[0-9])|(?:(?<={_UNIT}[0-9])|(?<={_UNIT}[0-9][0-9]))[月日号分]"
    "|(?:(?<=分[0-9])|(?<=分[0-9][0-9]))秒"
)
_DATE_OR_NUMBER = re.compile(  # ++: without a way back, as a text can have two thousand characters
    rf"(?!{_NUMBER}\Z)(?=[^0-9]*[0-9])"
    rf"(?:[0-9\s/:.,%()$€£¥+-]|{_MONTH}|{_CHINESE_DATE}|(?<=[0-9])e(?=[+-]?[0-9])|(?<=\s)[ap]m?|[上下]午)++"
)
TABLE_NAME = "ranking.csv"
COLUMNS = (
    *("rank", "score", "expected", "label_mass", "name", "answer", "rule", "tied"),
    *("look", "refused", "file", "problem"),
)
FLAGGED_COLUMNS = (
    *("line", "file", "text", "score", "flagged", "label"),
    *("expected", "label_mass", "answer", "rule", "problem"),
)
YES, NO = "yes", "no"
LABELS = {True: "fits", False: "does not fit"}

Term = Callable[[str], str]  # one of the words above or a Rule, in the language of the table


def encode_rows(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table in UTF-8 with a byte order mark, which Excel wants; texts that it would change start with NEUTRAL."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    for row in (columns, *rows):
        writer.writerow([_neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8", "replace")


def read_cell(cell: str) -> str:
    """The text of a cell that encode_rows wrote."""
    text = cell.removeprefix(NEUTRAL)
    return text if _is_changed(text) else cell


def _neutral(text: str) -> str:
    return NEUTRAL + text if _is_changed(text) else text


def _is_changed(text: str) -> bool:
    """True for what a spreadsheet takes for a formula, date, time or other number than is written, NEUTRAL or not."""
    bare = text.lstrip(NEUTRAL)
    return bare.startswith(FORMULA_STARTS) or bool(
        _DATE_OR_NUMBER.fullmatch(unicodedata.normalize("NFKC", bare).strip().casefold())
    )


def build_table(results: Results, *, describe: Describe, copies: Sequence[Copied] = ()) -> bytes:
    """Every ranked photo, best first, scores unrounded, then every refused one with its reason.

    Where copies were made, `file` names the copy and `problem` what went wrong with it. A column for each part of the
    query follows, where the parts were scored.
    """
    copied = {copy.photo.scored.index: copy for copy in copies}
    gaps = ("",) * COLUMNS.index("name")
    rows = [
        (photo.scored.index, _ranked_row(photo, copied.get(photo.scored.index), describe=describe))
        for photo in results.ranked
    ]
    rows += [
        (refusal.index, (*gaps, refusal.name, "", "", "", "", describe(refusal), "", "")) for refusal in results.refused
    ]
    criteria = results.criteria
    whole = [(*row, *("" if score is None else score for score in criteria.of(index))) for index, row in rows]
    return encode_rows((*COLUMNS, *(part.text for part in criteria.parts)), whole)


def _ranked_row(photo: RankedPhoto, copy: Copied | None, *, describe: Describe) -> tuple[Cell, ...]:
    scored, score = photo.scored, photo.scored.score
    figures = (photo.rank, score.value, score.expected, score.label_mass)
    problem = describe(copy.problem) if copy and copy.problem else ""
    tied = "yes" if photo.tied else ""
    return (*figures, scored.name, score.answer, score.rule, tied, scored.look, "", copy.file if copy else "", problem)


def build_flagged_table(moderation: Moderation, *, describe: Describe, term: Term = str) -> bytes:
    """The flagged pairs, least fitting first, the others likewise, the refused, and the rows that were passed over."""
    rows = [_judged_row(one, flagged=term(YES), describe=describe, term=term) for one in moderation.flagged]
    rows += [_judged_row(one, flagged=term(NO), describe=describe, term=term) for one in moderation.passed]
    rows += [_judged_row(one, flagged="", describe=describe, term=term) for one in moderation.refused]
    gaps = ("",) * (len(FLAGGED_COLUMNS) - 4)
    rows += [(row.line, row.file, row.text, *gaps, describe(row.problem)) for row in moderation.bad]
    return encode_rows([term(column) for column in FLAGGED_COLUMNS], rows)


def _judged_row(judged: JudgedPair, *, flagged: str, describe: Describe, term: Term) -> tuple[Cell, ...]:
    pair, outcome = judged.pair, judged.outcome
    start, label = (pair.line, pair.photo.name, pair.query.text), "" if pair.fits is None else term(LABELS[pair.fits])
    if isinstance(outcome, Refusal):
        return (*start, "", flagged, label, "", "", "", "", describe(outcome))
    score = outcome.score
    figures = (score.value, flagged, label, score.expected, score.label_mass)
    return (*start, *figures, score.answer, term(score.rule), "")
