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
from lychee_rerank.records import RankedPhoto, Refusal, Score, StarsByHand
from lychee_rerank.results.moderation import JudgedPair, Moderation
from lychee_rerank.results.ranking import Copied, Results
from lychee_rerank.results.threshold import CurvePoint

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
FACTS_COLUMNS = ("group", "width_px", "height_px", "orientation", "taken", "camera")
COLUMNS = (
    *("rank", "score", "expected", "label_mass", "name", "answer", "rule", "tied"),
    *("look", "refused", "file", "problem", "raw"),
    *FACTS_COLUMNS,
)
BY_HAND_COLUMNS = ("stars", "rejected")
LIKE_COLUMNS = ("like", "like_sha256")
FLAGGED_COLUMNS = (
    *("line", "file", "text", "score", "flagged", "label"),
    *("expected", "label_mass", "answer", "rule", "problem", "raw"),
)
CURVE_COLUMNS = ("threshold", "precision", "recall", "work_saved")
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

    Where copies were made, `file` names the copy and `problem` what went wrong with it. `group` is the rank of the best
    of the photos that are nearly the same, `taken` what the camera's clock showed. Columns follow for what a user gave
    by hand, where anything was, for the query's example, where it has one, in every row, and for each part of the
    query, where the parts were scored.
    """
    copied = {copy.photo.scored.index: copy for copy in copies}
    before, after = ("",) * COLUMNS.index("name"), ("",) * (len(COLUMNS) - COLUMNS.index("refused") - 1)
    rows: list[tuple[int, tuple[Cell, ...]]] = [
        (
            photo.scored.index,
            (*_ranked_row(photo, copied.get(photo.scored.index), describe=describe), *_facts_cells(results, photo)),
        )
        for photo in results.ranked
    ]
    rows += [
        (refusal.index, (*before, refusal.name, "", "", "", "", describe(refusal), *after))
        for refusal in results.refused
    ]
    criteria, example = results.criteria, results.example
    like = (example.name, example.photo_hash) if example else ()
    whole = [
        (
            *row,
            *_by_hand(results.by_hand, index),
            *like,
            *("" if score is None else score for score in criteria.of(index)),
        )
        for index, row in rows
    ]
    by_hand, of_like = BY_HAND_COLUMNS if results.by_hand else (), LIKE_COLUMNS if example else ()
    return encode_rows((*COLUMNS, *by_hand, *of_like, *(part.text for part in criteria.parts)), whole)


def _ranked_row(photo: RankedPhoto, copy: Copied | None, *, describe: Describe) -> tuple[Cell, ...]:
    scored, score = photo.scored, photo.scored.score
    figures = (photo.rank, score.value, score.expected, score.label_mass)
    problem = describe(copy.problem) if copy and copy.problem else ""
    tied = "yes" if photo.tied else ""
    file = copy.file if copy else ""
    return (*figures, scored.name, score.answer, score.rule, tied, scored.look, "", file, problem, _raw(score))


def _facts_cells(results: Results, photo: RankedPhoto) -> tuple[Cell, ...]:
    """What stands in FACTS_COLUMNS."""
    group, facts = results.near_copies.group_of(photo), results.facts.get(photo.scored.index)
    if facts is None:
        return (group, "", "", "", "", "")
    taken = facts.taken.isoformat() if facts.taken else ""
    return (group, facts.width_px, facts.height_px, facts.orientation, taken, facts.camera)


def _by_hand(given: StarsByHand, index: int) -> tuple[Cell, ...]:
    """What stands in BY_HAND_COLUMNS."""
    if not given:
        return ()
    return (given.stars.get(index, ""), YES if index in given.rejected else "")


def build_flagged_table(moderation: Moderation, *, describe: Describe, term: Term = str) -> bytes:
    """The flagged pairs, least fitting first, the others likewise, the refused, and the rows that were passed over."""
    rows = [_judged_row(one, flagged=term(YES), describe=describe, term=term) for one in moderation.flagged]
    rows += [_judged_row(one, flagged=term(NO), describe=describe, term=term) for one in moderation.passed]
    rows += [_judged_row(one, flagged="", describe=describe, term=term) for one in moderation.refused]
    gaps = ("",) * (len(FLAGGED_COLUMNS) - 5)
    rows += [(row.line, row.file, row.text, *gaps, describe(row.problem), "") for row in moderation.bad]
    return encode_rows([term(column) for column in FLAGGED_COLUMNS], rows)


def _judged_row(judged: JudgedPair, *, flagged: str, describe: Describe, term: Term) -> tuple[Cell, ...]:
    pair, outcome = judged.pair, judged.outcome
    start, label = (pair.line, pair.photo.name, pair.query.text), "" if pair.fits is None else term(LABELS[pair.fits])
    if isinstance(outcome, Refusal):
        return (*start, "", flagged, label, "", "", "", "", describe(outcome), "")
    score = outcome.score
    figures = (score.value, flagged, label, score.expected, score.label_mass)
    return (*start, *figures, score.answer, term(score.rule), "", _raw(score))


def _raw(score: Score) -> Cell:
    """The model's own score, where the one in the table has been through a map."""
    return "" if score.raw is None else score.raw


def build_curve_table(points: Iterable[CurvePoint]) -> bytes:
    """A row per threshold, shares unrounded from 0 to 1; a cell is empty where there is nothing to share out."""
    rows = [[getattr(point, column) for column in CURVE_COLUMNS] for point in points]
    return encode_rows(CURVE_COLUMNS, [["" if cell is None else cell for cell in row] for row in rows])
