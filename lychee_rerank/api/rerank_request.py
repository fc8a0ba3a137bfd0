"""What a request asks: JSON in any of the field's rerank shapes -> query and documents; opens no file, knows no job.

Shapes: Cohere (https://docs.cohere.com/reference/rerank), Jina (https://api.jina.ai/redoc), vLLM
(https://docs.vllm.ai/en/latest/serving/openai_compatible_server), text-embeddings-inference
(https://huggingface.github.io/text-embeddings-inference).
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lychee_rerank.errors import RequestInvalid
from lychee_rerank.photos.formats import DECODED_KINDS, KIND_WINDOW_BYTES, find_kind
from lychee_rerank.problems import DocumentProblem

MOST_DOCUMENTS = 1000  # what Cohere's own server takes
_DATA_URI = re.compile(r"data:[^,;]*(?:;[^,;]*)*?(?P<base64>;base64)?,", re.IGNORECASE)
_STANDARD = bytes.maketrans(b"-_", b"+/")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_PICTURE_KEYS = ("image", "image_url", "path")
_NO_QUERY = "`query` is to be a text, a picture, or both"
_QUERY_PROBLEMS = {
    DocumentProblem.ADDRESS: "the picture of `query` is an address, and none is followed: send the picture itself",
    DocumentProblem.BAD_BASE64: "the picture of `query` is not in base64",
    DocumentProblem.SEVERAL: "`query` holds several pictures",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture file that came with the request."""

    content: bytes


@dataclass(frozen=True, slots=True)
class FolderPath:
    """The path of a photo below the mounted folder, as it was written."""

    path: str


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """A query and its documents, in their order; `top` is how many results are wanted, None for all.

    `words` are the query's, as they came; `like` is its picture, if any, beside which there may be no words. `texts`:
    it came in text-embeddings-inference's shape, and is answered in it. `echo` are the documents as they came, where
    they are to come back.
    """

    words: str
    like: Picture | FolderPath | None
    documents: tuple[Picture | FolderPath | DocumentProblem, ...]
    top: int | None
    texts: bool
    echo: tuple[Any, ...] | None


def parse_request(body: bytes | bytearray) -> RerankRequest:
    """The request; raises RequestInvalid."""
    asked = _load_json(body)
    if not isinstance(asked, dict):
        raise RequestInvalid("the body is no JSON object")
    texts = "documents" not in asked and "texts" in asked
    documents = asked.get("texts" if texts else "documents")
    if not isinstance(documents, list) or not documents:
        raise RequestInvalid("`documents` is to be a list with at least one photo")
    if len(documents) > MOST_DOCUMENTS:
        raise RequestInvalid(f"{len(documents)} documents: a request has {MOST_DOCUMENTS} at most")
    wanted = asked.get("return_text" if texts else "return_documents")
    words, like = _read_query(asked.get("query"))
    return RerankRequest(
        words=words,
        like=like,
        documents=tuple(map(_read_document, documents)),
        top=_read_top(asked),
        texts=texts,
        echo=tuple(documents) if wanted is True else None,
    )


def _load_json(body: bytes | bytearray) -> Any:
    try:
        return json.loads(body)
    except RecursionError as error:
        raise RequestInvalid("the body is nested too deep") from error
    except UnicodeDecodeError as error:
        raise RequestInvalid("the body is no text in UTF-8") from error
    except ValueError as error:  # JSON's own, and that of a number with thousands of digits
        raise RequestInvalid(f"the body is no JSON: {error}") from error


