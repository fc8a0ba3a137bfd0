"""A CSV of photos, each with a text of its own -> pairs to be scored, and the rows that cannot be; opens no photo."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from lychee_rerank.errors import PairsInvalid, QueryRefused
from lychee_rerank.export.tables import read_cell
from lychee_rerank.lists.encoding import decode_list
from lychee_rerank.lists.header import FILE, LABEL, TEXT, Header, read_header
from lychee_rerank.lists.names import Find, find_below
from lychee_rerank.lists.rows import Row, read_rows
from lychee_rerank.problems import PairsProblem, QueryProblem, RowProblem
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import BadRow, Pair, Pairs, Photo

LIST_ENDING = ".csv"
MAX_LIST_BYTES = 20_000_000  # some 100,000 rows
FITS = frozenset({"1", "yes", "y", "true", "fits", "fit", "是", "符合"})
DOES_NOT_FIT = frozenset({"0", "no", "n", "false", "does not", "does not fit", "doesn't fit", "否", "不符合"})


class _Unusable(Exception):
    """A row that is passed over."""

    def __init__(self, problem: RowProblem) -> None:
        self.problem = problem


def load_pairs(file: Path, *, find: Find | None = None, name: str | None = None) -> Pairs:
    """The pairs of a CSV file; without `find` the photos lie in its folder or below. Raises PairsInvalid."""
    name = str(file) if name is None else name
    try:
        if file.stat().st_size > MAX_LIST_BYTES:
            raise PairsInvalid(PairsProblem.TOO_LARGE, file=name)
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise PairsInvalid(PairsProblem.UNREADABLE, file=name, detail=detail) from error
    return parse_pairs(content, find=find or find_below(file.parent), name=name)


def parse_pairs(content: bytes, *, find: Find, name: str) -> Pairs:
    """The pairs of a CSV; `find` finds the photo of a name, `name` is the list's own. Raises PairsInvalid."""
    read = decode_list(content)
    if read is None:
        raise PairsInvalid(PairsProblem.UNKNOWN_ENCODING, file=name)
    header = read_header(read.text)
    if not header.complete:
        raise PairsInvalid(PairsProblem.NO_COLUMNS, file=name)
    parsed = _parse_rows(islice(read_rows(read.text, delimiter=header.delimiter), 1, None), header, find=find)
    good = tuple(row for row in parsed if isinstance(row, Pair))
    return Pairs(good, bad=tuple(row for row in parsed if isinstance(row, BadRow)), encoding=read.encoding)


def _parse_rows(rows: Iterable[Row], header: Header, *, find: Find) -> list[Pair | BadRow]:
    """What each row that is not blank stands for; of one that is damaged, each line is bad."""
    parsed: list[Pair | BadRow] = []
    above: Row | None = None  # whose pair is the last of them
    for row in rows:
        cells = [read_cell(cell.strip()) for cell in row.cells or ()]
        damage = header.find_damage(row, cells)
        found = None if damage or not any(cells) else _parse_row(row.line, header.name_cells(cells), find=find)
        if above and isinstance(found, BadRow) and header.is_rest(cells, found, above=above):
            damage = RowProblem.LINE_BREAK
            parsed[-1:] = _name_lines(above, damage)
        if damage:
            parsed += _name_lines(row, damage)
        elif found:
            parsed.append(found)
        above = row if isinstance(found, Pair) else None
    return parsed


def _name_lines(row: Row, damage: RowProblem) -> list[BadRow]:
    """Each line of a damaged row as it stands in the file: whose file and whose text is what, is not known."""
    return [BadRow(row.line + n, "", text, damage) for n, text in enumerate(row.lines)]


def _parse_row(line: int, row: dict[str, str], *, find: Find) -> Pair | BadRow:
    file, text, label = (row.get(column, "") for column in (FILE, TEXT, LABEL))
    try:
        return Pair(line, _find_photo(file, find=find), _parse_text(text), _read_label(label))
    except _Unusable as unusable:
        return BadRow(line, file, text, unusable.problem)


def _find_photo(file: str, *, find: Find) -> Photo:
    found = find(file) if file else RowProblem.NO_FILE
    if isinstance(found, RowProblem):
        raise _Unusable(found)
    return found


def _parse_text(text: str) -> Query:
    try:
        return parse_query(text)
    except QueryRefused as error:
        empty = error.problem is QueryProblem.EMPTY
        raise _Unusable(RowProblem.NO_TEXT if empty else RowProblem.TEXT_TOO_LONG) from error


def _read_label(label: str) -> bool | None:
    """True where photo and text fit, None without a label."""
    word = " ".join(label.casefold().split())
    if word and word not in FITS | DOES_NOT_FIT:
        raise _Unusable(RowProblem.BAD_LABEL)
    return word in FITS if word else None
