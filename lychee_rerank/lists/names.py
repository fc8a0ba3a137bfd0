"""A photo's name as a list has it -> the photo: whatever system wrote it, and never out of what is there.

A name only ever picks among the photos of the gallery, or of the list's folder: a drive, an absolute path or folders
in front of what is there are no way out, and lead nowhere. One that climbs out by `..` is refused as what it is.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import takewhile
from pathlib import Path

from lychee_rerank.disk import real_path_below
from lychee_rerank.photos.folders import find_photos
from lychee_rerank.problems import RowProblem
from lychee_rerank.records import Photo

Find = Callable[[str], Photo | RowProblem]
_Parts = tuple[str, ...]
_KINDS = {"Zs": " ", "Cf": ""}  # of characters: any space, and what cannot be seen


def find_below(folder: Path) -> Find:
    """Takes a name for a file in the folder or below: for that very file where it is there, else by `find_among`."""
    among = cache(lambda: find_among(find_photos([folder]).photos))  # once a name is not there as it stands

    def find(name: str) -> Photo | RowProblem:
        try:
            real = real_path_below(folder, name)
            if real is not None and os.path.isfile(real):
                return Photo(name, folder / name)
            outside = real is None and os.path.isfile(folder / name)
        except (OSError, ValueError):  # a NUL
            return RowProblem.NOT_THERE
        return RowProblem.OUTSIDE if outside else among()(name)

    return find


def find_among(photos: Iterable[Photo]) -> Find:
    """Takes a name for one of these photos: for the one of that very name, else for the one whose path ends alike.

    As much of the end counts as fits any of them, then a path that fits as a whole; where several are left, none is.
    """
    named: dict[str, list[tuple[_Parts, Photo]]] = {}
    for photo in photos:
        parts = _split(photo.name)
        named.setdefault(parts[-1] if parts else "", []).append((parts, photo))
    return partial(_find_among, named)


def _find_among(named: Mapping[str, Sequence[tuple[_Parts, Photo]]], name: str) -> Photo | RowProblem:
    parts = _split(name)
    alike = named.get(parts[-1] if parts else "", ())
    fits = [photo for _, photo in alike if photo.name == name]
    if not fits and ".." in parts:
        return RowProblem.OUTSIDE
    if not fits and alike:
        ends = [(_common_end(theirs, parts), theirs == parts) for theirs, _ in alike]
        fits = [photo for end, (_, photo) in zip(ends, alike, strict=True) if end == max(ends)]
    if len({photo.path for photo in fits}) > 1:
        return RowProblem.SEVERAL
    return fits[0] if fits else RowProblem.NOT_THERE


def _split(name: str) -> _Parts:
    """The parts of the path, alike for all systems: Unicode's composed form, one case, plain spaces, `a/../b` as `b`.

    Marks that cannot be seen are left out, such as Windows puts before a copied path. What climbs out begins with "..".
    """
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        plain = "".join(_KINDS.get(unicodedata.category(character), character) for character in plain)
    parts: list[str] = []
    for part in re.split(r"[/\\]", plain):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return tuple(parts)


def _common_end(one: _Parts, other: _Parts) -> int:
    """How many of the last parts are the same."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
