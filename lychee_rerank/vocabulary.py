"""What the bundled demo model knows, by name, and which parts of a query are beyond it."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PART = re.compile(r"[+＋,，、;；。.\n]|\s+(?:and|with|on|in|和|与|跟)\s+|和|与|上的|背景下的")
# Words that ask for nothing by themselves: articles, counts, "background", "there is".
_FILLER = re.compile(
    r"\b(?:an?|the|of|one|two|three|some|background|picture|photo|there|is|are)\b"
    r"|背景|图片|照片|一|二|两|三|个|只|张|杯|本|的|有|上",
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names of icons and colours, in English and Chinese, lower case."""

    icons: tuple[str, ...]
    names: frozenset[str]

    def unknown_parts(self, query: str) -> tuple[str, ...]:
        """The parts of a query, as typed, in which no known name stands."""
        parts = [part.strip() for part in _PART.split(query)]
        return tuple(part for part in parts if self._asks(part) and not self._knows(part))

    def _asks(self, part: str) -> bool:
        return bool(re.search(r"\w", _FILLER.sub("", part.lower())))

    def _knows(self, part: str) -> bool:
        low = part.lower()
        return any(
            re.search(rf"\b{re.escape(name)}s?\b", low) if name.isascii() else name in low for name in self.names
        )


@lru_cache(maxsize=4)
def load_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary.json beside a demo model."""
    content = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    named = [*content["icons"], *content["colours"]]
    return Vocabulary(
        icons=tuple(icon["en"] for icon in content["icons"]),
        names=frozenset(name.lower() for entry in named for name in (entry["en"], entry["zh"])),
    )
