"""A query as it is written and as it is scored, its limit and its parts; knows no prompt and no photo."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field

from lychee_rerank.errors import QueryRefused
from lychee_rerank.problems import QueryProblem

MAX_QUERY_CHARACTERS = 2000

# A comma or a plus between two digits belongs to a number, "and" and 和 join parts only where they stand alone: 和服 is
# a kimono. NFKC has made ＋ and ， of Chinese keyboards into + and , before.
_BETWEEN = re.compile(r"(?<!\d)[+,]|[+,](?!\d)|[、\n\r]|(?<=\s)(?:and|和)(?=\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """One sentence: `text` as it is shown, `cleaned` as it is scored. Two are equal where they are scored alike."""

    text: str = field(compare=False)
    cleaned: str

    @property
    def parts(self) -> tuple["Query", ...]:
        """The parts of "sofa + lamp" in their order, each once; the whole query alone where it has no parts."""
        parts: dict[Query, None] = {}
        for part in _BETWEEN.split(unicodedata.normalize("NFKC", self.text)):
            with suppress(QueryRefused):  # nothing stands between two separators
                parts.setdefault(parse_query(" ".join(part.split())))
        return tuple(parts)


def parse_query(text: str) -> Query:
    """The query: NFKC, white space folded, lower-cased, nothing else lost but halves of characters.

    Raises QueryRefused when nothing is left or more than MAX_QUERY_CHARACTERS are.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # no tokenizer takes half a pair
    cleaned = " ".join(unicodedata.normalize("NFKC", whole).split()).lower()
    if not cleaned:
        raise QueryRefused(QueryProblem.EMPTY, characters=0)
    if len(cleaned) > MAX_QUERY_CHARACTERS:
        raise QueryRefused(QueryProblem.TOO_LONG, characters=len(cleaned))
    return Query(text, cleaned)
