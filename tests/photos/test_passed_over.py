"""What systems and programs keep beside a user's photos is none of them: told by its kind, wherever it lies."""

from pathlib import Path

import pytest

from lychee_rerank.photos.folders import find_photos, why_passed_over
from lychee_rerank.photos.passed_over import count_reasons
from lychee_rerank.problems import PassedOver
from lychee_rerank.records import PassedOverFiles
from tests.disks import Disk, fill

KEPT_BESIDE = {
    PassedOver.DELETED: (
        *("#recycle/a.jpg", "$RECYCLE.BIN/S-1-5-21/$R1.jpg", "RECYCLER/a.jpg", "@Recycle/a.jpg", ".recycle/ann/a.jpg"),
        *(".Recycle.Bin/a.jpg", ".Trash/a.jpg", ".Trash-1000/files/a.jpg", ".Trashes/501/a.jpg", ".dtrash/files/a.jpg"),
        *(".trashed-1700000000-IMG_1.jpg", ".globalTrash/a.jpg", "files_trashbin/files/a.jpg"),
        *("Takeout/Google Photos/Trash/a.jpg", "Google Fotos/Bin/a.jpg", "Network Trash Folder/a.jpg"),
    ),
    PassedOver.SNAPSHOT: (
        *(
            "#snapshot/GMT-2024.05.01/a.jpg",
            ".snapshot/daily.0/a.jpg",
            ".snapshots/1/snapshot/a.jpg",
            "~snapshot/a.jpg",
        ),
        *("@Recently-Snapshot/1/a.jpg", ".zfs/snapshot/auto/a.jpg", ".stversions/a~20240501.jpg"),
        *("files_versions/a.jpg", "#snapshot/1/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg"),
    ),
    PassedOver.DERIVED: (
        *("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "SYNOFILE_THUMB_XL.png", ".@__thumb/s100a.jpg", "@__thumb/a.jpg"),
        *("Photos Library.photoslibrary/resources/derivatives/masters/0/a_4_5005_c.jpeg", "X.photoslibrary/a.jpg"),
        *("iPhoto Library.photolibrary/Thumbnails/a.jpg", "Aperture.aplibrary/Previews/2010/a.jpg"),
        *("Lightroom Library.lrlibrary/e1f5/previews.noindex/a.jpg", "Lightroom Library.lrlibrary/originals/a.jpg"),
        *("Catalog Previews.lrdata/0/a.jpg", ".thumbnails/a.jpg", ".picasaoriginals/a.jpg", "iPod Photo Cache/a.jpg"),
        "appdata_oc8ay35v1sfr/preview/0/a.jpg",
    ),
    PassedOver.SYSTEM: (
        *(
            "System Volume Information/a.jpg",
            "lost+found/#1/a.jpg",
            "__MACOSX/a.jpg",
            "._IMG_1.JPG",
            ".AppleDouble/a.jpg",
        ),
        *(".DS_Store", "Thumbs.db", "ehthumbs_vista.db", "desktop.ini"),
    ),
    PassedOver.HIDDEN: (".hidden.png", ".cache/a.jpg", ".nomedia"),
}
EVERY = [(name, reason) for reason, names in KEPT_BESIDE.items() for name in names]


@pytest.mark.parametrize(("name", "reason"), EVERY, ids=[name for name, _ in EVERY])
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_what_lies_beside_the_photos_is_passed_over_and_counted_by_its_kind(
    tmp_path: Path, name: str, reason: PassedOver, case: type[str]
) -> None:
    found = find_photos([fill(tmp_path, case(name), f"year/{case(name)}", "a.jpg", "year/b.jpg")])
    assert [photo.name for photo in found.photos] == ["a.jpg", "year/b.jpg"]
    assert found.reasons == {reason: 2}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "X.photoslibrary/originals/0/a.heic.jpg",
            "X.photoslibrary/Masters/2015/05/a.jpg",
            "X.aplibrary/Masters/a.jpg",
        ),
        *("Lightroom Library.lrlibrary/e1f5/originals/2024/a.jpg", "X.migratedphotolibrary/Masters/a.jpg"),
        *(
            "recycle/a.jpg",
            "snapshot/a.jpg",
            "Trash/a.jpg",
            "Bin/a.jpg",
            "my photoslibrary/a.jpg",
            "x.photoslibrary.jpg",
        ),
        *(
            "thumbs/a.jpg",
            "originals/a.jpg",
            "Lightroom/a.jpg",
            "Trash.jpg",
            "Google Photos/Trash.jpg",
            "#1 recycle/a.jpg",
        ),
    ],
)
def test_originals_and_what_is_only_called_alike_are_photos(tmp_path: Path, name: str) -> None:
    found = find_photos([fill(tmp_path, name)])
    assert ([photo.name for photo in found.photos], found.passed_over) == ([name], ())


