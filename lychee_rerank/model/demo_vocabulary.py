"""What the bundled demo model knows, by name, and which parts of a query are beyond it."""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# The demo model is trained to give half of its first token to words of doubt on a picture of another world, and nearly
# all of it to a label on its own: 0.8 lies between.
MIN_LABEL_MASS = 0.8

_PART_ENDS = re.compile(r"[+,、;。.!?|/&\n]|\s+(?:and|with|or|和|与|以及)\s+", re.IGNORECASE)
# Words that ask for nothing by themselves: articles, counts up to three, "background", "there is", "but" and "plus".
_FILLER = re.compile(
    r"\b(?:an?|the|of|on|in|with|and|some|background|backdrop|picture|photo|there|is|are|find|it|has)\b"
    r"|\b(?:one|two|three|[123])\b"
    r"|\b(?:but|now|also|plus)\b|但要?|换成|改成|再加|加上|还要有"
    r"|\b(?:cup|mug|slice|piece)\b|背景|图片|照片|画面|一张|[一二两三个只张杯本朵的有上里中是和与找底]"
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names of icons and colours; `names` matches any of them, longest first, plurals included.

    `counts` matches a Chinese count up to three with its measure word.
    """

    icons: tuple[str, ...]
    names: re.Pattern[str]
    counts: re.Pattern[str]

    def unknown_parts(self, query: str) -> tuple[str, ...]:
        """The parts of a query of which something is left when known names and fillers are taken out."""
        parts = [part.strip() for part in _PART_ENDS.split(unicodedata.normalize("NFKC", query))]
        return tuple(part for part in parts if re.search(r"\w", self._rest(part.lower())))

    def _rest(self, part: str) -> str:
        """What is left of a part without names, counts and fillers."""
        return _FILLER.sub(" ", self.counts.sub(" ", self.names.sub(" ", part)))


@lru_cache(maxsize=4)
def load_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary.json beside a demo model."""
    content = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    names: set[str] = set()
    for entry in (*content["icons"], *content["colours"]):
        names |= {entry["en"], entry["zh"], entry["zh"].removesuffix("色"), *entry.get("also", ())}
    patterns = [_pattern(name.lower()) for name in sorted(names, key=len, reverse=True)]
    return Vocabulary(
        icons=tuple(icon["en"] for icon in content["icons"]),
        names=re.compile("|".join(patterns)),
        counts=re.compile(f"[一二两三123]\\s*(?:{'|'.join({icon['measure'] for icon in content['icons']})})"),
    )


def _pattern(name: str) -> str:
    """The name as it may stand in a query: an English one as a word, in singular or plural."""
    if not name.isascii():
        return re.escape(name)
    stem = re.escape(name)
    plural = f"{re.escape(name[:-1])}ies|{stem}" if name.endswith("y") else stem
    return rf"\b(?:{plural})(?:e?s)?\b"
