"""Paths as the user gives them -> the photos they stand for, in order; opens no file and knows no picture format."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lychee_rerank.disk import real_path_below
from lychee_rerank.photos.passed_over import Place, count_reasons, find_reason, holds_thumbnails, is_library, stem
from lychee_rerank.problems import PassedOver
from lychee_rerank.records import PassedOverFiles, Photo
from lychee_rerank.text import decode_name

PHOTO_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
PICKS_FOLDER = "lychee-picks"  # where the page copies what was chosen: ranked again, each photo would come twice


@dataclass(frozen=True, slots=True)
class Found:
    """The photos in the order of the paths, and the files in the folders that were passed over."""

    photos: tuple[Photo, ...]
    passed_over: tuple[PassedOverFiles, ...] = ()

    @property
    def reasons(self) -> dict[PassedOver, int]:
        """How many files were passed over for each reason."""
        return count_reasons(self.passed_over)


def find_photos(paths: Sequence[Path], *, on_found: Callable[[int], object] = lambda found: None) -> Found:
    """The photos that the paths stand for: a file is one whatever it is called, a folder gives its own sorted by path.

    Inside a folder the name decides. What is not there, or cannot be listed, stays a photo: reading it is refused, so
    that nothing goes missing unseen. `on_found` is called with the number of photos found so far, at each one.
    """
    photos: list[Photo] = []
    passed_over: Counter[tuple[str, PassedOver]] = Counter()
    for path in paths:
        if not os.path.isdir(path):
            photos.append(Photo(decode_name(path.name), path))
            continue
        kept: list[Place] = []
        for place, reason in _walk(path):
            if reason is None:
                kept.append(place)
                on_found(len(photos) + len(kept))
            else:
                passed_over[decode_name("/".join(place[:-1])), reason] += 1
        photos += [Photo(decode_name("/".join(place) or path.name), path.joinpath(*place)) for place in sorted(kept)]
    rows = (PassedOverFiles(folder, reason, files) for (folder, reason), files in sorted(passed_over.items()))
    return Found(tuple(photos), tuple(rows))


def why_passed_over(place: Place, *, beside: frozenset[str] = frozenset()) -> PassedOver | None:
    """Why the file of that name is no photo, None where it is one; `beside` are the stems of the photos above it."""
    if PICKS_FOLDER in place:
        return PassedOver.OWN_PICKS
    reason = find_reason(place, beside=beside)
    return PassedOver.OTHER_TYPE if reason is None and not place[-1].lower().endswith(PHOTO_ENDINGS) else reason


def _walk(folder: Path) -> Iterator[tuple[Place, PassedOver | None]]:
    """Every file, every link and each folder that cannot be listed, and why it is no photo, None for a photo.

    A disk may be slow: nothing is asked twice of it that a folder's listing holds.
    """
    above = (folder.name,) if is_library(folder.name) else ()
    left: list[tuple[Place, frozenset[str]]] = [((), frozenset())]
    while left:
        place, beside = left.pop()
        subfolders: list[Place] = []
        stems: set[str] = set()
        try:
            with os.scandir(folder.joinpath(*place)) as entries:
                for entry in entries:
                    below = (*place, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        subfolders.append(below)
                        continue
                    reason = why_passed_over((*above, *below), beside=beside)
                    if entry.is_symlink():
                        reason = _why_not_followed(folder, below, reason)
                    if reason is None:
                        stems.add(stem(entry.name))
                    yield below, reason
        except OSError:
            reason = why_passed_over((*above, *place)) if place else None
            yield place, None if reason is PassedOver.OTHER_TYPE else reason
        left += [(below, frozenset(stems) if holds_thumbnails(below) else frozenset()) for below in subfolders]


def _why_not_followed(folder: Path, link: Place, reason: PassedOver | None) -> PassedOver | None:
    """The reason to pass over a link: its name's, or else that it leads to a folder, or out, or nowhere."""
    if reason not in (None, PassedOver.OTHER_TYPE):
        return reason
    if os.path.isdir(folder.joinpath(*link)):
        return PassedOver.LINKED_FOLDER
    return reason if reason or _leads_inside(folder, Path(*link)) else PassedOver.LINK_OUT


def _leads_inside(folder: Path, link: Path) -> bool:
    """True for a link in the folder to a file in it or below it."""
    return os.path.isfile(folder / link) and real_path_below(folder, link) is not None
