"""The first line of a list: its delimiter and columns, and by these which rows cannot be as they were meant.

Columns: file, text, and label where it is known whether they fit, or 文件, 文字 and 标签; others are passed over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from lychee_rerank.lists.rows import Row, header_line, read_rows
from lychee_rerank.photos.folders import PHOTO_ENDINGS
from lychee_rerank.problems import RowProblem
from lychee_rerank.records import BadRow

FILE, TEXT, LABEL = "file", "text", "label"
_CHINESE_COLUMNS = {"文件": FILE, "文字": TEXT, "标签": LABEL}
_DELIMITERS = ",;\t"  # what Excel writes, by its language


@dataclass(frozen=True, slots=True)
class Header:
    """What stands between the cells of a list, and what its columns are called."""

    delimiter: str
    columns: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """True where the columns are there without which there is no pair."""
        return {FILE, TEXT} <= set(self.columns)

    def name_cells(self, cells: Iterable[str]) -> dict[str, str]:
        """The cells by their columns; cells of no column are left out."""
        return dict(zip(self.columns, cells, strict=False))

    def find_damage(self, row: Row, cells: Sequence[str]) -> RowProblem | None:
        """Why the row cannot be as it was meant, where that shows; Excel's empty cells at its end are no damage."""
        if row.cells is None or (len(row.lines) > 1 and self._holds_rows(row.cells)):
            return RowProblem.UNREADABLE
        nameless = any(cell and not column for cell, column in zip_longest(cells, self.columns, fillvalue=""))
        return RowProblem.TOO_MANY_CELLS if nameless else None

    def is_rest(self, cells: Sequence[str], bad: BadRow, *, above: Row) -> bool:
        """True for a line that lacks cells, and whose file, which is not there, is called like no photo.

        Below a row that ends with its text it looks like the rest of that, broken without quotes. Cells that are
        lacking alone are no damage: Excel leaves out empty ones at the end of a row.
        """
        ends_with_text = len(above.cells or ()) == self.columns.index(TEXT) + 1
        names_none = bad.problem in (RowProblem.NO_FILE, RowProblem.NOT_THERE) and not _is_photo(bad.file)
        return ends_with_text and len(cells) < len(self.columns) and names_none

    def _holds_rows(self, cells: Iterable[str]) -> bool:
        """True where a line within a cell is itself a row of a photo: between two quotes that were never closed."""
        lines = (line for cell in cells for line in cell.splitlines()[1:])
        rows = (self.name_cells(row.cells or ()) for line in lines for row in read_rows(line, delimiter=self.delimiter))
        return any(TEXT in row and _is_photo(row.get(FILE, "")) for row in rows)


def read_header(text: str) -> Header:
    """The header by the first line; Chinese names become the English ones, unless these are there as well."""
    delimiter = max(_DELIMITERS, key=header_line(text).count)
    head = next(read_rows(text, delimiter=delimiter), Row(1, "", None)).cells or ()
    columns = [column.strip().casefold() for column in head]
    named = [name if (name := _CHINESE_COLUMNS.get(column)) and name not in columns else column for column in columns]
    return Header(delimiter, tuple(named))


def _is_photo(name: str) -> bool:
    return name.strip().lower().endswith(PHOTO_ENDINGS)
