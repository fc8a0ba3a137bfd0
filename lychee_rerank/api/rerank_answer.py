"""What came of a request: outcomes -> the JSON that its shape asks for; knows no job and no picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lychee_rerank.api.rerank_request import RerankRequest
from lychee_rerank.problems import DocumentProblem
from lychee_rerank.records import Outcome, RankedPhoto, Refusal, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.words import ENGLISH

MOST_SCORE = 10
_PROBLEMS = {
    DocumentProblem.TEXT: "This is a text: photos are ranked here.",
    DocumentProblem.ADDRESS: "Addresses are not followed: send the picture itself, as a data URI or in base64.",
    DocumentProblem.BAD_BASE64: "The picture is not in base64.",
    DocumentProblem.SEVERAL: "A document holds one picture.",
    DocumentProblem.NOTHING: "The document holds no picture.",
    DocumentProblem.OUTSIDE: "The path does not lead to a file in the mounted folder.",
}


@dataclass(frozen=True, slots=True)
class RerankOutcome:
    """What came of the documents, each by its place in the request, and the id of the run."""

    id: str
    outcomes: Sequence[Outcome]
    problems: dict[int, DocumentProblem]


def build_answer(request: RerankRequest, outcome: RerankOutcome, *, model: str, notice: str) -> Any:
    """Scored documents best first, in the order of the page; then those that are none, at 0.0 and with an error.

    `notice` is what is to be known of the model, where that is anything.
    """
    ranked = rank_photos(one for one in outcome.outcomes if isinstance(one, ScoredPhoto))
    results = [_result(photo) for photo in ranked]
    refused = [one for one in outcome.outcomes if isinstance(one, Refusal)]
    failed = {one.index: (one.reason.value, ENGLISH.refusal(one)) for one in refused}
    failed |= {index: (problem.value, _PROBLEMS[problem]) for index, problem in outcome.problems.items()}
    results += [_failure(index, *failed[index]) for index in sorted(failed)]
    results = results[: request.top]
    if request.echo is not None:
        for result in results:
            result["document"] = _echo(request.echo[result["index"]])
    if request.texts:
        return [_as_text_result(result) for result in results]
    return {
        "id": outcome.id,
        "object": "rerank",
        "model": model,
        **({"notice": notice} if notice else {}),
        "results": results,
        "meta": {"api_version": {"version": "2"}},
        "usage": {"total_tokens": 0},
    }


def _result(ranked: RankedPhoto) -> dict[str, Any]:
    score = ranked.scored.score
    return {
        "index": ranked.scored.index,
        "relevance_score": score.value / MOST_SCORE,
        "score": score.value,
        "expected": score.expected,
        "label_mass": score.label_mass,
        "answer": score.answer,
        **({} if score.raw is None else {"raw": score.raw}),
    }


def _failure(index: int, reason: str, sentence: str) -> dict[str, Any]:
    return {"index": index, "relevance_score": 0.0, "reason": reason, "error": sentence}


def _echo(document: Any) -> dict[str, Any]:
    """The document with a text, which clients read without asking whether it is there."""
    return {"text": "", **document} if isinstance(document, dict) else {"text": document}


def _as_text_result(result: dict[str, Any]) -> dict[str, Any]:
    """One of text-embeddings-inference's results, with what is told of a document that is none."""
    kept: dict[str, Any] = {name: result[name] for name in ("reason", "error") if name in result}
    document = {"text": result["document"]["text"]} if "document" in result else {}
    return {"index": result["index"], "score": result["relevance_score"], **document, **kept}
