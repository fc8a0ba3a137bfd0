"""A query as it is written and as it is scored, its limit, its parts, its example; knows no prompt."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from lychee_rerank.errors import QueryRefused
from lychee_rerank.negation import drop_bullets, parse_negation
from lychee_rerank.problems import QueryProblem

MAX_QUERY_CHARACTERS = 2000

# A comma or a plus between two digits belongs to a number, "and" and 和 join parts only where they stand alone: 和服 is
# a kimono; 可以及格 is no 以及. NFKC has made ＋, ， and ； of Chinese keyboards into +, and ; before. "but" parts
# what is wanted from what is not.
_BETWEEN = re.compile(
    r"(?<!\d)[+,]|[+,](?!\d)|[、;\n\r]|(?<=\s)(?:and|和)(?=\s)|(?<![可难難足])以及"
    r"|(?<=\s)but(?=\s+(?:with\s+)?(?:no|without)\s)|但是?(?=[没沒]有|不要)",
    re.IGNORECASE,
)
# "coffee -people" as search engines take it; where a sum is written, "coffee + cake - people" too. Otherwise a dash
# with spaces is but a dash: "living room - modern".
_MINUS = re.compile(r"(?<=\s)(?=[-−][^\W\d_])")
_MINUS_OF_SUM = re.compile(r"(?<=\s)(?=[-−–]\s*[^\W\d_])")
# What describes a thing that is still to come: "a black and white photo", "a big, red sofa". Chinese colours end in 色.
_ADJECTIVES = (
    "black white grey gray red green blue yellow brown pink purple violet golden silver beige turquoise teal navy",
    "big small large little tiny huge tall short long wide narrow thick thin round deep",
    "old new young modern ancient vintage antique fresh dry wet hot cold warm cool dark bright pale",
    "beautiful pretty ugly cute lovely happy sad angry funny smiling cozy cosy clean dirty empty full broken",
    "soft hard smooth rough wooden leather striped dotted checkered shiny rusty colorful colourful",
)
_DESCRIBES = re.compile(rf"(?:\b(?:{'|'.join(' '.join(_ADJECTIVES).split())})|色)\s*\Z", re.IGNORECASE)
# With an article or a count another thing begins: "a man in black and a woman".
_NEW_THING = re.compile(r"\s*(?:an?|the|some|one|two|three|my|his|her|their|another)\s", re.IGNORECASE)
# One thing each, though an "and" stands in it.
_ONE_THING = (
    "salt and pepper|fish and chips|bed and breakfast|mac and cheese|macaroni and cheese|bread and butter",
    "cookies and cream|peanut butter and jelly|bacon and eggs|gin and tonic|cup and saucer|bow and arrow",
    "rock and roll|drum and bass|arts and crafts|hide and seek|pros and cons|trial and error|lock and key",
    "tom and jerry|romeo and juliet|adam and eve|yin and yang|stars and stripes|hammer and sickle",
    "back and forth|up and down|on and off|in and out|more and more|before and after|lost and found|q and a|r and b",
    "beauty and the beast|dungeons and dragons|hansel and gretel|bonnie and clyde|ben and jerry|barnes and noble",
)
# C++, a mark of A+, 18+, a sum, Disney+, and what lies between two things.
_NOT_PARTED = (
    rf"\b(?:{'|'.join(_ONE_THING)})\b",
    r"\w\+\+",
    r"(?<![^\W_])(?:[a-z]|\d+)\+(?=\s|\Z)",
    r"\d\s*\+\s*\d",
    r"\b(?:q\+a|(?:google|disney|apple tv|paramount|discovery|canal)\+)",
    r"\bbetween\s(?:(?!and\b)[^+,])*and\b",
)
_WHOLE = re.compile("|".join(_NOT_PARTED), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Example:
    """A photo as the question: its name as the user knows it, and where its bytes lie, SHA-256 `photo_hash` in hex.

    Two are equal where their bytes are.
    """

    name: str = field(compare=False)
    path: Path = field(compare=False)
    photo_hash: str


@dataclass(frozen=True, slots=True)
class Query:
    """One sentence: `text` as it is shown, `cleaned` as it is scored. Two are equal where they are scored alike.

    With an `example` photos like it are asked for; the words, which may be none, change or narrow it.
    As a part of another it may be `negated`: that one says there should be none of it.
    """

    text: str = field(compare=False)
    cleaned: str
    negated: bool = field(default=False, compare=False)
    example: Example | None = None

    @property
    def parts(self) -> tuple["Query", ...]:
        """The parts of "sofa + lamp" in their order, each once; the whole query alone where it has no parts.

        Of "no people" the part is "people". The words beside an example are changes to it, and no parts.
        """
        if self.example is not None:
            return (self,)
        parts: dict[Query, None] = {}
        for text in _split(drop_bullets(unicodedata.normalize("NFKC", self.text))):
            part = " ".join(text.split())
            thing = parse_negation(part)
            with suppress(QueryRefused):  # nothing stands between two separators
                parts.setdefault(replace(parse_query(thing or part), negated=thing is not None))
        return tuple(parts)

    @property
    def has_parts(self) -> bool:
        """True where there is more to score than the whole: several parts, or one that should not be there."""
        parts = self.parts
        return len(parts) > 1 or any(part.negated for part in parts)


def parse_query(text: str, example: Example | None = None) -> Query:
    """The query: NFKC, white space folded, lower-cased, nothing else lost but halves of characters.

    Raises QueryRefused when nothing is left, and there is no example, or more than MAX_QUERY_CHARACTERS are.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # no tokenizer takes half a pair
    cleaned = " ".join(unicodedata.normalize("NFKC", whole).split()).lower()
    if not cleaned and example is None:
        raise QueryRefused(QueryProblem.EMPTY, characters=0)
    if len(cleaned) > MAX_QUERY_CHARACTERS:
        raise QueryRefused(QueryProblem.TOO_LONG, characters=len(cleaned))
    return Query(text, cleaned, example=example)


def _split(text: str) -> Iterator[str]:
    """The text between its separators."""
    wholes = [match.span() for match in _WHOLE.finditer(text)]
    start, parts, minus = 0, [], _MINUS
    for separator in _BETWEEN.finditer(text):
        part, rest = text[start : separator.start()], text[separator.end() :]
        unfinished = _DESCRIBES.search(part) and not _NEW_THING.match(rest)
        if not unfinished and not any(low <= separator.start() < high for low, high in wholes):
            parts.append(part)
            start = separator.end()
            minus = _MINUS_OF_SUM if separator.group() == "+" else minus
    for part in (*parts, text[start:]):
        yield from minus.split(part)
