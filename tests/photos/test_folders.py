"""Which photos a list of paths stands for, in which order, and what is passed over."""

import os
from pathlib import Path

import pytest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import read_bytes
from lychee_rerank.photos.folders import PICKS_FOLDER, Found, find_photos
from lychee_rerank.problems import PassedOver, RefusalReason
from lychee_rerank.records import Photo
from tests.disks import Disk, fill


def names(*paths: Path) -> list[str]:
    """The names of the photos that the paths stand for."""
    return [photo.name for photo in find_photos(paths).photos]


def test_a_folder_is_walked_to_its_depths_and_sorted_by_path(tmp_path: Path) -> None:
    fill(tmp_path, "b.jpg", "a/z.png", "a/b/c/deep.webp", "a.jpeg", "c/1.jpg", "a/10.jpg", "a/2.jpg")
    found = find_photos([tmp_path])
    assert [photo.name for photo in found.photos] == [
        "a/10.jpg",
        "a/2.jpg",
        "a/b/c/deep.webp",
        "a/z.png",
        "a.jpeg",
        "b.jpg",
        "c/1.jpg",
    ]
    assert [photo.path for photo in found.photos] == [tmp_path / photo.name for photo in found.photos]
    assert found.passed_over == ()


ENDINGS = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "heic", "heif", "hif", "avif"]


@pytest.mark.parametrize("ending", [*ENDINGS, "JPG", "Jpeg", "PnG", "WEBP", "HEIC", "HIF", "Avif"])
def test_these_endings_make_a_photo_in_any_case(tmp_path: Path, ending: str) -> None:
    assert names(fill(tmp_path, f"IMG_001.{ending}")) == [f"IMG_001.{ending}"]


@pytest.mark.parametrize(
    "name",
    ["README.md", "movie.MOV", "IMG_1.AAE", "IMG_1.CR3", "b.gif", "jpg", "heic", "a.heics", "c.jpg.part", "d.jpgx"],
)
def test_every_other_file_is_passed_over_and_counted(tmp_path: Path, name: str) -> None:
    found = find_photos([fill(tmp_path, name, f"below/{name}", "photo.jpg")])
    assert ([photo.name for photo in found.photos], found.reasons) == (["photo.jpg"], {PassedOver.OTHER_TYPE: 2})


def test_what_the_page_exported_is_passed_over_as_its_own(tmp_path: Path) -> None:
    exported = (f"{PICKS_FOLDER}/a sofa/{name}" for name in ("001_8.5_a.jpg", "001_8.5_a.jpg.xmp", "ranking.csv"))
    fill(tmp_path, "a.jpg", "notes.txt", *exported, f"below/{PICKS_FOLDER}/b.jpg")
    (tmp_path / "below" / "album").mkdir()
    (tmp_path / "below" / "album" / PICKS_FOLDER).symlink_to(tmp_path)
    found = find_photos([tmp_path])
    assert [photo.name for photo in found.photos] == ["a.jpg"]
    assert found.reasons == {PassedOver.OTHER_TYPE: 1, PassedOver.OWN_PICKS: 5}
    assert names(tmp_path / PICKS_FOLDER) == ["a sofa/001_8.5_a.jpg"]  # asked for, it is a folder like others


def test_a_folder_below_a_hidden_one_is_walked_when_it_is_asked_for(tmp_path: Path) -> None:
    fill(tmp_path / ".cache" / "photos", "a.jpg")
    assert names(tmp_path / ".cache" / "photos") == ["a.jpg"]


@pytest.mark.parametrize("name", ["notes.txt", "no ending", "._a.jpg", "photo.heic"])
def test_a_file_that_is_named_is_a_photo_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    path = fill(tmp_path, name) / name
    found = find_photos([path])
    assert (found.photos, found.passed_over) == ((Photo(name, path),), ())


def test_paths_keep_their_order_and_files_and_folders_mix(tmp_path: Path) -> None:
    fill(tmp_path, "z/2.jpg", "z/1.jpg", "z/x.txt", "a/3.jpg", "a/y.txt", "a/z.txt", "one.png")
    found = find_photos([tmp_path / "z", tmp_path / "one.png", tmp_path / "a"])
    assert [photo.name for photo in found.photos] == ["1.jpg", "2.jpg", "one.png", "3.jpg"]
    assert found.reasons == {PassedOver.OTHER_TYPE: 3}
    assert find_photos([]) == Found(())


def test_the_same_name_in_two_folders_is_two_photos_that_their_paths_tell_apart(tmp_path: Path) -> None:
    fill(tmp_path, "x/a.jpg", "y/a.jpg")
    found = find_photos([tmp_path / "x", tmp_path / "y"]).photos
    assert found == (Photo("a.jpg", tmp_path / "x/a.jpg"), Photo("a.jpg", tmp_path / "y/a.jpg"))


