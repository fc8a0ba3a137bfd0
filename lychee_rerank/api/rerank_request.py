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
from lychee_rerank.query import Query, parse_query

MOST_DOCUMENTS = 1000  # what Cohere's own server takes
_DATA_URI = re.compile(r"data:[^,;]*(?:;[^,;]*)*?(?P<base64>;base64)?,", re.IGNORECASE)
_STANDARD = bytes.maketrans(b"-_", b"+/")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


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

    `texts`: it came in text-embeddings-inference's shape, and is answered in it. `echo` are the documents as they came,
    where they are to come back.
    """

    query: Query
    documents: tuple[Picture | FolderPath | DocumentProblem, ...]
    top: int | None
    texts: bool
    echo: tuple[Any, ...] | None


def parse_request(body: bytes | bytearray) -> RerankRequest:
    """The request; raises RequestInvalid, and QueryRefused for a query that is empty or too long."""
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
    return RerankRequest(
        query=parse_query(_read_query(asked.get("query"))),
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


def _read_query(query: Any) -> str:
    match query:
        case str(text) | {"text": str(text)} | {"content": str(text)} | {"content": [{"text": str(text)}]}:
            if text.isascii() or text.encode("utf-8", "ignore") == text.encode("utf-8", "surrogatepass"):
                return text
            raise RequestInvalid("`query` holds half a surrogate pair")
    raise RequestInvalid("`query` is to be a text: a photo is searched for with words here")


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
