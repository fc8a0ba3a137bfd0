"""What the copies of chosen photos are called."""

import pytest

from lychee_rerank.export.file_names import clean_name, name_copies, number_name
from tests.finished import finish


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("sofa.jpg", "001_5.0_sofa.jpg"),
        ("sub/folder/沙发.JPG", "001_5.0_沙发.JPG"),
        ("../../etc/passwd", "001_5.0_passwd"),
        ("C:\\temp\\a.png", "001_5.0_a.png"),
        ('a<b>:"|?*.jpg', "001_5.0_a_b______.jpg"),
        ("a\x00\n\x1b.jpg", "001_5.0_a___.jpg"),
        ("gpj\u202efdp.jpg", "001_5.0_gpj_fdp.jpg"),
        ("dots. . .", "001_5.0_dots"),
        ("...", "001_5.0_photo"),
        ("a/", "001_5.0_photo"),
        ("👨‍👩‍👧.webp", "001_5.0_👨‍👩‍👧.webp"),
        ("half \ud800.jpg", "001_5.0_half _.jpg"),
    ],
)
def test_a_name_is_safe_on_every_file_system_and_else_kept(name: str, copied: str) -> None:
    assert name_copies(finish([5.0], names=[name]).ranked) == (copied,)


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("a" * 300 + ".jpeg", "001_10.0_" + "a" * 175 + ".jpeg"),
        ("沙" * 300 + ".jpeg", "001_10.0_" + "沙" * 58 + ".jpeg"),
        ("a." + "b" * 300, "001_10.0_a." + "b" * 178),
    ],
)
def test_a_long_name_is_cut_between_characters_and_keeps_its_ending(name: str, copied: str) -> None:
    assert name_copies(finish([10.0], names=[name]).ranked) == (copied,)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a" * 300 + ".jpeg", "a" * 175 + ".jpeg"),
        ("a" * 175 + ".jpeg", "a" * 175 + ".jpeg"),
        ("沙" * 300 + ".jpeg", "沙" * 58 + ".jpeg"),
        ("a" * 300 + "." + "b" * 15, "a" * 164 + "." + "b" * 15),
        ("a" * 100 + "." + "b" * 16, "a" * 100 + "." + "b" * 16),
        ("a" * 300 + "." + "b" * 16, "a" * 180),
    ],
)
def test_of_a_name_180_bytes_are_kept_and_of_an_ending_all_or_nothing(name: str, kept: str) -> None:
    assert clean_name(name) == kept


def test_no_photos_have_no_names() -> None:
    assert name_copies(()) == ()


def test_names_sort_by_rank_and_differ_even_where_the_photos_names_do_not() -> None:
    names = name_copies(finish([5.0] * 1000, names=["a.jpg"] * 1000).ranked)
    assert (names[0], names[-1]) == ("0001_5.0_a.jpg", "1000_5.0_a.jpg")
    assert sorted(set(names)) == list(names)


def test_a_number_goes_before_the_ending() -> None:
    assert (number_name("a.b.jpg", 1), number_name("a.b.jpg", 2)) == ("a.b.jpg", "a.b (2).jpg")
