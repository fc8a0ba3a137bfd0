"""What is asked of the parts of a query beside the whole: "coffee from 6", "people up to 2"; knows no page."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from lychee_rerank.errors import QueryRefused
from lychee_rerank.query import Query, parse_query

LEAST, MOST = 0.0, 10.0
UNWANTED_MOST = 2.0  # what is all but absent: the lowest fifth of the scores

_CONDITION = re.compile(r"(.+?)\s*([<>]=|[≤≥≦≧⩽⩾])\s*(\d+(?:\.\d+)?)", re.DOTALL)
_AT_LEAST = (">=", "≥", "≧", "⩾")


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of the query, and from which to which of its scores, both ends in, a photo is wanted."""

    part: Query
    least: float = LEAST
    most: float = MOST

    @property
    def excludes(self) -> bool:
        """True where a score can fail it."""
        return self.least > LEAST or self.most < MOST

    @property
    def texts(self) -> tuple[str, ...]:
        """As it is written: "coffee>=6", "coffee<=8"; the most where it excludes nothing."""
        ends = ((">=", self.least, self.least > LEAST), ("<=", self.most, self.most < MOST or not self.excludes))
        return tuple(f"{self.part.cleaned}{sign}{score:g}" for sign, score, said in ends if said)

    def meets(self, score: float | None) -> bool:
        """True where the score, as it is shown, is wanted; a photo without one meets what excludes nothing alone."""
        return not self.excludes if score is None else self.least <= round(score, 1) <= self.most


def parse_condition(text: str, parts: Sequence[Query]) -> Condition | None:
    """ "part>=6" or "part<=2" on one of the parts, by its text, or else its number from 1; None for anything else."""
    found = _CONDITION.fullmatch(unicodedata.normalize("NFKC", text).strip())
    part = _find_part(found[1], parts) if found else None
    if found is None or part is None or float(found[3]) > MOST:
        return None
    score = float(found[3])
    return Condition(part, least=score) if found[2] in _AT_LEAST else Condition(part, most=score)


def complete_conditions(given: Iterable[Condition], parts: Sequence[Query]) -> tuple[Condition, ...]:
    """What is given, as one condition for each part, in their order; the unwanted have one where none is given."""
    complete: dict[Query, Condition] = {}
    for condition in given:
        before = complete.get(condition.part, Condition(condition.part))
        both = Condition(before.part, max(before.least, condition.least), min(before.most, condition.most))
        complete[condition.part] = both
    for part in parts:
        if part.negated:
            complete.setdefault(part, Condition(part, most=UNWANTED_MOST))
    return tuple(complete[part] for part in parts if part in complete)


def _find_part(name: str, parts: Sequence[Query]) -> Query | None:
    with suppress(QueryRefused):
        query = parse_query(name)
        named = {query, *(query.parts if len(query.parts) == 1 else ())}  # "no people" is the part "people"
        for part in parts:
            if part in named:
                return part
    number = int(name) if name.isdecimal() else 0
    return parts[number - 1] if 0 < number <= len(parts) else None
