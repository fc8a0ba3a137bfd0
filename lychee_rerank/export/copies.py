"""Chosen photos -> copies in a folder, named by rank; no file is overwritten, and none is written twice.

A copy is written under a temporary name and renamed once it is whole.
"""

import errno
import filecmp
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lychee_rerank.disk import longest_name_bytes, written_aside
from lychee_rerank.errors import ExportFailed
from lychee_rerank.export.file_names import SAFE_NAME_BYTES, name_copies, number_name
from lychee_rerank.export.opened_photo import CutShort, OpenedPhoto, name_sidecar, open_photo
from lychee_rerank.export.ratings import Xmp
from lychee_rerank.problems import CopyProblem, FolderProblem
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.ranking import Copied, Results

PROBLEMS = {
    errno.EACCES: FolderProblem.NOT_ALLOWED,
    errno.EPERM: FolderProblem.NOT_ALLOWED,
    errno.EROFS: FolderProblem.READ_ONLY,
    errno.ENOSPC: FolderProblem.DISK_FULL,
    errno.EDQUOT: FolderProblem.DISK_FULL,
    errno.ENOTDIR: FolderProblem.NOT_A_FOLDER,
    errno.EEXIST: FolderProblem.NOT_A_FOLDER,
}
# With these a folder refuses a name: a file of another name has been written in it just before.
_OF_THE_NAME = frozenset((errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EPERM, errno.EACCES))


class _NameRefused(OSError):
    """The folder takes no file of this name."""


@dataclass(frozen=True, slots=True)
class _Saved:
    """Files that belong together; `existed`: they were there already, byte for byte."""

    paths: Sequence[Path]
    existed: bool


def check_writable(folder: Path) -> None:
    """Makes the folder where it is missing, and tries to write there; raises ExportFailed."""
    with _export_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with written_aside(folder, [b"."]):
            pass


def copy_photos(
    results: Results, chosen: Sequence[RankedPhoto], folder: Path, *, xmp: Xmp | None = None
) -> Iterator[Copied]:
    """Copies one photo a step; raises ExportFailed, with the copies so far in place.

    Where a name is taken by another file, by a sidecar too, the copy gets a number.
    """
    wanted = xmp or Xmp()
    lengths_bytes = (longest_name_bytes(folder), SAFE_NAME_BYTES)  # some file systems tell more than they take
    names = zip(*(name_copies(chosen, most_bytes=length) for length in lengths_bytes), strict=True)
    for photo, (longer, safe) in zip(chosen, names, strict=True):
        with _export_errors(folder):
            copied = _copy_photo(results, photo, folder / longer, xmp=wanted)
            if copied.problem is CopyProblem.NAME_REFUSED and len(safe) < len(longer):
                copied = _copy_photo(results, photo, folder / safe, xmp=wanted)
        yield copied


def save_file(folder: Path, name: str, content: bytes) -> str:
    """Writes a file, under another name where that one is taken by other content; the name; raises ExportFailed."""
    with _export_errors(folder):
        return _save_together(folder, lambda number: [number_name(name, number)], [[content]]).paths[0].name


def save_as(file: Path, content: bytes) -> None:
    """Writes a new file of exactly this name; raises ExportFailed where it is taken."""

    def names(number: int) -> list[str]:
        """This name and no other."""
        if number > 1:
            raise _taken(file)
        return [file.name]

    with _export_errors(file.parent):
        _save_together(file.parent, names, [[content]])


def check_free(file: Path) -> None:
    """Raises ExportFailed where there is such a file already."""
    if os.path.lexists(file):
        raise _taken(file)


def _copy_photo(results: Results, photo: RankedPhoto, target: Path, *, xmp: Xmp) -> Copied:
    path, marks = results.photos[photo.scored.index].path, xmp.marks_of(photo, results.by_hand)
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_photo(path, xmp.form, marks))
        except OSError:
            return Copied(photo, "", CopyProblem.GONE)
        try:
            saved = _copy_opened(opened, target, xmp=xmp)
        except CutShort:
            return Copied(photo, "", CopyProblem.GONE)
        except _NameRefused:
            return Copied(photo, "", CopyProblem.NAME_REFUSED)
        return Copied(photo, saved.paths[0].name, opened.problem, existed=saved.existed)


def _copy_opened(opened: OpenedPhoto, target: Path, *, xmp: Xmp) -> _Saved:
    """The copy, and the sidecar beside it."""

    def names(number: int) -> list[str]:
        name = number_name(target.name, number)
        return [name] if opened.sidecar is None else [name, name_sidecar(name, xmp.form)]

    contents: list[Iterable[bytes]] = [opened.chunks(), [opened.sidecar or b""]]
    saved = _save_together(target.parent, names, contents[: len(names(1))])
    with suppress(OSError):  # some network folders keep no times
        os.utime(saved.paths[0], (opened.modified_s, opened.modified_s))
    return saved


def _save_together(folder: Path, names: Callable[[int], Sequence[str]], contents: Sequence[Iterable[bytes]]) -> _Saved:
    """Writes files whose names belong together, with one number where one is taken by other content: all or none."""
    with ExitStack() as aside, ExitStack() as undo:
        written = [aside.enter_context(written_aside(folder, content)) for content in contents]
        for number in itertools.count(1):
            targets = [folder / name for name in names(number)]
            if _reserve(targets, undo=undo):
                break
            if all(map(_same_content, written, targets)):
                return _Saved(targets, existed=True)
        for temporary, target in zip(written, targets, strict=True):
            os.replace(temporary, target)
        undo.pop_all()
    return _Saved(targets, existed=False)


def _same_content(one: Path, other: Path) -> bool:
    with suppress(OSError):  # one that may not be read is another
        return other.is_file() and filecmp.cmp(one, other, shallow=False)
    return False


def _reserve(targets: Sequence[Path], *, undo: ExitStack) -> bool:
    """Creates empty files of these names, so that nobody else can take them; False, and none, where one is taken."""
    with ExitStack() as own:
        for target in targets:
            try:
                target.open("xb").close()
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno in _OF_THE_NAME:
                    raise _NameRefused(*error.args) from error
                raise
            own.callback(target.unlink, missing_ok=True)
        undo.enter_context(own.pop_all())
    return True


def _taken(file: Path) -> ExportFailed:
    return ExportFailed(FolderProblem.TAKEN, folder=str(file), user=os.getuid())


@contextmanager
def _export_errors(folder: Path) -> Iterator[None]:
    """Translates the system's errors into ExportFailed."""
    try:
        yield
    except OSError as error:
        problem = PROBLEMS.get(error.errno or 0, FolderProblem.OTHER)
        detail = error.strerror or str(error)
        raise ExportFailed(problem, folder=str(folder), user=os.getuid(), detail=detail) from error
