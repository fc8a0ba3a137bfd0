"""The question of `rank` and `why`: words, a photo as an example, and which photos it is asked of.

Beside an example the words may be left out. So which argument is what is told once all of them are known, and no path
is taken for words, nor words for a path, where they could be either.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from lychee_rerank.photos.example import load_example
from lychee_rerank.photos.folders import PHOTO_ENDINGS
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import Photo
from lychee_rerank.text import decode_name, printable
from lychee_rerank.words import Words

Refuse = Callable[[str], NoReturn]

_SURELY_PATHS = tuple(start + os.sep for start in ("", ".", ".."))


def add_question(parser: argparse.ArgumentParser, *, only_one: bool = False) -> None:
    """Adds the arguments and options; `only_one`: it is asked of one photo."""
    asked_of = "PHOTO" if only_one else "PATH [PATH ...]"
    parser.usage = f"%(prog)s [options] QUERY {asked_of}\n       %(prog)s [options] --like PHOTO [QUERY] {asked_of}"
    photos = "then one photo" if only_one else "then photos, or folders of photos"
    help_text = f"one sentence, Chinese, English or both; {photos}"
    parser.add_argument("arguments", metavar=f"QUERY {asked_of}", nargs="*", help=help_text)
    help_text = "a photo as the question: QUERY, which may be left out, changes or narrows it, such as 'but in blue'"
    parser.add_argument("--like", metavar="PHOTO", type=Path, help=help_text)
    help_text = "the query, where it could be taken for a path; all arguments are paths then"
    parser.add_argument("--query", metavar="QUERY", type=decode_name, help=help_text)
    parser.set_defaults(only_one=only_one)


def split_arguments(options: argparse.Namespace, rest: Sequence[str], refuse: Refuse) -> None:
    """Sets `query` and `paths` from the arguments, and from the `rest`, which stood behind further options."""
    given = [*options.arguments, *_read_rest(rest, refuse)]
    if options.query is None and _begins_with_words(given, options, refuse):
        options.query = decode_name(given.pop(0))
    options.query, options.paths = options.query or "", [Path(path) for path in given]
    if not given:
        refuse("the following arguments are required: " + ("PHOTO" if options.only_one else "PATH"))
    if options.only_one and len(given) > 1:
        refuse("unrecognized arguments: " + " ".join(given[1:]))


def read_question(options: argparse.Namespace) -> Query:
    """The query with its example, if any; raises QueryRefused, ExampleRefused."""
    like: Path | None = options.like
    return parse_query(options.query, load_example(Photo(decode_name(like.name), like)) if like else None)


def print_example(query: Query, words: Words) -> None:
    """What is asked for, with the hash of the example, where there is one."""
    if query.example:
        print(f"{printable(words.like.asked(query))}  (SHA-256 {query.example.photo_hash})")


def _read_rest(rest: Sequence[str], refuse: Refuse) -> list[str]:
    """The arguments in what argparse left; options in it are none that there are."""
    ended = rest.index("--") if "--" in rest else len(rest)
    if any(one.startswith("-") and one != "-" for one in rest[:ended]):
        refuse("unrecognized arguments: " + " ".join(rest))
    return [*rest[:ended], *rest[ended + 1 :]]


def _begins_with_words(given: Sequence[str], options: argparse.Namespace, refuse: Refuse) -> bool:
    """Whether the first argument is the query: always without an example, otherwise where it leads to no file."""
    if options.like is None or not given:
        return bool(given)
    if options.only_one:
        return len(given) > 1
    first, there = given[0], os.path.lexists(given[0])
    if len(given) == 1 and not there:
        refuse(f"{first!r} is no file or folder: name the photos that are to be ranked, too")
    if len(given) == 1 or first.startswith(_SURELY_PATHS):
        return False
    if there != (os.sep in first or first.lower().endswith(PHOTO_ENDINGS)):
        refuse(f"{first!r} may be words or a path: write --query {first!r} or .{os.sep}{first}")
    return not there
