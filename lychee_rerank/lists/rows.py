"""The text of a CSV -> its rows with their lines in the file; where quotes do not match, no line is lost.

Python's csv module takes a quote that is never closed for one long cell, and drops quotes that stand astray.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands in the file from `line` on, counted from 1; `cells` None where its quotes do not match."""

    line: int
    text: str
    cells: tuple[str, ...] | None

    @property
    def lines(self) -> list[str]:
        """The lines of the file that it takes: more than one where a cell in quotes breaks."""
        return _BREAK.split(self.text)


def read_rows(text: str, *, delimiter: str) -> Iterator[Row]:
    """Every row; one whose quotes do not match is its first line alone, and the next line begins another.

    A cell is in quotes from its start to its end, with spaces around them if need be; a quote in any other is text.
    """
    quoted, plain = r' *"((?:[^"]+|"")*+)" *', rf'(?! *")([^{delimiter}\r\n]*)'
    cell = re.compile(rf"(?:{quoted}|{plain})(?=({delimiter})|[\r\n]|\Z)")
    line, start = 1, 0
    while start < len(text):
        cells, end = _read_cells(text, start, cell)
        if cells is None:
            end = found.start() if (found := _BREAK.search(text, start)) else len(text)
        yield Row(line, text[start:end], cells)
        following = _BREAK.match(text, end)
        line += len(_BREAK.findall(text, start, end)) + 1
        start = following.end() if following else len(text)


def header_line(text: str) -> str:
    """The text up to its first line break."""
    return _BREAK.split(text, maxsplit=1)[0]


def _read_cells(text: str, start: int, cell: re.Pattern[str]) -> tuple[tuple[str, ...] | None, int]:
    """The cells of the row that starts there, and where it ends; None where its quotes do not match."""
    cells: list[str] = []
    while found := cell.match(text, start):
        quoted, plain, delimiter = found.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        if delimiter is None:
            return tuple(cells), found.end()
        start = found.end() + 1
    return None, start
