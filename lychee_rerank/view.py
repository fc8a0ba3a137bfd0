"""Which photos of a finished ranking are shown, and in which order; no model is asked. Knows no page."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lychee_rerank.records import RankedPhoto


class Sort(StrEnum):
    """The order of the grid."""

    SCORE = "score"
    NAME = "name"
    UPLOAD = "upload"
    LEAST = "least"  # least fitting first, as moderators want it


@dataclass(frozen=True, slots=True)
class View:
    """The line: a photo is above it with a score of at least `min_score` and, where `top_k` is not 0, a rank up to it.

    `low` and `high` keep the scores from `low` to `high` alone, as shown with one decimal; both ends are in.
    """

    min_score: float = 0.0
    top_k: int = 0
    sort: Sort = Sort.SCORE
    low: float = 0.0
    high: float = 10.0

    def is_above(self, photo: RankedPhoto) -> bool:
        """True for a photo above the line."""
        return photo.scored.score.value >= self.min_score and (not self.top_k or photo.rank <= self.top_k)

    def _is_within(self, photo: RankedPhoto) -> bool:
        return self.low <= round(photo.scored.score.value, 1) <= self.high

    def choose(self, ranked: Sequence[RankedPhoto]) -> tuple[RankedPhoto, ...]:
        """The photos above the line and within the range of scores, in the order asked for; `ranked` is best first."""
        chosen = [photo for photo in ranked if self.is_above(photo) and self._is_within(photo)]
        if self.sort is Sort.NAME:
            chosen.sort(key=lambda photo: (photo.scored.name.casefold(), photo.scored.index))
        elif self.sort is Sort.UPLOAD:
            chosen.sort(key=lambda photo: photo.scored.index)
        elif self.sort is Sort.LEAST:
            chosen.reverse()
        return tuple(chosen)
