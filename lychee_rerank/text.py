"""What comes from outside, as text that can be kept and printed: names, arguments, errors; knows no language."""

import os
import unicodedata

# Marks of direction: they turn the text behind them round, and so can hide the ending of a name (UAX #9, table 4).
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS = frozenset(("Cc", "Cs", "Zl", "Zp"))  # controls, halves of characters, line and paragraph ends
_MOST_CHARACTERS = 200  # of an error's first line: some name every key of a model


def decode_name(name: str) -> str:
    """A name or an argument as text that can be stored, even where its bytes are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def is_control(character: str) -> bool:
    """True for what moves the cursor, breaks the line or turns the text round; wide spaces and joiners do not."""
    return character in DIRECTION_MARKS or unicodedata.category(character) in _CONTROLS


def printable(text: str) -> str:
    """The text with U+FFFD in the place of each control."""
    return "".join("\ufffd" if is_control(character) else character for character in text)


def first_line(error: Exception) -> str:
    """The kind of an error and the first line of its message."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:_MOST_CHARACTERS]
