"""A folder with queries.jsonl -> labelled queries with their galleries; opens their examples alone, knows no model.

A line of the file is a JSON object: query, language, relevance (photo name -> truth from 0 to 10), and an id and the
name of an example photo, like, if wanted.
"""

import codecs
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lychee_rerank.disk import real_path_below
from lychee_rerank.errors import LabelsInvalid, PhotoRefused, QueryRefused
from lychee_rerank.photos.decode import Decode, decode_photo, fit_within, read_bytes
from lychee_rerank.photos.hashes import hash_bytes
from lychee_rerank.query import Example, Query, parse_query
from lychee_rerank.records import Photo

LABELS_NAME = "queries.jsonl"
MAX_TRUTH = 10
MAX_LANGUAGE_CHARACTERS = 10  # it heads a column
CHECKED_PX = 28  # the long side at which examples are decoded to see that they can be
ALL_LANGUAGES = "all"


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A query with its gallery; `truths` are from 0 to 10, in the order of the photos."""

    id: str
    query: Query
    language: str
    photos: tuple[Photo, ...]
    truths: tuple[float, ...]


class _BadLine(Exception):
    """What is wrong with one line."""


class _Examples:
    """The example photos of one set, each read and decoded once."""

    def __init__(self, folder: Path, decode: Decode) -> None:
        self._folder, self._decode = folder, decode
        self._loaded: dict[str, Example] = {}

    def load(self, value: object) -> Example | None:
        """The example that a line names, if any; raises _BadLine."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise _BadLine("'like' is no name of a photo")
        if value not in self._loaded:
            _find_file(value, folder=self._folder, kind="example")
            self._loaded[value] = self._read(Photo(value, self._folder / value))
        return self._loaded[value]

    def _read(self, photo: Photo) -> Example:
        try:
            content = read_bytes(photo.path)
            self._decode(content, fit=fit_within(CHECKED_PX))
        except PhotoRefused as refused:
            reason = refused.reason.replace("_", " ") + (f" ({refused.detail})" if refused.detail else "")
            raise _BadLine(f"the example {photo.name!r} cannot be used: {reason}") from refused
        return Example(photo.name, photo.path, hash_bytes(content))


def load_labels(folder: Path, *, decode: Decode = decode_photo) -> tuple[LabelledQuery, ...]:
    """The labelled queries in the order of the file; raises LabelsInvalid, with the line, at the first that is not one.

    Every photo is there when this returns; whether it can be decoded shows when it is scored. Every example was
    decoded: a query without it has no score at all.
    """
    file = folder / LABELS_NAME
    try:
        content = file.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise LabelsInvalid(str(file), f"cannot be read ({error.strerror})") from error
    queries = tuple(_parse_lines(content, file=file, examples=_Examples(folder, decode)))
    if not queries:
        raise LabelsInvalid(str(file), "holds no query")
    return queries


def _parse_lines(content: bytes, *, file: Path, examples: _Examples) -> Iterator[LabelledQuery]:
    """A labelled query for each line that is not blank."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _parse_line(line, number, folder=file.parent, examples=examples)
        except (_BadLine, QueryRefused) as error:
            raise LabelsInvalid(str(file), str(error), line=number) from error


def _parse_line(line: bytes, number: int, *, folder: Path, examples: _Examples) -> LabelledQuery:
    """One line's query; its id is "line N" where it has none."""
    fields = _decode_object(line)
    for key in ("query", "language", "relevance"):
        if key not in fields:
            raise _BadLine(f"lacks the key {key!r}")
    relevance = fields["relevance"]
    if not isinstance(relevance, dict):
        raise _BadLine("'relevance' is no object of photo names")
    if len(relevance) < 2:
        raise _BadLine(f"its gallery needs at least 2 photos, and 'relevance' names {len(relevance)}")
    truths = tuple(_check_truth(name, truth) for name, truth in relevance.items())
    return LabelledQuery(
        id=_check_id(fields.get("id", f"line {number}")),
        query=_parse_query(fields["query"], examples.load(fields.get("like"))),
        language=_check_language(fields["language"]),
        photos=_find_photos(tuple(relevance), folder=folder),
        truths=truths,
    )


def _decode_object(line: bytes) -> dict[str, object]:
    """The JSON object on a line."""
    try:
        fields = json.loads(line.decode("utf-8"), object_pairs_hook=_without_repeats)
    except UnicodeDecodeError as error:
        raise _BadLine("is no UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise _BadLine(f"is no JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:
        raise _BadLine("holds a number too long, or brackets too deep, to be read") from error
    if not isinstance(fields, dict):
        raise _BadLine("is no JSON object")
    return fields


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object; raises _BadLine for a repeated key, which would silently lose its first value."""
    fields: dict[str, object] = {}
    for key, value in pairs:
        if key in fields:
            raise _BadLine(f"has the key {key!r} twice")
        fields[key] = value
    return fields


def _check_id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _BadLine("'id' is neither text nor a whole number")
    return str(value)


def _parse_query(value: object, example: Example | None) -> Query:
    if not isinstance(value, str):
        raise _BadLine("'query' is no text")
    return parse_query(value, example)


def _check_language(value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_LANGUAGE_CHARACTERS or not value.isprintable():
        raise _BadLine(f"'language' is no text of 1 to {MAX_LANGUAGE_CHARACTERS} characters")
    if value == ALL_LANGUAGES:
        raise _BadLine(f"'language' is {ALL_LANGUAGES!r}, which stands for every language together")
    return value


def _check_truth(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _BadLine(f"the relevance of {name!r} is no number")
    if not 0 <= value <= MAX_TRUTH:  # NaN too, which Python's JSON reads as a number
        raise _BadLine(f"the relevance of {name!r} is {value}, which is not from 0 to {MAX_TRUTH}")
    return float(value)


def _find_photos(names: tuple[str, ...], *, folder: Path) -> tuple[Photo, ...]:
    """The photos of a gallery: each a file of its own inside the folder."""
    seen: dict[str, str] = {}
    for name in names:
        real = _find_file(name, folder=folder, kind="photo")
        if real in seen:
            raise _BadLine(f"the photos {seen[real]!r} and {name!r} are the same file")
        seen[real] = name
    return tuple(Photo(name, folder / name) for name in names)


def _find_file(name: str, *, folder: Path, kind: str) -> str:
    """Where the name leads: to a file inside the folder."""
    try:
        real = real_path_below(folder, name)
    except ValueError as error:
        raise _BadLine(f"the {kind} {name!r} has a name that no file can have") from error
    if real is None:
        raise _BadLine(f"the {kind} {name!r} lies outside the folder")
    if not os.path.isfile(real):
        raise _BadLine(f"the {kind} {name!r} is not there")
    return real
