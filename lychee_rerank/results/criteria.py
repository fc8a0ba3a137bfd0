"""What each photo got for each part of a query with parts ("sofa + lamp + coffee"); knows no model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lychee_rerank.query import Query
from lychee_rerank.records import Outcome, ScoredPhoto


@dataclass(frozen=True, slots=True)
class Criteria:
    """What each photo got for each part of the query; `scores` by place in upload order, None where there is none."""

    parts: tuple[Query, ...] = ()
    scores: Mapping[int, tuple[float | None, ...]] = field(default_factory=dict)

    def of(self, index: int) -> tuple[float | None, ...]:
        """The scores of the photo at this place in upload order, one per part."""
        return self.scores.get(index, (None,) * len(self.parts))

    def score_of(self, index: int, part: Query) -> float | None:
        """The score of that photo for the part."""
        return self.of(index)[self.parts.index(part)] if part in self.parts else None


def collect_criteria(parts: Sequence[Query], runs: Sequence[Sequence[Outcome]]) -> Criteria:
    """The outcomes of one run per part, photo by photo."""
    scores = [
        {outcome.index: outcome.score.value for outcome in run if isinstance(outcome, ScoredPhoto)} for run in runs
    ]
    places = {place for of_part in scores for place in of_part}
    return Criteria(tuple(parts), {place: tuple(of_part.get(place) for of_part in scores) for place in places})
