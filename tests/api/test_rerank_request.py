"""What a request asks, in every shape of the field, and what is told of one that asks nothing."""

import base64
import json
from typing import Any

import pytest

from lychee_rerank.api.rerank_request import MOST_DOCUMENTS, FolderPath, Picture, parse_request
from lychee_rerank.errors import RequestInvalid
from lychee_rerank.problems import DocumentProblem
from tests.pictures import encode, make_plain

PNG = encode(make_plain((102, 0, 0)), "PNG")
BASE64 = base64.b64encode(PNG).decode()
URI = f"data:image/png;base64,{BASE64}"


def parse(**asked: Any) -> Any:
    return parse_request(json.dumps({"query": "red", "documents": [URI], **asked}).encode())


@pytest.mark.parametrize(
    "document",
    [
        URI,
        BASE64,
        {"image": URI},
        {"image": BASE64},
        {"image": {"url": URI}},
        {"image_url": URI},
        {"image_url": {"url": URI}},
        {"text": "a caption", "image": URI},
        {"content": [{"type": "image_url", "image_url": {"url": URI}}]},
        {"content": [{"type": "text", "text": "a caption"}, {"type": "image_url", "image_url": {"url": URI}}]},
        {"image": base64.urlsafe_b64encode(PNG).decode().rstrip("=")},
        {"image": "\n".join(BASE64[at : at + 76] for at in range(0, len(BASE64), 76))},
        {"image": URI.replace("image/png", "image/png;charset=utf-8")},
    ],
)
def test_a_picture_is_taken_in_every_shape(document: Any) -> None:
    assert parse(documents=[document]).documents == (Picture(PNG),)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("a red sofa", "text"),
        ("", "text"),
        ({"text": "a red sofa"}, "text"),
        ({"title": "a sofa", "body": "red"}, "text"),
        ({"content": "a red sofa"}, "text"),
        ({"content": [{"type": "text", "text": "a red sofa"}]}, "text"),
        ("https://photos.example/1.jpg", "address"),
        ("file:///etc/passwd", "address"),
        ({"image": "http://photos.example/1.jpg"}, "address"),
        ({"image": "//photos.example/1.jpg"}, "address"),
        ({"image_url": {"url": "file:///etc/passwd"}}, "address"),
        ({"image": "not base64!"}, "bad_base64"),
        ({"image": "照片"}, "bad_base64"),
        ({"image": "data:image/png,raw"}, "bad_base64"),
        ({"image": f"{URI}*"}, "bad_base64"),
        ({"content": [{"image": URI}, {"image": URI}]}, "several"),
        ({"content": []}, "nothing"),
        ({}, "nothing"),
        (None, "nothing"),
        (7, "nothing"),
        ([URI], "nothing"),
    ],
)
def test_what_is_no_picture_is_named_and_the_others_are_scored(document: Any, problem: str) -> None:
    assert parse(documents=[URI, document]).documents == (Picture(PNG), DocumentProblem(problem))


def test_a_path_stays_as_it_was_written() -> None:
    assert parse(documents=[{"path": "2024/a.jpg"}]).documents == (FolderPath("2024/a.jpg"),)


@pytest.mark.parametrize(
    "query", ["red", {"text": "red"}, {"content": "red"}, {"content": [{"type": "text", "text": "red"}]}]
)
def test_a_query_is_a_text_in_any_shape(query: Any) -> None:
    assert (parse(query=query).words, parse(query=query).like) == ("red", None)


@pytest.mark.parametrize("text", [{}, {"text": "but in blue"}, {"text": ""}, {"text": None}])
@pytest.mark.parametrize(
    "picture",
    [
        {"image": URI},
        {"image": BASE64},
        {"image": {"url": URI}},
        {"image_url": URI},
        {"image_url": {"url": URI}},
        {"path": "2024/a.jpg"},
    ],
)
def test_a_query_may_be_a_picture_in_every_shape_of_a_document_with_words_or_without(
    picture: dict[str, Any], text: dict[str, Any]
) -> None:
    expected = (text.get("text") or "", FolderPath("2024/a.jpg") if "path" in picture else Picture(PNG))
    for query in (picture | text, {"content": [picture, text] if text else [picture]}):
        request = parse(query=query)
        assert (request.words, request.like) == expected


