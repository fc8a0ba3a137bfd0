"""The option --criteria of `rank`: the parts of the query are scored too, and what may be asked of them.

argparse takes nothing behind an option or all that follows, paths too. So each condition behind --criteria gets the
option's name in front before argparse sees it, and --criteria alone stands for no condition.
"""

import argparse
import re
import shlex
import sys
import unicodedata
from collections.abc import Sequence

from lychee_rerank.errors import SettingInvalid
from lychee_rerank.query import Query
from lychee_rerank.results.conditions import MOST, Condition, complete_conditions, parse_condition
from lychee_rerank.results.ranking import Results
from lychee_rerank.results.selection import View
from lychee_rerank.text import printable
from lychee_rerank.words import Words

_OPTION = "--criteria"
_SHORTEST = len("--c")  # argparse completes what is cut short
_CONDITION = re.compile(r"[<>]=|[≤≥≦≧⩽⩾]|[<>]\s*[\d.]+\s*\Z")  # of one that is written wrong too: it is no path


def add_criteria_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    parser.add_argument(
        _OPTION,
        metavar="PART>=X",
        action="append",
        nargs="?",
        help="score the parts of the query too, such as those of 'sofa + lamp'; with 'sofa>=6' 'lamp<=2' behind it "
        "only photos that meet all of these",
    )


def spell_out_criteria(arguments: Sequence[str]) -> list[str]:
    """The arguments of `rank` with the option's name in front of each of its conditions."""
    spelled: list[str] = []
    options_end, option = False, ""
    for argument in arguments:
        options_end = options_end or argument == "--"
        name, is_given, _ = argument.partition("=")
        if not options_end and len(name) >= _SHORTEST and _OPTION.startswith(name):
            option = name
            spelled.append(argument if is_given else f"{name}=")
        elif option and _CONDITION.search(unicodedata.normalize("NFKC", argument)) and not options_end:
            spelled.append(f"{option}={argument}")
        else:
            option = ""
            spelled.append(argument)
    return spelled


def plan_criteria(given: Sequence[str] | None, query: Query) -> tuple[tuple[Query, ...], tuple[Condition, ...]]:
    """The parts that are to be scored, and what is asked of them; raises SettingInvalid."""
    parts = query.parts if given and query.has_parts else ()
    conditions = [_read_condition(text, parts) for text in filter(None, given or ())]
    return parts, complete_conditions(conditions, parts)


def print_conditions(
    conditions: tuple[Condition, ...], results: Results, *, given: Sequence[str], words: Words
) -> None:
    """How many photos meet the conditions, and which of these count though nobody gave them."""
    asked = [condition for condition in conditions if condition.excludes]
    if not asked:
        return
    named = [found.part for text in given if (found := parse_condition(text, [one.part for one in asked]))]
    for condition in asked:
        if condition.part not in named:
            (lifted,) = Condition(condition.part).texts
            told = printable(words.condition(condition))
            print(words.results.unwanted.format(condition=told, lifted=shlex.quote(printable(lifted))), file=sys.stderr)
    met, told = View(conditions=conditions).eligible(results), printable(" · ".join(map(words.condition, asked)))
    counts = {"n": len(met), "total": len(results.ranked)}
    print(words.results.conditions_met.format(**counts, conditions=told), file=sys.stderr)


def _read_condition(text: str, parts: Sequence[Query]) -> Condition:
    condition = parse_condition(text, parts)
    if condition is not None:
        return condition
    if not parts:
        raise SettingInvalid(_OPTION, text, "no condition, as the query has only one part")
    names = ", ".join(f"{n} {printable(part.text)!r}" for n, part in enumerate(parts, start=1))
    raise SettingInvalid(_OPTION, text, f"PART>=X or PART<=X, X from 0 to {MOST:.0f}, PART one of {names}")
