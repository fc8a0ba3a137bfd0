"""A folder that may be large and slow, listed on a thread of its own; knows no page."""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lychee_rerank.photos.folders import Found, Links, find_photos
from lychee_rerank.photos.passed_over import count_reasons
from lychee_rerank.problems import PassedOver
from lychee_rerank.records import PassedOverFiles, Photo

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Subfolder:
    """A folder below the listed one by its path from there, and how many photos are in it and below it."""

    path: str
    photos: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder as it was found: no photos where there is none, `readable` False where it cannot be read as a whole.

    `unreadable` names the photos and subfolders that cannot be opened; they are among the photos too.
    """

    photos: tuple[Photo, ...]
    passed_over: tuple[PassedOverFiles, ...] = ()
    subfolders: tuple[Subfolder, ...] = ()
    unreadable: tuple[str, ...] = ()
    readable: bool = True

    def photos_in(self, subfolder: str) -> tuple[Photo, ...]:
        """The photos in a subfolder and below it; all of them for an empty path."""
        inside = f"{subfolder}/"
        return tuple(photo for photo in self.photos if photo.name.startswith(inside)) if subfolder else self.photos

    def passed_over_in(self, subfolder: str) -> dict[PassedOver, int]:
        """How many files were passed over there for each reason; all of them for an empty path."""
        return count_reasons(self.passed_over, within=subfolder)


@dataclass(frozen=True, slots=True)
class Standing:
    """A listing as it stands at one moment; `listed` is the last result, None until there is one."""

    listed: Listed | None
    under_way: bool
    found_so_far: int


class Listing:
    """Lists one folder whenever it is asked to, and keeps the last result; safe to use from any thread.

    The first result is there before it is known which photos cannot be read: that asks the disk photo by photo.
    """

    def __init__(self, folder: Path, *, links: Links = Links.FILES_INSIDE) -> None:
        self.folder, self._links = folder, links
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._ended.set()
        self._begun_s: float | None = None
        self._found_so_far = 0
        self._listed: Listed | None = None

    def rescan(self) -> None:
        """Begins to list the folder anew, and returns at once; while that is under way already, it goes on."""
        self.refresh(older_than_s=0.0)

    def refresh(self, *, older_than_s: float) -> None:
        """Begins anew where the last listing was begun longer ago than that, or where there was none."""
        now_s = time.monotonic()
        with self._lock:
            fresh = self._begun_s is not None and now_s - self._begun_s < older_than_s
            if fresh or not self._ended.is_set():
                return
            self._begun_s, self._found_so_far = now_s, 0
            self._ended.clear()
        threading.Thread(target=self._list, name="listing", daemon=True).start()

    def standing(self) -> Standing:
        """What is known now."""
        with self._lock:
            return Standing(self._listed, not self._ended.is_set(), self._found_so_far)

    def wait(self, timeout_s: float) -> bool:
        """Returns once nothing is under way; False when that takes longer."""
        return self._ended.wait(timeout_s)

    def _list(self) -> None:
        listed = Listed((), readable=False)
        try:
            if _can_be_read(self.folder):
                listed = _list_photos(self.folder, links=self._links, on_found=self._count)
                self._keep_first(listed)
                listed = replace(listed, unreadable=_find_unreadable(listed.photos))
        finally:
            with self._lock:
                self._listed = listed
                self._ended.set()

    def _count(self, found: int) -> None:
        self._found_so_far = found

    def _keep_first(self, listed: Listed) -> None:
        """Keeps what is not known in full yet, where nothing better is there."""
        with self._lock:
            if self._listed is None or not self._listed.readable:
                self._listed = listed


def _can_be_read(folder: Path) -> bool:
    """False for a folder that is there, but not for this user, or not while its disk fails."""
    try:
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError):
        return True  # there is none: no failure, and no photo
    except OSError as error:
        log.warning("%s cannot be listed: %s", folder, error.strerror)
        return False
    return os.access(folder, os.R_OK | os.X_OK)


def _list_photos(folder: Path, *, links: Links, on_found: Callable[[int], object]) -> Listed:
    found = find_photos([folder], links=links, on_found=on_found) if os.path.isdir(folder) else Found(())
    return Listed(found.photos, found.passed_over, _count_subfolders(found.photos))


def _count_subfolders(photos: Sequence[Photo]) -> tuple[Subfolder, ...]:
    """Every folder below the listed one that has photos, sorted by path."""
    counts: Counter[tuple[str, ...]] = Counter()
    for photo in photos:
        names = photo.name.split("/")
        counts.update(tuple(names[:depth]) for depth in range(1, len(names)))
    return tuple(Subfolder("/".join(names), counts[names]) for names in sorted(counts))


def _find_unreadable(photos: Sequence[Photo]) -> tuple[str, ...]:
    """The names of those that are no file, or not for this user."""
    return tuple(photo.name for photo in photos if not (os.path.isfile(photo.path) and os.access(photo.path, os.R_OK)))
