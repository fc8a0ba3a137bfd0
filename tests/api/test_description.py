"""What is told of the API is what it does: the document, its example, the page of it."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from lychee_rerank.api.description import build_openapi, draw_openapi
from lychee_rerank.api.rerank_answer import RerankOutcome, build_answer
from lychee_rerank.api.rerank_request import MOST_DOCUMENTS, FolderPath, Picture, parse_request
from lychee_rerank.problems import DocumentProblem, RefusalReason
from lychee_rerank.records import Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.settings import load_settings
from serve import build_app

DOCUMENT = build_openapi("")
EXAMPLE: dict[str, Any] = DOCUMENT["paths"]["/v1/rerank"]["post"]["requestBody"]["content"]["application/json"][
    "example"
]

PICTURE: str = EXAMPLE["documents"][0]["image"]


def validate(value: Any, name: str) -> None:
    """Raises ValidationError where the value is not what the schema of that name says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(value)


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        return {part["$ref"]} if "$ref" in part else set().union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()


def test_the_example_is_a_request_with_a_picture_a_path_and_a_text() -> None:
    validate(EXAMPLE, "Request")
    request = parse_request(json.dumps(EXAMPLE).encode())
    picture, path, text = request.documents
    assert isinstance(picture, Picture)
    assert (path, text) == (FolderPath("IMG_4867.jpg"), DocumentProblem.TEXT)
    assert DOCUMENT["components"]["schemas"]["Request"]["properties"]["documents"]["maxItems"] == MOST_DOCUMENTS


@pytest.mark.parametrize(
    "query",
    [
        *("red", {"text": "red"}, {"content": "red"}, {"path": "IMG_4867.jpg"}),
        *({"image": PICTURE}, {"image": PICTURE, "text": "but in blue"}, {"image_url": {"url": PICTURE}}, PICTURE),
        {"content": [{"type": "image_url", "image_url": {"url": PICTURE}}, {"type": "text", "text": "but in blue"}]},
    ],
)
def test_a_query_of_each_shape_is_one_and_is_taken(query: Any) -> None:
    asked = EXAMPLE | {"query": query}
    validate(asked, "Request")
    request = parse_request(json.dumps(asked).encode())
    assert request.words or request.like
    for other in ({}, {"title": "red"}, 7, None):
        with pytest.raises(ValidationError):
            validate(EXAMPLE | {"query": other}, "Request")


@pytest.mark.parametrize("notice", ["", "The demo model answers."])
def test_an_answer_is_what_its_schema_says_and_nothing_more(notice: str) -> None:
    request = parse_request(json.dumps(EXAMPLE | {"top_n": None, "return_documents": True}).encode())
    outcomes = [
        ScoredPhoto(0, "a", Score(8.5, 8.4, 0.99, "8.5", Rule.WHOLE_ANSWER), "hash"),
        Refusal(1, "b", RefusalReason.BROKEN),
    ]
    outcome = RerankOutcome("an id", outcomes, {2: DocumentProblem.TEXT})
    answer = build_answer(request, outcome, model="demo", notice=notice)
    validate(answer, "Answer")
    with pytest.raises(ValidationError):
        validate(answer | {"more": 1}, "Answer")
    assert ("notice" in answer) == bool(notice)
    assert len(answer["results"]) == 3


def test_every_path_of_the_document_is_served_and_every_reference_leads_somewhere() -> None:
    served = {route.path for route in build_app(load_settings({}))._user_routes}  # type: ignore[attr-defined]
    assert DOCUMENT["paths"].keys() <= served
    assert references(DOCUMENT) == {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}


def test_the_page_tells_all_of_it_and_loads_nothing_from_elsewhere() -> None:
    page = draw_openapi("/photos")
    assert "POST /photos/v1/rerank" in page
    for schema in DOCUMENT["components"]["schemas"].values():
        assert all(f"<code>{name}</code>" in page for name in schema.get("properties", ()))
    assert "$" not in page
    assert re.findall(r"(?:src|href)=\"?([^\">]*)", page) == ["/photos/openapi.json"]
    assert build_openapi("/photos")["servers"] == [{"url": "/photos"}]
