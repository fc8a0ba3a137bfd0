"""Finished results -> the one JSON document: what the command line prints is what the page hands out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from lychee_rerank.export.tables import Describe
from lychee_rerank.model_card import ModelCard
from lychee_rerank.query import Example
from lychee_rerank.records import RankedPhoto, StarsByHand
from lychee_rerank.results.conditions import Condition
from lychee_rerank.results.criteria import Criteria
from lychee_rerank.results.ranking import Results, count_full_looks
from lychee_rerank.results.spread import measure_spread

MODEL_FIELDS = (
    *("name", "demo", "parameters", "fingerprint", "dtype", "attention"),
    *("device", "off_gpu_layers", "pixel_budget_px"),
)
# The fields of a card that a score depends on, and what the key of the score calls them.
_KEY_FIELDS = {field: field for field in ("dtype", "attention", "device", "pixel_budget_px")} | {"fingerprint": "model"}


@dataclass(frozen=True, slots=True)
class ScoredBy:
    """What gave a run its scores: the fields of their key, and the model that is loaded, which may be another by now.

    `reused` counts the scores that an earlier run left, None where nobody counted.
    """

    key: Mapping[str, object]
    demo: bool
    loaded: ModelCard | None
    reused: int | None = None


def write_document(
    results: Results,
    chosen: Sequence[RankedPhoto],
    *,
    query: str,
    scored_by: ScoredBy,
    describe: Describe,
    conditions: Sequence[Condition] = (),
) -> str:
    """The document with the chosen photos and all that were refused; what is not known any more is null.

    `conditions` are those that the photos were chosen by.
    """
    document = {
        "query": query,
        **like_fields(results.example),
        **_scored_by_fields(scored_by),
        "full_looks": count_full_looks(results.ranked),
        "spread": asdict(measure_spread([photo.scored.score.value for photo in results.ranked])),
        **_criteria_fields(results.criteria, conditions),
        **_outcome_fields(chosen, results, describe=describe),
        "passed_over": results.passed_over,
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)


def like_fields(example: Example | None) -> dict[str, object]:
    """The example of a query, where it has one."""
    return {"like": {"name": example.name, "sha256": example.photo_hash}} if example else {}


def card_fields(card: ModelCard | None) -> dict[str, object]:
    """The JSON form of what was loaded; all null without it."""
    fields = {name: getattr(card, name, None) for name in MODEL_FIELDS}
    return fields | {"fingerprint": fields["fingerprint"] or None}


def _scored_by_fields(scored_by: ScoredBy) -> dict[str, object]:
    """The model, and what else the scores depend on."""
    key = scored_by.key
    packages = str(key.get("packages", "")).split()
    return {
        "cleaned_query": key.get("query"),
        "model": _model_fields(scored_by),
        "readout": key.get("readout"),
        "prompt": _prompt_fields(str(key.get("prompt", ""))),
        "calibration": key.get("calibration") or None,
        "decode_policy": key.get("decode_policy"),
        "versions": dict(zip(packages[::2], packages[1::2], strict=True)),
        "reused": scored_by.reused,
    }


def _model_fields(scored_by: ScoredBy) -> dict[str, object]:
    """The fields that the key has, and the rest of the card where it agrees with them."""
    known = {field: scored_by.key.get(name) or None for field, name in _KEY_FIELDS.items()}
    loaded = card_fields(scored_by.loaded)
    is_loaded = all(loaded[field] == value for field, value in known.items())
    return (loaded if is_loaded else card_fields(None)) | known | {"demo": scored_by.demo}


def _prompt_fields(prompt: str) -> dict[str, object] | None:
    """The parts of "name version hash"."""
    if not prompt:
        return None
    name, version, text_hash = prompt.rsplit(" ", 2)
    return {"name": name, "version": int(version), "text_hash": text_hash}


def _criteria_fields(criteria: Criteria, conditions: Sequence[Condition]) -> dict[str, object]:
    """The parts of the query and what was asked of them, where they were scored."""
    if not criteria.parts:
        return {}
    asked = [
        {"part": condition.part.text, "least": condition.least, "most": condition.most}
        for condition in conditions
        if condition.excludes
    ]
    return {"criteria": [part.text for part in criteria.parts], "conditions": asked}


def _outcome_fields(ranked: Sequence[RankedPhoto], results: Results, *, describe: Describe) -> dict[str, object]:
    """The photos; scores in full precision, those for the parts of the query where it has them."""
    criteria = results.criteria
    return {
        "results": [
            {
                "rank": photo.rank,
                "score": photo.scored.score.value,
                "raw": photo.scored.score.raw,
                "expected": photo.scored.score.expected,
                "label_mass": photo.scored.score.label_mass,
                "tied": photo.tied,
                "look": photo.scored.look,
                "index": photo.scored.index,
                "name": photo.scored.name,
                "answer": photo.scored.score.answer,
                "rule": photo.scored.score.rule,
            }
            | _fact_fields(results, photo)
            | _fields_by_hand(results.by_hand, photo.scored.index)
            | ({"criteria": criteria.of(photo.scored.index)} if criteria.parts else {})
            for photo in ranked
        ],
        "refused": [
            {"index": refusal.index, "name": refusal.name, "reason": refusal.reason, "message": describe(refusal)}
            for refusal in results.refused
        ],
    }


def _fact_fields(results: Results, photo: RankedPhoto) -> dict[str, object]:
    """The rank of the best of the photo's near-copies, and what its file says; null where nobody knows that."""
    facts = results.facts.get(photo.scored.index)
    fields = ("width_px", "height_px", "orientation", "camera")
    told = {name: getattr(facts, name, None) for name in fields}
    taken = facts.taken.isoformat() if facts and facts.taken else None
    return {"group": results.near_copies.group_of(photo), **told, "taken": taken}


def _fields_by_hand(given: StarsByHand, index: int) -> dict[str, object]:
    """What a user gave the photo, where anything was given at all."""
    return {"stars": given.stars.get(index), "rejected": index in given.rejected} if given else {}
