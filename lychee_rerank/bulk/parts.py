"""What came of a bulk run so far: a parquet file per part, which is there whole or not at all; knows no model.

A row per photo and query: a score, or the reason of a refusal. Whatever is killed, each row is there once, as a part
that is done again replaces itself.
"""

import re
from collections.abc import Iterable, Sequence
from io import BytesIO

import pyarrow as pa
from pyarrow import dataset, parquet
from pyarrow.fs import FileSelector, FileSystem, FileType

from lychee_rerank.bulk.places import write_whole
from lychee_rerank.query import Query
from lychee_rerank.records import Outcome, Refusal
from lychee_rerank.text import decode_name

SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("query", pa.string()),
        ("score", pa.float64()),  # from 0 to 10, null where the photo is refused
        ("expected", pa.float64()),
        ("label_mass", pa.float64()),
        ("answer", pa.string()),
        ("refused", pa.string()),  # null where it is scored
        ("detail", pa.string()),
        ("raw", pa.float64()),  # the model's own score, where `score` has been through a map
    ]
)
_PART = re.compile(r"part-(\d{7})\.parquet")


class Parts:
    """The parts of one run in its folder."""

    def __init__(self, filesystem: FileSystem, folder: str) -> None:
        self._filesystem, self._folder = filesystem, folder

    def finished(self) -> set[int]:
        """The numbers of the parts that are there."""
        names = (info.base_name for info in self._filesystem.get_file_info(FileSelector(self._folder)))
        return {int(match[1]) for match in map(_PART.fullmatch, names) if match}

    def has(self, part: int) -> bool:
        """True where the part is there."""
        return self._filesystem.get_file_info(self._path(part)).type is FileType.File

    def count_refused(self, parts: Iterable[int]) -> int:
        """How many rows of finished parts are refusals."""
        files = [self._path(part) for part in parts]
        table = dataset.dataset(files, filesystem=self._filesystem, schema=SCHEMA, format="parquet")
        return int(table.count_rows(filter=dataset.field("refused").is_valid()))

    def write(self, part: int, rows: Iterable[dict[str, object]]) -> None:
        """Writes a part, whole or not at all."""
        write_whole(self._filesystem, self._path(part), _pack(pa.Table.from_pylist(list(rows), schema=SCHEMA)))

    def row_bytes(self, rows: int) -> float:
        """What a row of a part with so many rows takes, judged by the finished parts."""
        files = [self._path(part) for part in sorted(self.finished())]
        table = dataset.dataset(files, filesystem=self._filesystem, schema=SCHEMA, format="parquet").head(rows)
        return len(_pack(table)) / len(table)

    def _path(self, part: int) -> str:
        return f"{self._folder}/part-{part:07}.parquet"


def _pack(table: pa.Table) -> bytes:
    out = BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def build_rows(
    photos: Sequence[str], queries: Sequence[Query], outcomes: dict[int, Outcome]
) -> Iterable[dict[str, object]]:
    """A row per photo and query; an outcome's number is that of its photo, after all photos of the queries before."""
    for number, photo in enumerate(photos):
        for place, query in enumerate(queries):
            outcome = outcomes[place * len(photos) + number]
            row: dict[str, object] = {"path": decode_name(photo), "query": query.text}
            if isinstance(outcome, Refusal):
                yield row | {"refused": outcome.reason.value, "detail": outcome.detail}
            else:
                score = outcome.score
                scored = {"score": score.value, "expected": score.expected, "label_mass": score.label_mass}
                yield row | scored | {"answer": score.answer, "raw": score.raw}
