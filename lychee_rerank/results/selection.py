"""Which photos of finished results are shown, and in which order; knows no model and no page.

Scores count as they are shown, with one decimal: a photo that shows 6.0 lies above a line at 6.0.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.conditions import Condition
from lychee_rerank.results.file_filter import FileFilter
from lychee_rerank.results.ranking import Results


class Sort(StrEnum):
    """The order of the grid."""

    SCORE = "score"
    NAME = "name"
    UPLOAD = "upload"
    TAKEN = "taken"  # by the camera's clock; what has no time comes last
    LEAST = "least"  # least fitting first, as moderators want it


class Selection(StrEnum):
    """Which photos of the results are taken away."""

    SHOWN = "shown"
    ABOVE = "above"
    BELOW = "below"
    PICKS = "picks"


@dataclass(frozen=True, slots=True)
class View:
    """The line: above it lie the `top_k` best photos, all where it is 0, with a score of at least `min_score`.

    Photos that `files` leaves out do not count, nor do those that fail one of the `conditions` on the parts of the
    query, and where they are to be `distinct` nor do those that are nearly the same as a better one. `low` and `high`
    keep the scores from `low` to `high` alone; both ends are in. What the user rejected is shown in its place, but lies
    above no line and takes no place among the best.
    """

    min_score: float = 0.0
    top_k: int = 0
    sort: Sort = Sort.SCORE
    low: float = 0.0
    high: float = 10.0
    distinct: bool = False
    files: FileFilter = field(default_factory=FileFilter)
    conditions: tuple[Condition, ...] = ()

    def eligible(self, results: Results) -> list[RankedPhoto]:
        """The photos that count, best first: those of other sizes, days or groups are neither above nor below."""
        photos = [photo for photo in results.ranked if self._admits(results, photo.scored.index)]
        if not self.distinct:
            return photos
        best: dict[int, RankedPhoto] = {}
        for photo in sorted(photos, key=lambda photo: photo.scored.index in results.by_hand.rejected):
            best.setdefault(results.near_copies.group_of(photo), photo)
        return sorted(best.values(), key=lambda photo: photo.rank)

    def others(self, results: Results) -> dict[int, list[RankedPhoto]]:
        """The near-copies that a distinct photo stands for, best first, by its place in upload order."""
        others: dict[int, list[RankedPhoto]] = {}
        if self.distinct:
            faces = {results.near_copies.group_of(photo): photo for photo in self.eligible(results)}
            for photo in replace(self, distinct=False).eligible(results):
                face = faces[results.near_copies.group_of(photo)]
                if face is not photo:
                    others.setdefault(face.scored.index, []).append(photo)
        return others

    def above(self, results: Results) -> list[RankedPhoto]:
        """The photos above the line, best first; none that is rejected."""
        return [photo for photo in self._reached(results) if photo.scored.index not in results.by_hand.rejected]

    def choose(self, results: Results) -> tuple[RankedPhoto, ...]:
        """The photos above the line, with the rejected ones among them, within the range, in the order asked for."""
        chosen = [photo for photo in self._reached(results) if self.low <= shown_score(photo) <= self.high]
        if self.sort is Sort.NAME:
            chosen.sort(key=lambda photo: (photo.scored.name.casefold(), photo.scored.index))
        elif self.sort is Sort.UPLOAD:
            chosen.sort(key=lambda photo: photo.scored.index)
        elif self.sort is Sort.TAKEN:
            chosen.sort(key=lambda photo: (_taken(results, photo), photo.scored.index))
        elif self.sort is Sort.LEAST:
            chosen.reverse()
        return tuple(chosen)

    def take(self, results: Results, selection: Selection, *, picks: Set[int] = frozenset()) -> list[RankedPhoto]:
        """The selected photos, best first; `picks` are places in upload order."""
        if selection is Selection.SHOWN:
            return sorted(self.choose(results), key=lambda photo: photo.rank)
        if selection is Selection.PICKS:
            return [photo for photo in results.ranked if photo.scored.index in picks]
        above = self.above(results)
        if selection is Selection.ABOVE:
            return above
        ranks = {photo.rank for photo in above}
        return [photo for photo in self.eligible(results) if photo.rank not in ranks]

    def _admits(self, results: Results, index: int) -> bool:
        """True for a photo whose file and whose scores for the parts of the query are among those asked for."""
        scores = ((condition, results.criteria.score_of(index, condition.part)) for condition in self.conditions)
        return self.files.takes(results.facts.get(index)) and all(condition.meets(score) for condition, score in scores)

    def _reached(self, results: Results) -> list[RankedPhoto]:
        """The eligible photos down to the line, rejected ones and all."""
        eligible = self.eligible(results)
        kept = [photo.rank for photo in eligible if photo.scored.index not in results.by_hand.rejected]
        last = kept[self.top_k - 1] if 0 < self.top_k < len(kept) else len(results.ranked)
        return [photo for photo in eligible if photo.rank <= last and shown_score(photo) >= self.min_score]


def count_alike(results: Results, photos: Sequence[RankedPhoto]) -> int:
    """How many of these photos are nearly the same as another of them."""
    sizes = Counter(map(results.near_copies.group_of, photos))
    return sum(size for size in sizes.values() if size > 1)


def _taken(results: Results, photo: RankedPhoto) -> datetime:
    facts = results.facts.get(photo.scored.index)
    return facts.clock or datetime.max if facts else datetime.max


def shown_score(photo: RankedPhoto) -> float:
    """The score with one decimal."""
    return round(photo.scored.score.value, 1)
