"""A query with parts: "sofa + lamp + coffee" asks for three things, and each can be scored by itself."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from lychee_rerank.errors import QueryRefused
from lychee_rerank.records import Refusal, ScoredPhoto
from lychee_rerank.scoring.prompts import clean_query

# A comma or a plus between two digits belongs to a number, "and" and 和 join parts only where they stand alone: 和服 is
# a kimono. NFKC has made ＋ and ， of Chinese keyboards into + and , before.
_BETWEEN = re.compile(r"(?<!\d)[+,]|[+,](?!\d)|[、\n\r]|(?<=\s)(?:and|和)(?=\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What each photo got for each part of the query; `scores` by place in upload order, None where there is none."""

    parts: tuple[str, ...] = ()
    scores: Mapping[int, tuple[float | None, ...]] = field(default_factory=dict)

    def of(self, index: int) -> tuple[float | None, ...]:
        """The scores of the photo at this place in upload order, one per part."""
        return self.scores.get(index, (None,) * len(self.parts))


def split_query(query: str) -> tuple[str, ...]:
    """The parts of a query in its order, each once; the whole query alone where it has no parts."""
    parts: dict[str, str] = {}
    for part in _BETWEEN.split(unicodedata.normalize("NFKC", query)):
        with suppress(QueryRefused):  # nothing stands between two separators
            parts.setdefault(clean_query(part), " ".join(part.split()))
    return tuple(parts.values())


def collect_criteria(parts: Sequence[str], runs: Sequence[Sequence[ScoredPhoto | Refusal]]) -> Criteria:
    """The outcomes of one run per part, photo by photo."""
    scores = [
        {outcome.index: outcome.score.value for outcome in run if isinstance(outcome, ScoredPhoto)} for run in runs
    ]
    places = {place for of_part in scores for place in of_part}
    return Criteria(tuple(parts), {place: tuple(of_part.get(place) for of_part in scores) for place in places})
