"""A query as it is written and as it is scored, its limit and its parts; knows no prompt and no photo."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from lychee_rerank.errors import QueryRefused
from lychee_rerank.problems import QueryProblem

MAX_QUERY_CHARACTERS = 2000

# A comma or a plus between two digits belongs to a number, "and" and 和 join parts only where they stand alone: 和服 is
# a kimono; 可以及格 is no 以及. NFKC has made ＋, ， and ； of Chinese keyboards into +, and ; before.
_BETWEEN = re.compile(r"(?<!\d)[+,]|[+,](?!\d)|[、;\n\r]|(?<=\s)(?:and|和)(?=\s)|(?<![可难難足])以及", re.IGNORECASE)
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
class Query:
    """One sentence: `text` as it is shown, `cleaned` as it is scored. Two are equal where they are scored alike."""

    text: str = field(compare=False)
    cleaned: str

    @property
    def parts(self) -> tuple["Query", ...]:
        """The parts of "sofa + lamp" in their order, each once; the whole query alone where it has no parts."""
        parts: dict[Query, None] = {}
        for part in _split(unicodedata.normalize("NFKC", self.text)):
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


def _split(text: str) -> Iterator[str]:
    """The text between its separators."""
    wholes = [match.span() for match in _WHOLE.finditer(text)]
    start = 0
    for separator in _BETWEEN.finditer(text):
        part, rest = text[start : separator.start()], text[separator.end() :]
        unfinished = _DESCRIBES.search(part) and not _NEW_THING.match(rest)
        if not unfinished and not any(low <= separator.start() < high for low, high in wholes):
            yield part
            start = separator.end()
    yield text[start:]