@pytest.mark.parametrize("folder", ["thumbs", "Thumbnails", "THUMB"])
def test_a_thumbnail_is_passed_over_only_beside_the_photo_that_it_was_made_of(tmp_path: Path, folder: str) -> None:
    names = (f"{folder}/{name}" for name in ("a.jpg", "b.jpg", "IMG_1.jpg", "c.jpg", "deeper/a.jpg"))
    found = find_photos([fill(tmp_path, "a.jpg", "IMG_1.JPEG", "c.txt", "other/b.jpg", *names)])
    kept = [f"{folder}/{name}" for name in ("b.jpg", "c.jpg", "deeper/a.jpg")]
    assert {photo.name for photo in found.photos} == {"a.jpg", "IMG_1.JPEG", "other/b.jpg", *kept}
    assert found.reasons == {PassedOver.DERIVED: 2, PassedOver.OTHER_TYPE: 1}


def test_of_a_library_that_is_itself_named_the_originals_are_photos(tmp_path: Path) -> None:
    library = tmp_path / "Photos Library.photoslibrary"
    fill(library, "originals/0/a.jpg", "resources/derivatives/0/a_1_105_c.jpeg", "database/Photos.sqlite")
    found = find_photos([library])
    assert ([photo.name for photo in found.photos], found.reasons) == (["originals/0/a.jpg"], {PassedOver.DERIVED: 2})


@pytest.mark.parametrize("name", ["#recycle", ".Trash", "@eaDir", "thumbs"])
def test_a_folder_that_is_named_itself_is_meant(tmp_path: Path, name: str) -> None:
    fill(tmp_path, "a.jpg", f"{name}/a.jpg")
    assert [photo.path for photo in find_photos([tmp_path / name]).photos] == [tmp_path / name / "a.jpg"]


def test_what_cannot_be_listed_and_holds_no_photos_of_the_users_is_not_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.jpg", "System Volume Information/x", "lost+found/x", "X.photoslibrary/originals/b.jpg")
    closed = ("System Volume Information", "lost+found", "X.photoslibrary/originals")
    Disk(monkeypatch).fails |= {tmp_path / name: PermissionError() for name in closed}
    found = find_photos([tmp_path])
    assert [photo.name for photo in found.photos] == ["X.photoslibrary/originals", "a.jpg"]
    assert found.reasons == {PassedOver.SYSTEM: 2}


def test_a_link_has_the_reason_of_its_name_before_that_of_where_it_leads(tmp_path: Path) -> None:
    album, elsewhere = tmp_path / "album", tmp_path / "elsewhere"
    fill(album, "a.jpg")
    fill(elsewhere, "b.jpg")
    for name in ("#recycle", "summer", "summer.jpg"):
        (album / name).symlink_to(elsewhere)
    for name in ("out.jpg", "out.txt", ".out.jpg"):
        (album / name).symlink_to(elsewhere / "b.jpg")
    found = find_photos([album])
    assert [photo.name for photo in found.photos] == ["a.jpg"]
    assert found.reasons == {
        PassedOver.DELETED: 1,
        PassedOver.LINKED_FOLDER: 2,
        PassedOver.LINK_OUT: 1,
        PassedOver.OTHER_TYPE: 1,
        PassedOver.HIDDEN: 1,
    }


def test_reasons_are_counted_within_a_folder_and_below_it() -> None:
    rows = [PassedOverFiles(folder, PassedOver.HIDDEN, n) for n, folder in enumerate(("", "a", "a/b", "ab"), start=1)]
    assert [count_reasons(rows, within=folder) for folder in ("", "a", "a/b", "c")] == [
        {PassedOver.HIDDEN: 10},
        {PassedOver.HIDDEN: 5},
        {PassedOver.HIDDEN: 3},
        {},
    ]


def test_a_name_alone_is_judged_as_in_a_folder() -> None:
    names = ["IMG_1.JPG", "._IMG_1.JPG", "IMG_1.MOV", "IMG_1.AAE", ".DS_Store", "Thumbs.db"]
    assert [why_passed_over((name,)) for name in names] == [
        None,
        PassedOver.SYSTEM,
        PassedOver.OTHER_TYPE,
        PassedOver.OTHER_TYPE,
        PassedOver.SYSTEM,
        PassedOver.SYSTEM,
    ]
