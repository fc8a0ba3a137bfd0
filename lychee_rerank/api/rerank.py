"""The field's rerank protocols over HTTP; a request takes its turns in the worker's queue, beside the page's runs.

Once it is answered nothing is left of it but scores under their keys, and what the model remembers of its photos.
"""

import asyncio
import secrets
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from lychee_rerank.api.models import demo_notice
from lychee_rerank.api.rerank_answer import RerankOutcome, build_answer
from lychee_rerank.api.rerank_request import FolderPath, Picture, RerankRequest, parse_request
from lychee_rerank.disk import real_path_below
from lychee_rerank.errors import ExampleRefused, QueryRefused, RequestInvalid, ScoringElsewhere
from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.model_card import ModelCard
from lychee_rerank.photos.example import load_example
from lychee_rerank.problems import DocumentProblem
from lychee_rerank.query import Example, Query, parse_query
from lychee_rerank.records import Outcome, Photo
from lychee_rerank.service import Service
from lychee_rerank.words import ENGLISH

OWNER = "api"  # no visitor's: theirs are random
MOST_BODY_BYTES = 256 * 2**20
MOST_HELD_BYTES = 2**30  # of all requests that are not answered yet
MOST_WAITING = 100  # requests
BODY_S, PAUSE_S = 120.0, 15.0  # to send the whole body, and between two pieces of it
_FIRST_POLL_S, _LAST_POLL_S, _POLL_GROWTH = 0.005, 0.25, 1.02  # what a request waits too long is 2 % of its time
_DISCONNECTED = 499  # nginx's number for a client that is gone; nobody reads it