def _read_query(query: Any) -> tuple[str, Picture | FolderPath | None]:
    """Its words and its picture, one of which may be missing; the picture comes in any shape that a document has."""
    if isinstance(query, str):
        return ("", _check_picture(_read_picture(query))) if _is_picture(query) else (_check_words(query), None)
    if not isinstance(query, dict):
        raise RequestInvalid(_NO_QUERY)
    content = query.get("content")
    parts = [query] if content is None else [{"text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise RequestInvalid(_NO_QUERY)
    texts = [part["text"] for part in parts if part.get("text") is not None]
    pictures = [part for part in parts if any(part.get(key) is not None for key in _PICTURE_KEYS)]
    if len(texts) > 1 or not texts + pictures:
        raise RequestInvalid(_NO_QUERY)
    found = [_read_document(part) for part in pictures] if len(pictures) < 2 else [DocumentProblem.SEVERAL]
    return _check_words(texts[0]) if texts else "", _check_picture(found[0]) if found else None


def _check_words(text: Any) -> str:
    if not isinstance(text, str):
        raise RequestInvalid(_NO_QUERY)
    if text.isascii() or text.encode("utf-8", "ignore") == text.encode("utf-8", "surrogatepass"):
        return text
    raise RequestInvalid("`query` holds half a surrogate pair")


def _check_picture(picture: Picture | FolderPath | DocumentProblem) -> Picture | FolderPath:
    if isinstance(picture, DocumentProblem):
        raise RequestInvalid(_QUERY_PROBLEMS.get(picture, _NO_QUERY))
    return picture


def _read_top(asked: dict[str, Any]) -> int | None:
    for name in ("top_n", "top_k"):
        top = asked.get(name)
        if top is None:
            continue
        if not isinstance(top, int) or isinstance(top, bool) or top < 1:
            raise RequestInvalid(f"`{name}` is to be a whole number of at least 1")
        return top
    return None


def _read_document(document: Any) -> Picture | FolderPath | DocumentProblem:
    match document:
        case {"path": str(path)}:
            return FolderPath(path)
        case {"image": str(image)} | {"image": {"url": str(image)}}:
            return _read_picture(image)
        case {"image_url": str(image)} | {"image_url": {"url": str(image)}}:
            return _read_picture(image)
        case {"content": list(parts)}:
            return _read_parts(parts)
        case str(text) if _is_picture(text):
            return _read_picture(text)
        case str(text) | {"text": str(text)} | {"content": str(text)}:
            return DocumentProblem.ADDRESS if re.match(r"(https?|ftp|file|s3)://", text) else DocumentProblem.TEXT
        case dict() if document:
            return DocumentProblem.TEXT  # Cohere takes any fields for those of a text
    return DocumentProblem.NOTHING


def _read_parts(parts: Sequence[Any]) -> Picture | FolderPath | DocumentProblem:
    pictures = [part for part in parts if isinstance(part, dict) and ("image" in part or "image_url" in part)]
    if len(pictures) > 1:
        return DocumentProblem.SEVERAL
    if pictures:
        return _read_document(pictures[0])
    return DocumentProblem.TEXT if parts else DocumentProblem.NOTHING


def _is_picture(text: str) -> bool:
    """True for a data URI, and for base64 of what starts like a picture."""
    if _DATA_URI.match(text):
        return True
    start = text[: -(-KIND_WINDOW_BYTES // 3) * 4]
    try:
        return find_kind(_decode_base64(start)) in DECODED_KINDS
    except binascii.Error:
        return False


def _read_picture(text: str) -> Picture | DocumentProblem:
    uri = _DATA_URI.match(text)
    if uri is None and _ADDRESS.match(text):
        return DocumentProblem.ADDRESS
    if uri is not None and not uri["base64"]:
        return DocumentProblem.BAD_BASE64
    try:
        return Picture(_decode_base64(text[uri.end() :] if uri else text))
    except binascii.Error:
        return DocumentProblem.BAD_BASE64


def _decode_base64(text: str) -> bytes:
    """Both alphabets, with padding or without, over any number of lines; raises binascii.Error."""
    if not text.isascii():
        raise binascii.Error("not ASCII")
    letters = text.encode().translate(_STANDARD, delete=b" \t\r\n")
    return base64.b64decode(letters + b"=" * (-len(letters) % 4), validate=True)
