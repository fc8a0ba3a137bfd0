"""Paths as the user gives them -> the photos they stand for, in order; opens no file and knows no picture format."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lychee_rerank.disk import real_path_below
from lychee_rerank.records import Photo
from lychee_rerank.text import decode_name

PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
PICKS_FOLDER = "lychee-picks"  # where the page copies what was chosen: ranked again, each photo would come twice
COPIES_FOLDERS = ("@eaDir", "__MACOSX")  # Synology's thumbnails; what a ZIP of macOS has no place for

Place = tuple[str, ...]  # the names that lead from a folder to what is below it


@dataclass(frozen=True, slots=True)
class Found:
    """The photos in the order of the paths, and how many files in the folders were passed over."""

    photos: tuple[Photo, ...]
    passed_over: int


def find_photos(paths: Sequence[Path], *, on_found: Callable[[int], object] = lambda found: None) -> Found:
    """The photos that the paths stand for: a file is one whatever it is called, a folder gives its own sorted by path.

    Inside a folder the name decides, and links that lead out of it, links to folders and hidden names are passed over.
    What is not there, or cannot be listed, stays a photo: reading it is refused, so that nothing goes missing unseen.
    Folders called PICKS_FOLDER, this app's own, are neither walked nor counted.
    `on_found` is called with the number of photos found so far, at each one.
    """
    photos: list[Photo] = []
    passed_over = 0
    for path in paths:
        if not os.path.isdir(path):
            photos.append(Photo(decode_name(path.name), path))
            continue
        kept: list[Place] = []
        for place, is_photo in _walk(path):
            if is_photo:
                kept.append(place)
                on_found(len(photos) + len(kept))
            else:
                passed_over += 1
        photos += [Photo(decode_name("/".join(place) or path.name), path.joinpath(*place)) for place in sorted(kept)]
    return Found(tuple(photos), passed_over)


def _walk(folder: Path) -> Iterator[tuple[Place, bool]]:
    """Every file, every link and each folder that cannot be listed, and whether it is a photo.

    A disk may be slow: nothing is asked twice of it that a folder's listing holds.
    """
    left: list[Place] = [()]
    while left:
        place = left.pop()
        try:
            with os.scandir(folder.joinpath(*place)) as entries:
                for entry in entries:
                    below = (*place, entry.name)
                    if entry.name == PICKS_FOLDER:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        left.append(below)
                    else:
                        yield below, _is_photo(entry, below, folder=folder)
        except OSError:
            yield place, not _is_hidden(place)


def _is_photo(entry: os.DirEntry[str], place: Place, *, folder: Path) -> bool:
    """True for what is to be scored, or refused by name when it cannot be read."""
    if _is_hidden(place) or not entry.name.lower().endswith(PHOTO_ENDINGS):
        return False
    return not entry.is_symlink() or _leads_inside(folder, Path(*place))


def _is_hidden(place: Place) -> bool:
    return any(part.startswith(".") or part in COPIES_FOLDERS for part in place)


def _leads_inside(folder: Path, link: Path) -> bool:
    """True for a link in the folder to a file in it or below it."""
    return os.path.isfile(folder / link) and real_path_below(folder, link) is not None