class _Unanswered(Exception):
    """A request that gets an HTTP status and a sentence instead of results."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True, slots=True)
class _Taken:
    """A request whose pictures lie on the disk: its photos by their places, and the documents that are none."""

    query: Query
    request: RerankRequest
    photos: dict[int, Photo]
    problems: dict[int, DocumentProblem]


class RerankEndpoint:
    """Answers requests for the service that `find_service` gives; `closing` is set once the app is to end."""

    def __init__(self, find_service: Callable[[], Service], closing: threading.Event) -> None:
        self._find_service, self._closing = find_service, closing
        self._held_bytes = self._waiting = 0
        self._parsing = asyncio.Semaphore(2)  # JSON of 256 MB takes a second, and as much memory again

    async def answer(self, request: Request) -> Response:
        """The results as JSON, or `message` with a status that says whose fault it is."""
        held: list[int] = []
        if request.method != "POST":
            return JSONResponse({"message": "Ask with POST."}, status_code=405, headers={"allow": "POST"})
        try:
            return JSONResponse(await self._rerank(request, held))
        except _Unanswered as error:
            headers = {"retry-after": "1"} if error.status in (429, 503) else {}
            return JSONResponse({"message": error.sentence}, status_code=error.status, headers=headers)
        except ClientDisconnect:
            return Response(status_code=_DISCONNECTED)
        finally:
            self._held_bytes -= sum(held)

    async def _rerank(self, request: Request, held: list[int]) -> Any:
        service = self._find_service()
        card = _find_card(service)
        body = await self._read_body(request, held)
        if self._waiting >= MOST_WAITING:
            raise _Unanswered(429, f"{MOST_WAITING} requests wait already: try again later.")
        self._waiting += 1
        try:
            with tempfile.TemporaryDirectory(prefix="lychee-") as folder:
                async with self._parsing:
                    taken = await asyncio.to_thread(_take, body, Path(folder), service.settings.images_dir)
                body.clear()
                run_id, outcomes = await self._score(request, service, taken)
        except (RequestInvalid, QueryRefused) as error:
            raise _Unanswered(400, f"{error}.") from error
        except ExampleRefused as error:
            raise _Unanswered(400, ENGLISH.failure(error)) from error
        except OSError as error:
            raise _Unanswered(507, f"The pictures cannot be stored: {error.strerror}.") from error
        finally:
            self._waiting -= 1
        outcome = RerankOutcome(run_id, outcomes, taken.problems)
        return build_answer(taken.request, outcome, model=card.name, notice=demo_notice(service, card))

    async def _read_body(self, request: Request, held: list[int]) -> bytearray:
        """The whole body; `held` has what is counted of it, chunk by chunk."""
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > MOST_BODY_BYTES:
            raise _too_large()
        body, stream = bytearray(), request.stream()
        try:
            async with asyncio.timeout(BODY_S):
                while True:
                    async with asyncio.timeout(PAUSE_S):
                        chunk = await anext(stream, None)
                    if chunk is None:
                        return body
                    held.append(len(chunk))
                    self._held_bytes += len(chunk)
                    body += chunk
                    if len(body) > MOST_BODY_BYTES:
                        raise _too_large()
                    if self._held_bytes > MOST_HELD_BYTES:
                        raise _Unanswered(429, "Other requests hold too many pictures: try again later.")
        except TimeoutError as error:
            raise _Unanswered(408, "The body did not arrive in time.") from error

    async def _score(self, request: Request, service: Service, taken: _Taken) -> tuple[str, Sequence[Outcome]]:
        """The id of the run and what came of its photos, by their places in the request."""
        if not taken.photos:
            return secrets.token_urlsafe(9), ()
        try:
            job = service.worker.submit(taken.query, list(taken.photos.values()), owner=OWNER, kept=False)
        except ScoringElsewhere as error:
            raise _elsewhere() from error
        try:
            await self._wait(request, job)
        finally:
            job.cancel()
            service.worker.book.forget(job.id)
        progress = job.progress()
        if isinstance(progress.error, ExampleRefused):
            raise progress.error
        if progress.status is not Status.DONE:
            raise _Unanswered(500, f"{progress.error or 'The run was cancelled'}.")
        places = list(taken.photos)
        return job.id, [replace(outcome, index=places[outcome.index]) for outcome in progress.outcomes]

    async def _wait(self, request: Request, job: Job) -> None:
        """Returns once the job is over; raises ClientDisconnect where nobody waits for it any more."""
        pause_s = _FIRST_POLL_S
        while job.active:
            await asyncio.sleep(pause_s)
            pause_s = min(_POLL_GROWTH * pause_s, _LAST_POLL_S)
            if await request.is_disconnected():
                raise ClientDisconnect
            if self._closing.is_set():
                raise _Unanswered(503, "The app is being closed.")


def _find_card(service: Service) -> ModelCard:
    """Which model answers."""
    state = service.worker.state()
    if state.elsewhere:
        raise _elsewhere()
    if state.error is not None:
        raise _Unanswered(503, f"No model can answer: {state.error}.")
    if state.card is None:
        raise _Unanswered(503, "The model is being loaded: try again later.")
    return state.card


def _elsewhere() -> _Unanswered:
    return _Unanswered(503, "Another app scores for this data folder.")


def _too_large() -> _Unanswered:
    return _Unanswered(
        413, f"The body is larger than {MOST_BODY_BYTES // 2**20} MB: send fewer photos, or smaller ones."
    )


def _take(body: bytearray, folder: Path, images_dir: Path) -> _Taken:
    """The request, with its pictures as files in the folder.

    Raises RequestInvalid, QueryRefused, ExampleRefused, OSError.
    """
    request = parse_request(body)
    query = parse_query(request.words, _take_example(request.like, folder, images_dir))
    photos: dict[int, Photo] = {}
    problems: dict[int, DocumentProblem] = {}
    for index, document in enumerate(request.documents):
        if isinstance(document, Picture):
            path = folder / str(index)
            path.write_bytes(document.content)
            photos[index] = Photo(f"document {index}", path)
        elif isinstance(document, FolderPath):
            path_below = _find_below(images_dir, document.path)
            if path_below is None:
                problems[index] = DocumentProblem.OUTSIDE
            else:
                photos[index] = Photo(document.path, path_below)
        else:
            problems[index] = document
    return _Taken(query, replace(request, documents=(), like=None), photos, problems)


def _take_example(like: Picture | FolderPath | None, folder: Path, images_dir: Path) -> Example | None:
    """The query's picture as a photo; raises RequestInvalid, ExampleRefused, OSError."""
    if like is None:
        return None
    if isinstance(like, FolderPath):
        path = _find_below(images_dir, like.path)
        if path is None:
            raise RequestInvalid("the path of `query` does not lead to a file in the mounted folder")
        return load_example(Photo(like.path, path))
    path = folder / "query"
    path.write_bytes(like.content)
    return load_example(Photo(path.name, path))


def _find_below(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder; None where there is none, or where a link leads out of it."""
    with suppress(ValueError, OSError):
        path = real_path_below(folder, name)
        if path is not None and Path(path).is_file():
            return Path(path)
    return None