@pytest.mark.parametrize("query", [URI, BASE64, {"content": [{"type": "image_url", "image_url": {"url": URI}}]}])
def test_a_query_that_is_the_picture_itself_has_no_words(query: Any) -> None:
    assert (parse(query=query).words, parse(query=query).like) == ("", Picture(PNG))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"image": "https://photos.example/1.jpg"}, "is an address, and none is followed"),
        ({"image": {"url": "file:///etc/passwd"}}, "is an address, and none is followed"),
        ({"image": "not base64!"}, "the picture of `query` is not in base64"),
        ({"image": "data:image/png,raw"}, "the picture of `query` is not in base64"),
        (f"{URI}*", "the picture of `query` is not in base64"),
        ({"content": [{"image": URI}, {"image": URI}]}, "`query` holds several pictures"),
        ({"image": 7}, "to be a text, a picture, or both"),
        ({"image": URI, "text": 7}, "to be a text, a picture, or both"),
        ({"content": [{"text": "a"}, {"text": "b"}]}, "to be a text, a picture, or both"),
        ({"content": ["red"]}, "to be a text, a picture, or both"),
        ({"content": []}, "to be a text, a picture, or both"),
        ({"image": None}, "to be a text, a picture, or both"),
        ({}, "to be a text, a picture, or both"),
        ([URI], "to be a text, a picture, or both"),
        (7, "to be a text, a picture, or both"),
        ({"image": URI, "text": "\ud800"}, "half a surrogate pair"),
    ],
)
def test_a_query_that_is_neither_text_nor_picture_is_told(query: Any, said: str) -> None:
    with pytest.raises(RequestInvalid, match=said):
        parse(query=query)


@pytest.mark.parametrize(("asked", "top"), [({}, None), ({"top_n": 3}, 3), ({"top_k": 2}, 2), ({"top_n": None}, None)])
def test_how_many_results_are_wanted(asked: dict[str, Any], top: int | None) -> None:
    assert parse(**asked).top == top


def test_the_texts_of_text_embeddings_inference_are_documents_and_nothing_comes_back_unasked() -> None:
    texts = parse_request(json.dumps({"query": "red", "texts": ["a", URI], "return_text": True}).encode())
    assert (texts.texts, texts.echo) == (True, ("a", URI))
    assert texts.documents == (DocumentProblem.TEXT, Picture(PNG))
    assert (parse().texts, parse().echo) == (False, None)
    assert parse(return_documents=True).echo == (URI,)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no JSON"),
        (b'{"query": ', "no JSON"),
        (b"\xff\xfe\xfd", "no text in UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"query": "red", "documents": [' + b"9" * 5000 + b"]}", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"documents": ["a"]}', "`query`"),
        (b'{"query": {"image": "x"}, "documents": ["a"]}', "`query`"),
        (b'{"query": "\\ud800", "documents": ["a"]}', "surrogate"),
        (b'{"query": "red"}', "`documents`"),
        (b'{"query": "red", "documents": []}', "`documents`"),
        (b'{"query": "red", "documents": "a"}', "`documents`"),
        (b'{"query": "red", "documents": ["a"], "top_n": 0}', "`top_n`"),
        (b'{"query": "red", "documents": ["a"], "top_n": true}', "`top_n`"),
        (b'{"query": "red", "documents": ["a"], "top_k": 1.5}', "`top_k`"),
    ],
)
def test_what_cannot_be_answered_is_told_in_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(RequestInvalid, match=said):
        parse_request(body)


def test_a_request_has_its_limit() -> None:
    assert len(parse(documents=["a"] * MOST_DOCUMENTS).documents) == MOST_DOCUMENTS
    with pytest.raises(RequestInvalid, match=f"{MOST_DOCUMENTS + 1} documents"):
        parse(documents=["a"] * (MOST_DOCUMENTS + 1))
