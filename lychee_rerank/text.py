"""What comes from outside, as text that can be kept and printed: names, arguments, errors; knows no language."""

import os

_MOST_CHARACTERS = 200  # of an error's first line: some name every key of a model


def decode_name(name: str) -> str:
    """A name or an argument as text that can be stored, even where its bytes are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "replace")


def printable(text: str) -> str:
    """The text without what moves the cursor or breaks the line: U+FFFD stands in its place."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def first_line(error: Exception) -> str:
    """The kind of an error and the first line of its message."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:_MOST_CHARACTERS]
