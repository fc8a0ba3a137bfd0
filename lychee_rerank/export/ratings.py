"""Marks for a copy: stars, and the query where it is wanted; knows no file format."""

import itertools
import re
from dataclasses import dataclass
from enum import StrEnum

from lychee_rerank.records import RankedPhoto, StarsByHand

Stars = tuple[float, float, float, float, float]

# The least scores of one to five stars. Below the first there is no star, which every program reads as "not rated":
# -1 ("rejected") is never written, as programs delete what is rejected at one command.
DEFAULT_STARS: Stars = (2.0, 4.0, 6.0, 8.0, 9.0)
ROOT_KEYWORD = "lychee"
PERCENT = (0, 1, 25, 50, 75, 99)  # what Windows writes for 0 to 5 stars


class XmpForm(StrEnum):
    """Where the marks go; EMBEDDED writes into copies of JPEGs, and a SIDECAR beside every other copy."""

    NONE = "none"
    EMBEDDED = "embedded"
    SIDECAR = "sidecar"  # photo.jpg.xmp: darktable, digiKam
    SIDECAR_SHORT = "sidecar-short"  # photo.xmp: Adobe's programs


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one photo: stars from 0 (not rated) to 5, and keywords."""

    stars: int
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Xmp:
    """Which marks are wanted, and where; `query` is written, with the exact score, unless it is empty."""

    form: XmpForm = XmpForm.NONE
    query: str = ""
    stars: Stars = DEFAULT_STARS

    def marks_of(self, photo: RankedPhoto, by_hand: StarsByHand) -> Marks:
        """The marks of one photo; stars given by hand count more than its score."""
        score = photo.scored.score.value
        keywords = (" ".join(self.query.split()), f"score {score}") if self.query.strip() else ()
        given = by_hand.rating_of(photo.scored.index)
        return Marks(count_stars(score, self.stars) if given is None else given, keywords)


def count_stars(score: float, least: Stars = DEFAULT_STARS) -> int:
    """The stars of a score from 0 to 10: as many as there are lines that it reaches."""
    return sum(score >= line for line in least)


def parse_stars(text: str) -> Stars:
    """The least scores of one to five stars from "2,4,6,8,9"; raises ValueError unless they rise, from 0 to 10."""
    one, two, three, four, five = (float(part) for part in re.split("[,，、]", text))
    stars = (one, two, three, four, five)
    if not (one >= 0 and five <= 10 and all(low < high for low, high in itertools.pairwise(stars))):  # NaN too
        raise ValueError(f"not five rising scores from 0 to 10: {text}")
    return stars
