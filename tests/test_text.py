"""Names, arguments and errors as text."""

import os
import sys
import unicodedata

import pytest

from lychee_rerank.text import decode_name, first_line, printable


@pytest.mark.parametrize(
    ("name", "text"), [(b"caf\xc3\xa9.jpg", "café.jpg"), (b"caf\xe9.jpg", "caf\ufffd.jpg"), ("沙发".encode(), "沙发")]
)
def test_a_name_is_text_even_where_its_bytes_are_no_utf8(name: bytes, text: str) -> None:
    assert decode_name(os.fsdecode(name)) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("沙发 + sofa.jpg", "沙发 + sofa.jpg"),
        ("a\x1b[2J\n.jpg", "a\ufffd[2J\ufffd.jpg"),
        ("gpj\u202efdp", "gpj\ufffdfdp"),
        ("\u2028", "\ufffd"),
        ("", ""),
        ("第1\u3000张\u00a0.jpg", "第1\u3000张\u00a0.jpg"),
        ("👨\u200d👩\u200d👧 می\u200cخواهم", "👨\u200d👩\u200d👧 می\u200cخواهم"),
    ],
)
def test_nothing_printed_moves_the_cursor_or_breaks_the_line(text: str, printed: str) -> None:
    assert printable(text) == printed


def test_of_all_characters_controls_and_direction_marks_alone_give_way() -> None:
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # classes of UAX #9
    gone = {character for character in map(chr, range(sys.maxunicode + 1)) if printable(character) != character}
    assert {printable(character) for character in gone} == {"\ufffd"}
    formats = {character for character in gone if unicodedata.category(character) == "Cf"}
    assert {character for character in formats if unicodedata.bidirectional(character) not in turning} == set(
        "\u061c\u200e\u200f"  # the marks of UAX #9, whose classes are those of letters
    )
    assert {unicodedata.bidirectional(character) for character in formats} >= turning
    others = [unicodedata.category(character) for character in gone - formats]
    assert {category: others.count(category) for category in set(others)} == {"Cc": 65, "Cs": 2048, "Zl": 1, "Zp": 1}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bad tensor\nand where"), "ValueError: bad tensor"),
        (TimeoutError(), "TimeoutError: "),
        (KeyError("x" * 300), "KeyError: '" + "x" * 189),
    ],
)
def test_an_error_is_one_line_of_at_most_200_characters(error: Exception, line: str) -> None:
    assert first_line(error) == line
