"""Rows -> a CSV that spreadsheets open as it is meant; knows no photo.

Formulas: https://owasp.org/www-community/attacks/CSV_Injection
"""

import codecs
import csv
from collections.abc import Callable, Iterable, Sequence
from io import StringIO

from lychee_rerank.problems import CopyProblem, RowProblem
from lychee_rerank.records import Refusal

Tell = Callable[[Refusal | CopyProblem | RowProblem], str]  # what went wrong, in the user's language
Cell = str | float | int

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones: in East Asian Excel
NEUTRAL = "'"


def encode_rows(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table in UTF-8 with a byte order mark, which Excel wants; what could be a formula starts with NEUTRAL."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    for row in (columns, *rows):
        writer.writerow([_neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8", "replace")


def read_cell(cell: str) -> str:
    """The text that encode_rows wrote as this cell."""
    text = cell.removeprefix(NEUTRAL)
    return text if text.startswith(FORMULA_STARTS) else cell


def _neutral(text: str) -> str:
    return NEUTRAL + text if text.startswith(FORMULA_STARTS) else text
