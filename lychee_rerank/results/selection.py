"""Which photos of a finished ranking are shown, and in which order; knows no model and no page.

Scores count as they are shown, with one decimal: a photo that shows 6.0 lies above a line at 6.0.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from lychee_rerank.records import RankedPhoto


class Sort(StrEnum):
    """The order of the grid."""

    SCORE = "score"
    NAME = "name"
    UPLOAD = "upload"
    LEAST = "least"  # least fitting first, as moderators want it


class Selection(StrEnum):
    """Which photos of the results are taken away."""

    SHOWN = "shown"
    ABOVE = "above"
    BELOW = "below"
    PICKS = "picks"


@dataclass(frozen=True, slots=True)
class View:
    """The line: a photo is above it with a score of at least `min_score` and, where `top_k` is not 0, a rank up to it.

    `low` and `high` keep the scores from `low` to `high` alone; both ends are in.
    """

    min_score: float = 0.0
    top_k: int = 0
    sort: Sort = Sort.SCORE
    low: float = 0.0
    high: float = 10.0

    def is_above(self, photo: RankedPhoto) -> bool:
        """True for a photo above the line."""
        return shown_score(photo) >= self.min_score and (not self.top_k or photo.rank <= self.top_k)

    def choose(self, ranked: Sequence[RankedPhoto]) -> tuple[RankedPhoto, ...]:
        """The photos above the line and within the range of scores, in the order asked for; `ranked` is best first."""
        chosen = [photo for photo in ranked if self.is_above(photo) and self.low <= shown_score(photo) <= self.high]
        if self.sort is Sort.NAME:
            chosen.sort(key=lambda photo: (photo.scored.name.casefold(), photo.scored.index))
        elif self.sort is Sort.UPLOAD:
            chosen.sort(key=lambda photo: photo.scored.index)
        elif self.sort is Sort.LEAST:
            chosen.reverse()
        return tuple(chosen)

    def take(
        self, ranked: Sequence[RankedPhoto], selection: Selection, *, picks: Set[int] = frozenset()
    ) -> list[RankedPhoto]:
        """The selected photos, best first; `picks` are places in upload order."""
        if selection is Selection.SHOWN:
            return sorted(self.choose(ranked), key=lambda photo: photo.rank)
        if selection is Selection.PICKS:
            return [photo for photo in ranked if photo.scored.index in picks]
        return [photo for photo in ranked if self.is_above(photo) is (selection is Selection.ABOVE)]


def shown_score(photo: RankedPhoto) -> float:
    """The score with one decimal."""
    return round(photo.scored.score.value, 1)
