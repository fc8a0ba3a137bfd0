"""Links below a folder, followed by choice: without loops, each real folder once, and not out of it unless asked to."""

from pathlib import Path

import pytest

from lychee_rerank.photos.folders import Found, Links, find_photos
from lychee_rerank.photos.listing import Listing
from lychee_rerank.problems import PassedOver
from tests.disks import fill
from tests.limits import WAIT_S


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with links to itself, to a folder in it, to one elsewhere, and to a file of that one."""
    album = fill(tmp_path / "album", "a.jpg", "real/b.jpg", "real/deep/c.jpg")
    fill(tmp_path / "elsewhere", "d.jpg", "sub/e.jpg", "#recycle/f.jpg")
    (album / "real" / "up").symlink_to(album)
    (album / "again").symlink_to("real/deep")
    (album / "out").symlink_to(tmp_path / "elsewhere")
    (album / "one.jpg").symlink_to(tmp_path / "elsewhere" / "d.jpg")
    (tmp_path / "elsewhere" / "sub" / "back").symlink_to(album)
    return album


def names(found: Found) -> list[str]:
    return [photo.name for photo in found.photos]


def test_unless_they_are_to_be_followed_linked_folders_are_counted_as_such(album: Path) -> None:
    found = find_photos([album])
    assert names(found) == ["a.jpg", "real/b.jpg", "real/deep/c.jpg"]
    assert found.reasons == {PassedOver.LINKED_FOLDER: 3, PassedOver.LINK_OUT: 1}


def test_followed_anywhere_each_real_folder_is_walked_once_and_what_systems_keep_stays_out(album: Path) -> None:
    found = find_photos([album], links=Links.ANYWHERE)
    assert names(found) == ["a.jpg", "one.jpg", "out/d.jpg", "out/sub/e.jpg", "real/b.jpg", "real/deep/c.jpg"]
    assert found.reasons == {PassedOver.DELETED: 1, PassedOver.LINKED_FOLDER: 3}


def test_followed_inside_no_link_leads_out_by_whatever_way(album: Path, tmp_path: Path) -> None:
    (album / "way").symlink_to(album / "out" / "sub")
    found = find_photos([album], links=Links.INSIDE)
    assert names(found) == ["a.jpg", "real/b.jpg", "real/deep/c.jpg"]
    assert found.reasons == {PassedOver.LINKED_FOLDER: 2, PassedOver.LINK_OUT: 3}


def test_a_hidden_folder_is_walked_by_the_link_that_leads_to_it(tmp_path: Path) -> None:
    fill(tmp_path, ".store/2024/a.jpg", ".store/2024/deep/b.jpg")
    (tmp_path / "2024").symlink_to(".store/2024")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "same").symlink_to("../2024")
    assert names(find_photos([tmp_path])) == []
    found = find_photos([tmp_path], links=Links.INSIDE)
    assert names(found) == ["2024/a.jpg", "2024/deep/b.jpg"]
    assert found.reasons == {PassedOver.HIDDEN: 2, PassedOver.LINKED_FOLDER: 1}


def test_of_two_links_to_one_folder_the_first_by_path_is_followed(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", "a.jpg")
    (tmp_path / "album" / "z").mkdir(parents=True)
    for link in ("z/first", "b", "c"):
        (tmp_path / "album" / link).symlink_to(tmp_path / "elsewhere")
    found = find_photos([tmp_path / "album"], links=Links.ANYWHERE)
    assert (names(found), found.reasons) == (["b/a.jpg"], {PassedOver.LINKED_FOLDER: 2})


@pytest.mark.parametrize("links", list(Links))
def test_links_in_circles_and_into_nowhere_end_whatever_is_followed(tmp_path: Path, links: Links) -> None:
    fill(tmp_path, "a.jpg")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "dead.jpg").symlink_to("gone")
    (tmp_path / "here").symlink_to(".")
    found = find_photos([tmp_path], links=links)
    assert names(found) == ["a.jpg"]
    assert found.reasons == {PassedOver.OTHER_TYPE: 1, PassedOver.LINK_OUT: 1, PassedOver.LINKED_FOLDER: 1}


@pytest.mark.parametrize("links", [Links.FILES_INSIDE, Links.INSIDE])
def test_a_listing_follows_as_it_is_told_to(album: Path, links: Links) -> None:
    listing = Listing(album, links=links)
    listing.rescan()
    assert listing.wait(WAIT_S)
    listed, found = listing.standing().listed, find_photos([album], links=links)
    assert listed is not None
    assert (listed.photos, listed.passed_over) == (found.photos, found.passed_over)
