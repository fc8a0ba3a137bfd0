"""Finished results -> the JSON form that the command line prints and the page hands out."""

from collections.abc import Sequence

from lychee_rerank.export.tables import Tell
from lychee_rerank.records import RankedPhoto, Refusal
from lychee_rerank.results.criteria import Criteria


def outcome_fields(
    ranked: Sequence[RankedPhoto], refused: Sequence[Refusal], *, tell: Tell, criteria: Criteria
) -> dict[str, object]:
    """The JSON form of the photos; scores in full precision, those for the parts of the query where it has them."""
    asked = {"criteria": [part.text for part in criteria.parts]} if criteria.parts else {}
    return asked | {
        "results": [
            {
                "rank": photo.rank,
                "score": photo.scored.score.value,
                "expected": photo.scored.score.expected,
                "label_mass": photo.scored.score.label_mass,
                "tied": photo.tied,
                "index": photo.scored.index,
                "name": photo.scored.name,
                "answer": photo.scored.score.answer,
                "rule": photo.scored.score.rule,
            }
            | ({"criteria": criteria.of(photo.scored.index)} if asked else {})
            for photo in ranked
        ],
        "refused": [
            {"index": refusal.index, "name": refusal.name, "reason": refusal.reason, "message": tell(refusal)}
            for refusal in refused
        ],
    }
