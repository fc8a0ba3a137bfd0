"""What a bulk run is: its photos, its queries, its folder; begun once, gone on with as often as it is killed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pyarrow.fs import FileSystem, FileType

from lychee_rerank.bulk.parts import Parts
from lychee_rerank.bulk.photo_list import LIST_NAME, PhotoList, write_list
from lychee_rerank.bulk.places import create_whole, open_place
from lychee_rerank.errors import BulkFailed, QueryRefused
from lychee_rerank.model_card import ModelCard
from lychee_rerank.query import Query, parse_query
from lychee_rerank.scoring.cache_keys import build_key
from lychee_rerank.settings import Settings

PHOTOS_PER_PART = 200
_RUN, _MODEL = "_run.json", "_model.json"
_HELD = "{folder} holds a run already: go on with it by --resume, or name another folder"


@dataclass(frozen=True, slots=True)
class BulkRun:
    """A run whose photos are listed in its folder; every process of it is given this."""

    folder: str
    queries: tuple[Query, ...]
    settings: Settings

    def open_folder(self) -> tuple[FileSystem, str]:
        """Its file system, and its name there."""
        return open_place(self.folder)

    def open_list(self) -> PhotoList:
        """Its photos."""
        return PhotoList(*self.open_folder())

    def open_parts(self) -> Parts:
        """What came of it so far."""
        return Parts(*self.open_folder())

    def check_model(self, card: ModelCard) -> None:
        """Raises BulkFailed unless this model, with this prompt, is the one that the run was begun with.

        The machines may have different devices.
        """
        settings = self.settings
        key = build_key(
            card,
            self.queries[0],
            readout=settings.readout,
            template=settings.template,
            calibration=settings.calibration,
        )
        facts = {**key.fields, "calibration": key.calibration or None}  # none, where a run began before there were maps
        _hold(
            self.open_folder(),
            _MODEL,
            {name: value for name, value in facts.items() if name not in ("query", "photo", "device")},
        )


def read_queries(file: Path) -> tuple[Query, ...]:
    """One query a line, the same one once; raises BulkFailed, with the line of one that cannot be scored."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise BulkFailed(f"{file}: {error}") from error
    queries: dict[str, Query] = {}
    for number, line in enumerate(lines, start=1):
        try:
            query = parse_query(line) if line.strip() else None
        except QueryRefused as error:
            raise BulkFailed(f"{file}, line {number}: {error}") from error
        if query:
            queries.setdefault(query.cleaned, query)
    if not queries:
        raise BulkFailed(f"{file}: there is no query in it, one a line")
    return tuple(queries.values())


def begin_run(run: BulkRun, photos: Iterable[str], *, resume: bool, photos_per_part: int = PHOTOS_PER_PART) -> None:
    """Lists the photos in the run's folder; where it is gone on with, they stay as they were listed.

    Raises BulkFailed where the folder holds a run and it is not to be gone on with, or is one of other queries.
    """
    filesystem, folder = run.open_folder()
    try:
        if filesystem.get_file_info(f"{folder}/{_RUN}").type is FileType.File and not resume:
            raise BulkFailed(_HELD.format(folder=run.folder))
        listed = filesystem.get_file_info(f"{folder}/{LIST_NAME}").type is FileType.File
        rest = iter(photos)
        first = None if listed else next(rest, None)
        if not listed and first is None:
            raise BulkFailed("there are no photos to be scored")
        filesystem.create_dir(folder, recursive=True)
        begun = _hold((filesystem, folder), _RUN, {"queries": [query.text for query in run.queries]})
        if not begun and not resume:  # another program was faster
            raise BulkFailed(_HELD.format(folder=run.folder))
        if first is not None:
            write_list(filesystem, folder, chain([first], rest), photos_per_part=photos_per_part)
    except OSError as error:
        raise BulkFailed(f"{run.folder}: {error}") from error


def _hold(place: tuple[FileSystem, str], name: str, facts: Mapping[str, object]) -> bool:
    """Writes the facts into a file of the folder, unless it is there: true, false; BulkFailed where it holds others."""
    filesystem, folder = place
    path = f"{folder}/{name}"
    written = create_whole(filesystem, path, json.dumps(facts, ensure_ascii=False, indent=2).encode())
    with filesystem.open_input_stream(path) as stream:
        held = _parse(stream.read(), path)
    others = [fact for fact in facts if held.get(fact) != facts[fact]]
    if others:
        raise BulkFailed(f"{folder} holds a run that was begun otherwise: {', '.join(others)}")
    return written


def _parse(content: bytes, path: str) -> dict[str, object]:
    try:
        held = json.loads(content)
    except ValueError as error:
        raise BulkFailed(f"{path} is damaged") from error
    return held if isinstance(held, dict) else {}
