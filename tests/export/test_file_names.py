"""What the copies of chosen photos are called."""

import pytest

from lychee_rerank.export.file_names import clean_name, name_copies, name_query, number_name
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
        ("cafe\u0301 \u1112\u1161\u11ab.jpg", "001_5.0_café 한.jpg"),
        ("\u212b\u3000\u00a0.jpg", "001_5.0_\u00c5\u3000\u00a0.jpg"),
        ("a/\u0338b.jpg", "001_5.0_\u0338b.jpg"),
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


@pytest.mark.parametrize(
    ("characters", "most_bytes", "kept"),
    [
        ("abc", 2, "ab"),
        ("沙发", 5, "沙"),
        ("aq\u0323\u0307", 4, "a"),  # q with two dots, of which there is no composed form
        ("aq\u0323\u0307", 6, "aq\u0323\u0307"),
        ("a👨\u200d👩", 5, "a"),
        ("a👨\u200d👩", 8, "a"),
        ("a👨\u200d👩", 12, "a👨\u200d👩"),
        ("a👍🏽", 8, "a"),
        ("a❤\ufe0f", 4, "a"),
        ("🇨🇳🇩🇪", 15, "🇨🇳"),
        ("🇨🇳🇩🇪", 8, "🇨🇳"),
        ("a🏴\U000e0067\U000e007f", 9, "a"),
        ("\u0301\u0301\u0301", 4, "\u0301\u0301"),  # no character to keep whole
        ("abc", 0, "photo"),
        ("abc", -1, "photo"),
    ],
)
def test_a_cut_goes_through_no_character_that_is_shown_as_one(characters: str, most_bytes: int, kept: str) -> None:
    assert clean_name(characters, most_bytes) == kept


def test_names_have_room_for_a_number_and_a_sidecar_in_what_the_file_system_takes() -> None:
    (name,) = name_copies(finish([5.0], names=["沙" * 99 + ".jpeg"]).ranked, most_bytes=143)
    assert name == "001_5.0_" + "沙" * 40 + ".jpeg"
    assert len((number_name(name, 999) + ".xmp").encode()) == 143
    assert name_copies(finish([5.0], names=["a.jpeg"]).ranked, most_bytes=10) == ("001_5.0_photo",)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("red/blue sofa", "red-blue sofa"),
        ("red \\ blue | sofa: new", "red-blue-sofa-new"),
        ("16:9", "16-9"),
        ("http://a.b/c", "http-a.b-c"),
        ("../../for the flyer", "for the flyer"),
        ("./. /..", "photo"),
        ("/", "photo"),
        ("a\n b\tc\u3000d", "a b c\u3000d"),
        ('50% "off" <now>?', "50% _off_ _now__"),
        ("沙发。. .", "沙发。"),
        ("cafe\u0301", "café"),
        ("Con", "_Con"),
        ("aux .txt", "_aux .txt"),
        ("lpt1", "_lpt1"),
        ("lpt", "lpt"),
        ("consul", "consul"),
        ("很长" * 99 + ".3", "很长" * 30),
    ],
)
def test_a_query_is_a_name_with_both_sides_of_a_slash(query: str, name: str) -> None:
    assert name_query(query) == name


def test_of_a_query_as_much_is_kept_as_the_file_system_takes() -> None:
    assert name_query("很长" * 99, 143) == "很长" * 23 + "很"


def test_no_photos_have_no_names() -> None:
    assert name_copies(()) == ()


def test_names_sort_by_rank_and_differ_even_where_the_photos_names_do_not() -> None:
    names = name_copies(finish([5.0] * 1000, names=["a.jpg"] * 1000).ranked)
    assert (names[0], names[-1]) == ("0001_5.0_a.jpg", "1000_5.0_a.jpg")
    assert sorted(set(names)) == list(names)


def test_a_number_goes_before_the_ending() -> None:
    assert (number_name("a.b.jpg", 1), number_name("a.b.jpg", 2)) == ("a.b.jpg", "a.b (2).jpg")
