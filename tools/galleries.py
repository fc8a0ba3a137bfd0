"""Labelled galleries for `lychee-rerank evaluate`: drawn from the rows of a set, written as queries.jsonl."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "queries.jsonl"
SEED = 0
MATCHES, DIFFERS = 10, 0  # the ends of the scale that truths are given on


class SetInvalid(Exception):
    """A file of the set is not what it should be; the message names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text of the set and the names of the photos that match it.

    `like` is the photo that the text changes, if any; those `beside` the matching ones are in their gallery and do not
    match, those `left_out` are in none: nobody said of them which they are.
    """

    query: str
    matching: tuple[str, ...]
    like: str = ""
    beside: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledGallery:
    """One line of queries.jsonl: each photo's truth from 0 to 10."""

    query: str
    language: str
    truths: Mapping[str, int]
    like: str = ""


def draw_galleries(rows: Sequence[Row], language: str, *, queries: int, photos: int) -> Iterator[LabelledGallery]:
    """Galleries of `photos` photos for rows drawn at random; the photos that do not match are those of other rows."""
    pick = random.Random(SEED)
    names = sorted({name for row in rows for name in (*row.matching, *row.beside, row.like) if name})
    for row in pick.sample(rows, min(queries, len(rows))):
        drawn = pick.sample(names, min(len(names), 2 * photos))
        never = {*row.matching, *row.left_out, row.like}
        others = [name for name in dict.fromkeys((*row.beside, *drawn)) if name not in never]
        truths = dict.fromkeys(row.matching, MATCHES)
        truths |= dict.fromkeys(others[: max(1, photos - len(row.matching))], DIFFERS)
        yield LabelledGallery(row.query, language, truths, row.like)


def write_galleries(folder: Path, galleries: Iterable[LabelledGallery]) -> int:
    """Writes queries.jsonl, never over one that is there; returns how many queries it holds."""
    lines = [json.dumps(_fields(each), ensure_ascii=False) for each in galleries]
    with (folder / FILE_NAME).open("x", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    return len(lines)


def _fields(gallery: LabelledGallery) -> dict[str, object]:
    like = {"like": gallery.like} if gallery.like else {}
    return {"query": gallery.query, **like, "language": gallery.language, "relevance": gallery.truths}
