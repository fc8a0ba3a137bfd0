"""Names, arguments and errors as text."""

import os

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
    ],
)
def test_nothing_printed_moves_the_cursor_or_breaks_the_line(text: str, printed: str) -> None:
    assert printable(text) == printed


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
