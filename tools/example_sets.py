"""Public sets that ask with a photo and words: CIRR and FashionIQ, as they are downloaded -> rows."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from galleries import Row, SetInvalid


def read_cirr(captions: Path, splits: Path, folder: Path) -> list[Row]:
    """A row for each pair: its target matches, the others of its group of six are beside it, the reference is none.

    https://github.com/Cuberick-Orion/CIRR; what `target_soft` names beside the target was judged with doubts, and is
    left out.
    """
    paths = _load(splits, dict, "a table of photos and their paths")

    def read(pair: Any) -> Row:
        beside = [paths[name] for name in pair["img_set"]["members"] if name != pair["target_hard"]]
        return Row(
            query=pair["caption"],
            matching=(_plain(paths[pair["target_hard"]]),),
            like=_plain(paths[pair["reference"]]),
            beside=tuple(map(_plain, beside)),
            left_out=tuple(_plain(paths[name]) for name in pair["target_soft"]),
        )

    return _read_all(captions, read, folder)


def read_fashion_iq(captions: Path, folder: Path) -> list[Row]:
    """A row for each pair: both of its captions in one, and the target, which matches.

    https://github.com/XiaoxiaoGuo/fashion-iq
    """

    def read(pair: Any) -> Row:
        words = " and ".join(caption.strip() for caption in pair["captions"])
        return Row(query=words, matching=(f"{pair['target']}.jpg",), like=f"{pair['candidate']}.jpg")

    return _read_all(captions, read, folder)


def _read_all(captions: Path, read: Callable[[Any], Row], folder: Path) -> list[Row]:
    """The rows whose own photos are there, without what is missing beside them."""
    try:
        rows = [read(pair) for pair in _load(captions, list, "a list of pairs")]
    except (KeyError, TypeError, AttributeError) as error:
        raise SetInvalid(f"{captions}: holds no pairs of photos with captions") from error
    present = _find_present(rows, folder)
    if not present:
        raise SetInvalid(f"{folder}: holds the photos of none of the {len(rows)} pairs")
    if len(present) < len(rows):
        missing = len(rows) - len(present)
        print(f"{missing} of {len(rows)} pairs are left out: {folder} lacks a photo of theirs", file=sys.stderr)
    return present


def _find_present(rows: Sequence[Row], folder: Path) -> list[Row]:
    names = {name for row in rows for name in (row.like, *row.matching, *row.beside)}
    there = {name for name in names if (folder / name).is_file()}
    whole = [row for row in rows if there.issuperset((row.like, *row.matching))]
    return [replace(row, beside=tuple(name for name in row.beside if name in there)) for row in whole]


def _load(file: Path, kind: type, expected: str) -> Any:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:  # what is no UTF-8, too
        raise SetInvalid(f"{file}: is no JSON") from error
    if not isinstance(content, kind):
        raise SetInvalid(f"{file}: is not {expected}")
    return content


def _plain(path: str) -> str:
    """ "./dev/a.png" as a name below the folder."""
    return path.removeprefix("./")
