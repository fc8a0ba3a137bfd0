"""A part of the results -> one file as ZIP, CSV or JSON, streamed in pieces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from lychee_rerank.export.archive import stream_archive
from lychee_rerank.export.file_names import name_query
from lychee_rerank.export.json_document import ScoredBy, write_document
from lychee_rerank.export.ratings import Xmp
from lychee_rerank.export.tables import Describe, build_table
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.conditions import Condition
from lychee_rerank.results.ranking import Results


class Form(StrEnum):
    """What the file is; the value is its ending."""

    ZIP = "zip"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {Form.ZIP: "application/zip", Form.CSV: "text/csv", Form.JSON: "application/json"}


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file to export: its form, the marks in its photos, and for JSON the query, its scorer and its conditions."""

    form: Form
    query: str
    scored_by: ScoredBy
    xmp: Xmp = field(default_factory=Xmp)
    conditions: tuple[Condition, ...] = ()

    @property
    def name(self) -> str:
        """The file's name, made of the query."""
        return f"{name_query(self.query)}.{self.form}"

    def pieces(self, results: Results, chosen: Sequence[RankedPhoto], *, describe: Describe) -> Iterator[bytes]:
        """The file in pieces: the chosen photos, in the table and in JSON with all that were refused."""
        if self.form is Form.ZIP:
            return stream_archive(results, chosen, describe=describe, xmp=self.xmp)
        if self.form is Form.CSV:
            return iter([build_table(replace(results, ranked=tuple(chosen)), describe=describe)])
        document = write_document(
            results,
            chosen,
            query=self.query,
            scored_by=self.scored_by,
            describe=describe,
            conditions=self.conditions,
        )
        return iter([document.encode()])
