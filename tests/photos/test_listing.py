"""A folder that is listed beside everything else: how far it is, what it found, and what of that cannot be read."""

import errno
import os
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from lychee_rerank.photos.folders import find_photos
from lychee_rerank.photos.listing import Listed, Listing, Standing, Subfolder
from lychee_rerank.problems import PassedOver
from tests.disks import Disk, fill
from tests.limits import WAIT_S


def list_now(listing: Listing) -> Listed:
    """What the listing finds, once it is over."""
    listing.rescan()
    assert listing.wait(WAIT_S)
    listed = listing.standing().listed
    assert listed is not None
    return listed


def names(listed: Listed | None) -> list[str]:
    assert listed is not None
    return [photo.name for photo in listed.photos]


def test_nobody_waits_for_a_slow_disk_and_everybody_may_ask_how_far_it_is(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Disk(monkeypatch).hold(fill(photo_folder, "a.jpg", "b.jpg", "notes.txt", "sub/c.jpg") / "sub")
    listing = Listing(photo_folder)
    listing.rescan()
    assert held.asked.wait(WAIT_S)
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "listing"] == [True]  # nor at the end
    standing = listing.standing()
    assert (standing.listed, standing.under_way, standing.found_so_far) == (None, True, 2)
    assert not listing.wait(0)
    held.let_go.set()
    assert listing.wait(WAIT_S)
    standing = listing.standing()
    assert (names(standing.listed), standing.under_way) == (["a.jpg", "b.jpg", "sub/c.jpg"], False)
    assert standing.listed is not None
    assert standing.listed.passed_over_in("") == {PassedOver.OTHER_TYPE: 1}


def test_a_listing_that_nobody_asked_for_has_not_begun(photo_folder: Path) -> None:
    assert Listing(photo_folder).standing() == Standing(None, under_way=False, found_so_far=0)


