"""Paths as the user gives them -> the photos they stand for, in order; opens no file and knows no picture format."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lychee_rerank.disk import real_path_below
from lychee_rerank.photos.passed_over import Place, count_reasons, find_reason, holds_thumbnails, is_library, stem
from lychee_rerank.problems import PassedOver
from lychee_rerank.records import PassedOverFiles, Photo
from lychee_rerank.text import decode_name

PHOTO_ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".heic", ".heif", ".hif", ".avif")
PICKS_FOLDER = "lychee-picks"  # where the page copies what was chosen: ranked again, each photo would come twice


class Links(StrEnum):
    """Which links below a folder are followed: those to files in it, to folders in it too, or wherever they lead."""

    FILES_INSIDE = "files_inside"
    INSIDE = "inside"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Found:
    """The photos in the order of the paths, and the files in the folders that were passed over."""

    photos: tuple[Photo, ...]
    passed_over: tuple[PassedOverFiles, ...] = ()

    @property
    def reasons(self) -> dict[PassedOver, int]:
        """How many files were passed over for each reason."""
        return count_reasons(self.passed_over)


def find_photos(
    paths: Sequence[Path],
    *,
    links: Links = Links.FILES_INSIDE,
    on_found: Callable[[int], object] = lambda found: None,
) -> Found:
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
        for place, reason in _Walk(path, links):
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


class _Walk:
    """Every file, every link and each folder that cannot be listed, and why it is no photo, None for a photo.

    A disk may be slow: nothing is asked twice of it that a folder's listing holds. Linked folders come after all that
    are no links, so that each real folder is walked once, and under its own name where it has one here.
    """

    def __init__(self, folder: Path, links: Links) -> None:
        self._folder, self._links = folder, links
        self._above = (folder.name,) if is_library(folder.name) else ()
        self._left: list[tuple[Place, frozenset[str]]] = [((), frozenset())]
        self._linked: list[Place] = []
        self._walked: set[tuple[int, int]] = set()  # device and inode

    def __iter__(self) -> Iterator[tuple[Place, PassedOver | None]]:
        while self._left or self._linked:
            if not self._left:
                self._linked.sort(reverse=True)
                self._left.append((self._linked.pop(), frozenset()))
            place, beside = self._left.pop()
            reason = self._why_not_entered(place) if self._links is not Links.FILES_INSIDE else None
            if reason is None:
                yield from self._list(place, beside)
            else:
                yield place, reason

    def _list(self, place: Place, beside: frozenset[str]) -> Iterator[tuple[Place, PassedOver | None]]:
        """What lies in one folder; its subfolders are left to be walked."""
        subfolders: list[Place] = []
        stems: set[str] = set()
        try:
            with os.scandir(self._folder.joinpath(*place)) as entries:
                for entry in entries:
                    below = (*place, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        subfolders.append(below)
                        continue
                    reason = why_passed_over((*self._above, *below), beside=beside)
                    if entry.is_symlink() and reason in (None, PassedOver.OTHER_TYPE):
                        if os.path.isdir(entry.path) and self._links is not Links.FILES_INSIDE:
                            self._linked.append(below)
                            continue
                        reason = self._why_not_followed(below, reason)
                    if reason is None:
                        stems.add(stem(entry.name))
                    yield below, reason
        except OSError:
            yield place, self._reason_of(place)
        self._left += [(below, frozenset(stems) if holds_thumbnails(below) else frozenset()) for below in subfolders]

    def _reason_of(self, folder: Place) -> PassedOver | None:
        """Why what lies in the folder is passed over, None where that is told by each file."""
        return find_reason((*self._above, *folder)) if folder else None

    def _why_not_entered(self, place: Place) -> PassedOver | None:
        """The reason to leave a folder alone that a link may lead to: it is walked already, or lies outside."""
        try:
            state = os.stat(self._folder.joinpath(*place))
        except OSError:
            return None  # listing it fails too
        if (state.st_dev, state.st_ino) in self._walked:
            return PassedOver.LINKED_FOLDER
        if place and self._links is Links.INSIDE and real_path_below(self._folder, Path(*place)) is None:
            return PassedOver.LINK_OUT
        if self._reason_of(place) is None:  # photos in what is hidden are those of a link that leads there
            self._walked.add((state.st_dev, state.st_ino))
        return None

    def _why_not_followed(self, link: Place, reason: PassedOver | None) -> PassedOver | None:
        """The reason to pass over a link: its name's, or else that it leads to a folder, or out, or nowhere."""
        path = self._folder.joinpath(*link)
        if os.path.isdir(path):
            return PassedOver.LINKED_FOLDER
        if reason is not None:
            return reason
        inside = self._links is Links.ANYWHERE or real_path_below(self._folder, Path(*link)) is not None
        return None if os.path.isfile(path) and inside else PassedOver.LINK_OUT
