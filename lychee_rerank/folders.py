"""Paths as the user gives them -> the photos they stand for, in order; opens no file and knows no picture format."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lychee_rerank.records import Photo

PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
COPIES_FOLDERS = ("@eaDir", "__MACOSX")  # where Synology keeps thumbnails and macOS what a ZIP has no place for


@dataclass(frozen=True, slots=True)
class Found:
    """The photos in the order of the paths, and how many files in the folders were passed over."""

    photos: tuple[Photo, ...]
    passed_over: int


def find_photos(paths: Sequence[Path]) -> Found:
    """The photos that the paths stand for: a file is one whatever it is called, a folder gives its own sorted by path.

    Inside a folder the name decides, and links that lead out of it, links to folders and hidden names are passed over.
    What is not there, or cannot be listed, stays a photo: reading it is refused, so that nothing goes missing unseen.
    """
    photos: list[Photo] = []
    passed_over = 0
    for path in paths:
        if not os.path.isdir(path):
            photos.append(Photo(_name_in(path, path), path))
            continue
        files = sorted(_walk(path))
        kept = [file for file in files if _is_photo(file, folder=path)]
        photos += [Photo(_name_in(path, file), file) for file in kept]
        passed_over += len(files) - len(kept)
    return Found(tuple(photos), passed_over)


def _walk(folder: Path) -> Iterator[Path]:
    """Every file and every link below the folder, and each folder that cannot be listed."""
    unlisted: list[Path] = []
    for root, folders, files in os.walk(folder, onerror=lambda error: unlisted.append(Path(error.filename))):
        links = [name for name in folders if os.path.islink(Path(root, name))]
        yield from (Path(root, name) for name in files + links)
    yield from unlisted


def _is_photo(file: Path, *, folder: Path) -> bool:
    """True for what is to be scored, or refused by name when it cannot be read."""
    parts = file.relative_to(folder).parts
    if any(part.startswith(".") or part in COPIES_FOLDERS for part in parts):
        return False
    if os.path.islink(file) and not (os.path.isfile(file) and file.resolve().is_relative_to(folder.resolve())):
        return False
    return os.path.isdir(file) or file.name.lower().endswith(PHOTO_ENDINGS)


def _name_in(folder: Path, file: Path) -> str:
    """The file's name as the user knows it, as text that can be stored even where its bytes are no UTF-8."""
    name = file.name if file == folder else file.relative_to(folder).as_posix()
    return os.fsencode(name).decode("utf-8", "replace")