def test_photos_are_counted_anew_with_every_listing(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Listing(fill(photo_folder, "a.jpg", "b.jpg"))
    list_now(listing)
    assert listing.standing().found_so_far == 2
    held = Disk(monkeypatch).hold(photo_folder)
    listing.rescan()
    assert held.asked.wait(WAIT_S)
    assert listing.standing().found_so_far == 0
    held.let_go.set()
    assert listing.wait(WAIT_S)


def test_the_last_result_is_kept_until_the_next_is_there(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Listing(fill(photo_folder, "a.jpg", "sub/b.jpg"))
    before = list_now(listing)
    fill(photo_folder, "new.jpg")
    (photo_folder / "a.jpg").unlink()
    assert names(listing.standing().listed) == ["a.jpg", "sub/b.jpg"]
    held = Disk(monkeypatch).hold(photo_folder / "sub")
    listing.rescan()
    assert held.asked.wait(WAIT_S)
    assert listing.standing().listed is before
    held.let_go.set()
    assert listing.wait(WAIT_S)
    assert names(listing.standing().listed) == ["new.jpg", "sub/b.jpg"]


def test_a_folder_is_listed_once_at_a_time(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    held = disk.hold(fill(photo_folder, "sub/b.jpg") / "sub")
    listing = Listing(photo_folder)
    for _ in range(3):
        listing.rescan()
    assert held.asked.wait(WAIT_S)
    listing.rescan()
    held.let_go.set()
    assert listing.wait(WAIT_S)
    assert disk.listed.count(photo_folder / "sub") == 1


def test_a_fresh_listing_is_not_made_again(photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing, seen = Listing(fill(photo_folder, "a.jpg")), []
    for now_s in (0.0, 60.0, 119.9, 120.0):
        monkeypatch.setattr(time, "monotonic", lambda now_s=now_s: 1000.0 + now_s)
        listing.refresh(older_than_s=60 if now_s else 10_000)
        assert listing.wait(WAIT_S)
        seen.append(listing.standing().listed)
    assert names(seen[0]) == ["a.jpg"]
    assert [one is other for one, other in pairwise(seen)] == [False, True, False]


@pytest.mark.parametrize("name", ["gone", "file.txt", "file.txt/below"])
def test_a_folder_that_is_not_there_has_no_photos_and_is_no_failure(photo_folder: Path, name: str) -> None:
    fill(photo_folder, "file.txt")
    assert list_now(Listing(photo_folder / name)) == Listed(())


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_folder_that_cannot_be_read_is_told_until_it_can(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    disk = Disk(monkeypatch)
    disk.fails[photo_folder] = OSError(error, os.strerror(error))
    listing = Listing(fill(photo_folder, "a.jpg"))
    assert list_now(listing) == Listed((), readable=False)
    disk.fails.clear()
    listed = list_now(listing)
    assert (names(listed), listed.readable) == (["a.jpg"], True)


@pytest.mark.parametrize("lacking", [os.R_OK, os.X_OK])
def test_a_folder_that_may_not_be_read_or_not_be_entered_cannot_be_read(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch, lacking: int
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != photo_folder or not mode & lacking)
    assert not list_now(Listing(fill(photo_folder, "a.jpg"))).readable


def test_photos_and_subfolders_that_cannot_be_read_are_named_and_stay_photos(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    fill(photo_folder, "a.jpg", "sub/closed.jpg", "locked/b.jpg", ".hidden/c.jpg", "notes.txt")
    os.mkfifo(photo_folder / "pipe.png")
    disk.closed |= {photo_folder / "sub" / "closed.jpg", photo_folder / "notes.txt"}
    disk.fails |= {photo_folder / name: PermissionError(errno.EACCES, "no") for name in ("locked", ".hidden")}
    listed = list_now(Listing(photo_folder))
    assert listed.unreadable == ("locked", "pipe.png", "sub/closed.jpg")
    assert names(listed) == ["a.jpg", "locked", "pipe.png", "sub/closed.jpg"]
    assert listed.readable


def test_photos_are_there_before_it_is_known_which_cannot_be_read(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    disk.closed.add(fill(photo_folder, "a.jpg", "b.jpg") / "b.jpg")
    listing = Listing(photo_folder)
    for known in ((), ("b.jpg",)):  # the second time, what the first found out stays
        held = disk.hold(photo_folder / "a.jpg")
        listing.rescan()
        assert held.asked.wait(WAIT_S)
        standing = listing.standing()
        assert standing.listed is not None
        assert (names(standing.listed), standing.listed.unreadable) == (["a.jpg", "b.jpg"], known)
        assert standing.under_way
        held.let_go.set()
        assert listing.wait(WAIT_S)
        assert listing.standing().listed == Listed(standing.listed.photos, unreadable=("b.jpg",))


def test_links_are_treated_as_everywhere_else(photo_folder: Path, tmp_path: Path) -> None:
    fill(tmp_path, "outside.jpg")
    fill(photo_folder, "a.jpg", "sub/b.jpg")
    (photo_folder / "sub" / "round").symlink_to(photo_folder)
    (photo_folder / "out.jpg").symlink_to(tmp_path / "outside.jpg")
    (photo_folder / "again.jpg").symlink_to("sub/b.jpg")
    (photo_folder / "self.jpg").symlink_to("self.jpg")
    listed, found = list_now(Listing(photo_folder)), find_photos([photo_folder])
    assert names(listed) == ["a.jpg", "again.jpg", "sub/b.jpg"]
    assert (listed.photos, listed.passed_over) == (found.photos, found.passed_over)
    assert listed.unreadable == ()


def test_subfolders_with_photos_are_counted_with_all_that_is_below_them(photo_folder: Path) -> None:
    fill(photo_folder, "top.jpg", "a/1.jpg", "a/2.jpg", "a/deep/3.jpg", "a b/4.jpg", "ab/5.jpg", "only/below/6.jpg")
    fill(photo_folder, "empty/notes.txt", ".hidden/7.jpg")
    listed = list_now(Listing(photo_folder))
    assert [(subfolder.path, subfolder.photos) for subfolder in listed.subfolders] == [
        ("a", 3), ("a/deep", 1), ("a b", 1), ("ab", 1), ("only", 1), ("only/below", 1),
    ]  # fmt: skip
    assert [photo.name for photo in listed.photos_in("a")] == ["a/1.jpg", "a/2.jpg", "a/deep/3.jpg"]
    assert [photo.name for photo in listed.photos_in("only")] == ["only/below/6.jpg"]
    assert listed.photos_in("") == listed.photos
    assert listed.passed_over_in("") == {PassedOver.OTHER_TYPE: 1, PassedOver.HIDDEN: 1}


def test_what_is_passed_over_is_counted_by_subfolder(photo_folder: Path) -> None:
    fill(photo_folder, "top.jpg", "x.txt", "a/1.jpg", "a/x.txt", "a/deep/x.mov", "a/deep/#recycle/2.jpg", "ab/x.txt")
    listed = list_now(Listing(photo_folder))
    assert listed.passed_over_in("a") == {PassedOver.OTHER_TYPE: 2, PassedOver.DELETED: 1}
    assert listed.passed_over_in("a/deep") == {PassedOver.OTHER_TYPE: 1, PassedOver.DELETED: 1}
    assert listed.passed_over_in("") == {PassedOver.OTHER_TYPE: 4, PassedOver.DELETED: 1}
    assert listed.passed_over_in("b") == {}


def test_a_folder_without_subfolders_offers_none(photo_folder: Path) -> None:
    assert list_now(Listing(fill(photo_folder, "a.jpg", "b.jpg"))).subfolders == ()


def test_a_subfolder_whose_name_is_no_text_can_be_chosen(photo_folder: Path) -> None:
    fill(photo_folder, os.fsdecode(b"caf\xe9/a.jpg"))
    listed = list_now(Listing(photo_folder))
    assert listed.subfolders == (Subfolder("caf\N{REPLACEMENT CHARACTER}", 1),)
    assert len(listed.photos_in("caf\N{REPLACEMENT CHARACTER}")) == 1


def test_a_listing_that_breaks_is_over_and_can_be_begun_again(
    photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: broken.append(told.exc_type))
    disk = Disk(monkeypatch)
    disk.fails[fill(photo_folder, "a.jpg", "sub/b.jpg") / "sub"] = MemoryError()
    listing = Listing(photo_folder)
    assert not list_now(listing).readable
    for thread in threading.enumerate():
        if thread.name == "listing":
            thread.join()
    assert broken == [MemoryError]
    disk.fails.clear()
    assert names(list_now(listing)) == ["a.jpg", "sub/b.jpg"]
