"""Chosen photos and their table -> a ZIP, streamed: never more than a piece of a photo is in memory.

Size and checksum of an entry stand behind it, so that a photo that changes while it is read breaks nothing. A reader
that gets the ZIP as a stream finds the end of such an entry only where it is deflated: they all are, but at level 0,
which copies and adds 5 bytes to each 64 KiB.
"""

import stat
import time
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence

from lychee_rerank.export.file_names import SAFE_NAME_BYTES, name_copies
from lychee_rerank.export.opened_photo import CutShort, OpenedPhoto, name_sidecar, open_photo
from lychee_rerank.export.ratings import Xmp
from lychee_rerank.export.tables import TABLE_NAME, Describe, build_table
from lychee_rerank.problems import CopyProblem
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.ranking import Copied, Results
from lychee_rerank.text import printable

MISSING_NAME = "missing.txt"
_FIRST_S, _LAST_S = 315_619_200, 4_354_732_800  # 2 January 1980 and 30 December 2107: the dates a ZIP can hold
_MODE = stat.S_IFREG | 0o644


class _Pipe:
    """Buffers what zipfile writes until it is taken; it is not seekable, so zipfile never writes backwards."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def write(self, content: bytes) -> int:
        self._buffer += content
        return len(content)

    def flush(self) -> None:
        """Nothing to flush."""

    def close(self) -> None:
        """Nothing to close."""

    def take(self) -> Iterator[bytes]:
        """What was written since the last time, if anything."""
        if self._buffer:
            written, self._buffer = bytes(self._buffer), bytearray()
            yield written


def stream_archive(
    results: Results, chosen: Sequence[RankedPhoto], *, describe: Describe, xmp: Xmp | None = None
) -> Iterator[bytes]:
    """The ZIP in pieces: photos named by rank, not compressed, their sidecars, and the table at its end.

    A photo that vanished is named in the table and in MISSING_NAME; the others are written all the same.
    """
    pipe, copies = _Pipe(), []
    with zipfile.ZipFile(pipe, "w") as archive:
        for photo, name in zip(chosen, name_copies(chosen, most_bytes=SAFE_NAME_BYTES), strict=True):
            copied = yield from _add_photo(archive, pipe, name, photo, results=results, xmp=xmp or Xmp())
            copies.append(copied)
        lines = [f"{printable(copy.photo.scored.name)}: {describe(copy.problem)}\n" for copy in copies if copy.problem]
        if lines:
            yield from _add(archive, pipe, _entry(MISSING_NAME), ["".join(lines).encode("utf-8", "replace")])
        yield from _add(archive, pipe, _entry(TABLE_NAME), [build_table(results, describe=describe, copies=copies)])
    yield from pipe.take()


def _add_photo(
    archive: zipfile.ZipFile, pipe: _Pipe, name: str, photo: RankedPhoto, *, results: Results, xmp: Xmp
) -> Generator[bytes, None, Copied]:
    """The pieces of one photo and its sidecar; returns the name of its copy, or why there is none."""
    try:
        marks = xmp.marks_of(photo, results.by_hand)
        with open_photo(results.photos[photo.scored.index].path, xmp.form, marks) as opened:
            yield from _add(archive, pipe, _entry(name, opened), opened.chunks())
            if opened.sidecar is not None:
                beside = name_sidecar(name, xmp.form)
                yield from _add(archive, pipe, _entry(beside), [opened.sidecar])
            return Copied(photo, name, opened.problem)
    except CutShort:  # the beginning is sent already
        yield from pipe.take()
        return Copied(photo, name, CopyProblem.CUT_SHORT)
    except OSError:
        return Copied(photo, "", CopyProblem.GONE)


def _add(
    archive: zipfile.ZipFile, pipe: _Pipe, entry: zipfile.ZipInfo, content: Iterable[bytes]
) -> Generator[bytes, None, None]:
    with archive.open(entry, "w") as out:
        for chunk in content:
            out.write(chunk)
            yield from pipe.take()
    yield from pipe.take()


def _entry(name: str, opened: OpenedPhoto | None = None) -> zipfile.ZipInfo:
    """An entry with the photo's time; its size tells zipfile whether it needs ZIP64."""
    modified_s = min(max(opened.modified_s if opened else time.time(), _FIRST_S), _LAST_S)
    entry = zipfile.ZipInfo(name, time.localtime(modified_s)[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = 0  # type: ignore[attr-defined]  # public from Python 3.13 on, which keeps this name
    entry.file_size = opened.size_bytes if opened else 0
    entry.external_attr = _MODE << 16
    return entry
