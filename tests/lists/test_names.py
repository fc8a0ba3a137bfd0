"""The names that lists give photos: one rule for the page and the command line, and no way out of what is there."""

import os
import unicodedata
from pathlib import Path

import pytest

from lychee_rerank.lists.names import Find, find_among, find_below
from lychee_rerank.problems import RowProblem
from lychee_rerank.records import Photo
from tests.disks import fill

NAMES = ("2024/a.jpg", "2023/a.jpg", "b.jpg", "sub/deep/Café 1.JPG", "sub/b.jpg", "Bild\u202f7.png")


def among(*names: str) -> Find:
    """Finds among photos of these names."""
    return find_among(Photo(name, Path(name)) for name in names)


@pytest.fixture(params=["page", "command line"])
def find(request: pytest.FixtureRequest, tmp_path: Path) -> Find:
    """Finds among NAMES as the page does, and below a folder as the command line does."""
    return among(*NAMES) if request.param == "page" else find_below(fill(tmp_path / "lists", *NAMES))


def found(find: Find, name: str) -> str | RowProblem:
    """The name of what was found, as the gallery has it, or why nothing was."""
    photo = find(name)
    if isinstance(photo, RowProblem):
        return photo
    parts = Path(os.path.normpath(photo.path)).parts
    return "/".join(parts[parts.index("lists") + 1 :] if "lists" in parts else parts)


@pytest.mark.parametrize(
    ("name", "photo"),
    [
        *(("2024/a.jpg", "2024/a.jpg"), ("2024\\a.jpg", "2024/a.jpg"), (".\\2024\\a.jpg", "2024/a.jpg")),
        *(("./b.jpg", "b.jpg"), ("B.JPG", "b.jpg"), ("sub/../b.jpg", "b.jpg"), ("sub//b.jpg", "sub/b.jpg")),
        *(("SUB\\B.jpg", "sub/b.jpg"), ("C:\\photos\\2024\\a.jpg", "2024/a.jpg"), ("c:/x/2023/A.JPG", "2023/a.jpg")),
        *(("/home/x/2024/a.jpg", "2024/a.jpg"), ("\\\\server\\share\\sub\\b.jpg", "sub/b.jpg")),
        *(("\u202aC:\\photos\\2024\\a.jpg", "2024/a.jpg"), ("file/2024/a.jpg", "2024/a.jpg")),
        (unicodedata.normalize("NFD", "sub/deep/Café 1.JPG"), "sub/deep/Café 1.JPG"),
        *(("café\u00a01.jpg", "sub/deep/Café 1.JPG"), ("/mnt/deep/CAFÉ\u30001.jpg", "sub/deep/Café 1.JPG")),
        *(("bild 7.png", "Bild\u202f7.png"), ("Bild\u00a07.PNG", "Bild\u202f7.png")),
    ],
)
def test_a_name_stands_for_the_one_photo_whose_path_ends_like_it(find: Find, name: str, photo: str) -> None:
    assert found(find, name) == photo


@pytest.mark.parametrize("name", ["a.jpg", "A.JPG", "2022/a.jpg", "/home/x/a.jpg", "C:\\photos\\a.jpg", "x/b.jpg"])
def test_two_that_fit_are_named_as_two(find: Find, name: str) -> None:
    assert found(find, name) is RowProblem.SEVERAL


@pytest.mark.parametrize("name", ["", ".", "/", "C:\\", "2024", "sub/deep", "gone.jpg", "/etc/passwd2", "a\0.jpg"])
def test_what_is_not_there_is_said_not_to_be(find: Find, name: str) -> None:
    assert found(find, name) is RowProblem.NOT_THERE


@pytest.mark.parametrize(
    "name", ["../b.jpg", "..", "sub/../../b.jpg", "..\\b.jpg", "sub\\..\\..\\b.jpg", "../lists2/b.jpg", "/../../x"]
)
def test_a_name_that_climbs_out_is_outside_even_where_its_end_is_there(find: Find, name: str) -> None:
    assert found(find, name) is RowProblem.OUTSIDE


def test_what_lies_outside_is_never_taken_even_where_one_of_that_name_lies_inside(tmp_path: Path) -> None:
    folder, outside = fill(tmp_path / "lists", "a.jpg"), fill(tmp_path / "other", "a.jpg") / "a.jpg"
    (folder / "link.jpg").symlink_to(outside)
    find = find_below(folder)
    assert [find(name) for name in (str(outside), "../other/a.jpg", "link.jpg")] == [RowProblem.OUTSIDE] * 3
    assert find(str(tmp_path / "gone" / "a.jpg")) == Photo("a.jpg", folder / "a.jpg")


def test_a_name_that_fits_a_path_as_a_whole_is_that_photos() -> None:
    find = among("a.jpg", "sub/a.jpg", "x/sub/a.jpg")
    assert [found(find, name) for name in ("A.jpg", "SUB/a.jpg", ".\\a.jpg")] == ["a.jpg", "sub/a.jpg", "a.jpg"]
    assert found(find, "y/sub/a.jpg") is RowProblem.SEVERAL


def test_the_very_name_comes_before_one_that_differs_in_case() -> None:
    find = among("a.jpg", "A.jpg")
    assert [found(find, name) for name in ("a.jpg", "A.jpg")] == ["a.jpg", "A.jpg"]
    assert found(find, "A.JPG") is RowProblem.SEVERAL


def test_the_same_photo_twice_is_one() -> None:
    photo = Photo("a.jpg", Path("1"))
    assert find_among([photo, photo])("a.jpg") == photo
    assert find_among([photo, Photo("a.jpg", Path("2"))])("a.jpg") is RowProblem.SEVERAL


@pytest.mark.parametrize("name", ["a:b.jpg", "A:B.JPG"])
def test_a_photo_whose_own_name_looks_like_a_drive_is_found_by_it(name: str) -> None:
    assert found(among("a:b.jpg"), name) == "a:b.jpg"


def test_a_file_of_any_ending_is_found_by_its_very_name_and_what_was_deleted_by_no_other(tmp_path: Path) -> None:
    find = find_below(fill(tmp_path, "posts/notes.txt", "#recycle/old.jpg"))
    assert find("posts/notes.txt") == Photo("posts/notes.txt", tmp_path / "posts" / "notes.txt")
    assert find("NOTES.txt") is RowProblem.NOT_THERE
    assert find("#recycle/old.jpg") == Photo("#recycle/old.jpg", tmp_path / "#recycle" / "old.jpg")
    assert find("old.jpg") is RowProblem.NOT_THERE