@pytest.mark.parametrize("name", ["gone.jpg", "gone/", "n\0l.jpg", "x" * 300 + ".jpg"])
def test_what_is_not_there_stays_a_photo_whose_reading_is_refused(tmp_path: Path, name: str) -> None:
    (photo,) = find_photos([tmp_path / name]).photos
    assert photo == Photo(name.rstrip("/"), tmp_path / name)
    with pytest.raises(PhotoRefused) as caught:
        read_bytes(photo.path)
    assert caught.value.reason is RefusalReason.UNREADABLE


def test_links_are_followed_inside_the_folder_and_not_out_of_it(tmp_path: Path) -> None:
    fill(tmp_path, "outside.jpg", "album-2/far.jpg", "album/real.jpg", "album/below/low.jpg")
    album = tmp_path / "album"
    (album / "below" / "again.jpg").symlink_to("../real.jpg")
    (album / "out.jpg").symlink_to(tmp_path / "outside.jpg")
    (album / "out-2.jpg").symlink_to("../album-2/far.jpg")
    (album / "whole folder").symlink_to(tmp_path / "album-2")
    (album / "inner folder").symlink_to(album / "below")
    found = find_photos([album])
    assert [photo.name for photo in found.photos] == ["below/again.jpg", "below/low.jpg", "real.jpg"]
    assert found.reasons == {PassedOver.LINK_OUT: 2, PassedOver.LINKED_FOLDER: 2}


def test_links_that_lead_round_in_circles_or_nowhere_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "below/b.jpg")
    (tmp_path / "below" / "up").symlink_to(tmp_path)
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    (tmp_path / "ping.jpg").symlink_to(tmp_path / "pong.jpg")
    (tmp_path / "pong.jpg").symlink_to(tmp_path / "ping.jpg")
    (tmp_path / "dead.jpg").symlink_to(tmp_path / "nothing.jpg")
    found = find_photos([tmp_path])
    assert [photo.name for photo in found.photos] == ["a.jpg", "below/b.jpg"]
    assert found.reasons == {PassedOver.LINKED_FOLDER: 1, PassedOver.LINK_OUT: 4}


def test_a_folder_or_a_file_that_is_itself_a_link_is_meant_when_it_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "album/a.jpg", "album/b.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "album")
    (tmp_path / "album" / "inner.jpg").symlink_to("b.jpg")
    (tmp_path / "file link").symlink_to(tmp_path / "album" / "a.jpg")
    found = find_photos([tmp_path / "link", tmp_path / "file link"])
    assert [photo.name for photo in found.photos] == ["a.jpg", "b.jpg", "inner.jpg", "file link"]
    assert found.passed_over == ()


def test_a_pipe_that_is_called_a_photo_is_refused_by_name_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert names(tmp_path) == ["pipe.jpg"]
    with pytest.raises(PhotoRefused, match="unreadable"):
        read_bytes(tmp_path / "pipe.jpg")


def test_a_folder_that_cannot_be_listed_is_a_photo_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.jpg", "locked/b.jpg", ".hidden/c.jpg")
    Disk(monkeypatch).fails |= {tmp_path / name: PermissionError() for name in ("locked", ".hidden")}
    found = find_photos([tmp_path])
    assert (found.photos, found.reasons) == (
        (Photo("a.jpg", tmp_path / "a.jpg"), Photo("locked", tmp_path / "locked")),
        {PassedOver.HIDDEN: 1},
    )
    assert names(tmp_path / "locked") == ["locked"]


@pytest.mark.parametrize(
    "name",
    [
        "照" * 60 + ".jpg",
        "صورة‮gpj.jpg",
        "🏯🏯.png",
        "<script>alert(1)<\\script>.jpg",
        "=cmd|' \\C calc'!A0.jpg",
        "two\nlines.jpg",
        "![](http:\\\\example.org\\x.png).jpg",
    ],
)
def test_a_name_is_kept_as_it_is(tmp_path: Path, name: str) -> None:
    assert names(fill(tmp_path, name)) == [name]


def test_a_name_that_is_no_text_becomes_text_and_its_file_is_still_found(tmp_path: Path) -> None:
    fill(tmp_path, os.fsdecode(b"caf\xe9.jpg"))
    (photo,) = find_photos([tmp_path]).photos
    assert photo.name == "caf\N{REPLACEMENT CHARACTER}.jpg"
    assert read_bytes(photo.path) == b"caf\xe9.jpg"


def test_it_is_told_how_many_photos_were_found_so_far(tmp_path: Path) -> None:
    fill(tmp_path, "album/a.jpg", "album/notes.txt", "album/below/b.jpg", "one.png", "more/c.jpg")
    told: list[int] = []
    find_photos([tmp_path / "album", tmp_path / "one.png", tmp_path / "more"], on_found=told.append)
    assert told == [1, 2, 4]
