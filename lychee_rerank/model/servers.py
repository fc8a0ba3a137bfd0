"""Servers that speak OpenAI's protocol, asked by least load, and elsewhere where one fails; knows no photo, no prompt.

What is asked is idempotent, so that it may be asked again. A server that fails is asked again after a pause.
"""

import json
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx2

from lychee_rerank.errors import ModelUnusable, ServersLost
from lychee_rerank.problems import ModelProblem
from lychee_rerank.text import printable

log = logging.getLogger(__name__)

AT_ONCE = 16  # requests to each server: vLLM answers them in one batch
PAUSE_S = 5.0  # before a server that failed is asked again
TRIES = 4  # of one request, each at another server where there is one
CONNECT_S, ANSWER_S = 5.0, 120.0
_MOST_CHARACTERS = 200  # of what a server says of a request
_BUSY = (429, 503)
_EVENT, _LAST_EVENT = "data: ", "[DONE]"  # of server-sent events, as OpenAI's protocol ends them

Answer = TypeVar("Answer")


class RequestRefused(Exception):
    """The server holds the request itself for wrong: another one would, too. The message is what it says of it."""


class _Server:
    """One address, how many requests it has, and until when it is left alone."""

    def __init__(self, address: str, *, key: str | None) -> None:
        self.address = address.rstrip("/")
        headers = {"authorization": f"Bearer {key}"} if key else {}
        limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        timeout = httpx2.Timeout(ANSWER_S, connect=CONNECT_S, pool=None)
        self.client = httpx2.Client(
            base_url=self.address, headers=headers, limits=limits, timeout=timeout, trust_env=False
        )
        self.waiting, self.away_until_s, self.busy_until_s = 0, 0.0, 0.0


class Servers:
    """All servers as one; safe to use from any thread."""

    def __init__(
        self, addresses: Sequence[str], *, key: str | None = None, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._sleep = sleep
        self._servers = [_Server(address, key=key) for address in addresses]
        self._lock = threading.Lock()
        for server in self._servers:  # connections end with what has them
            weakref.finalize(self, server.client.close)

    @property
    def at_once(self) -> int:
        """How many requests they take together."""
        return AT_ONCE * len(self._servers)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where they are."""
        return tuple(server.address for server in self._servers)

    @property
    def away(self) -> tuple[str, ...]:
        """Those that failed last."""
        with self._lock:
            return tuple(server.address for server in self._servers if server.away_until_s)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON that one of them answers, to a POST with the body or a GET without.

        Raises ServersLost where none answers, RequestRefused for a request that is wrong, ModelUnusable where the
        server has no such model, or wants another key.
        """

        def read(client: httpx2.Client) -> Any:
            """The whole answer."""
            answer = client.get(path) if body is None else client.post(path, json=body)
            answer.raise_for_status()
            return answer.json()

        return self._try(read)

    def follow(self, path: str, body: dict[str, Any], read: Callable[[Iterator[Any]], Answer]) -> Answer:
        """What `read` makes of the answer's events as they come; raises as `ask`.

        Where they break off they begin anew, and so does `read`; what it leaves unread is not waited for.
        """

        def follow(client: httpx2.Client) -> Answer:
            """What comes of one answer."""
            with client.stream("POST", path, json=body) as answer:
                if answer.is_error:
                    answer.read()  # what it says of the request
                answer.raise_for_status()
                return read(_events(answer))

        return self._try(follow)

    def _try(self, act: Callable[[httpx2.Client], Answer]) -> Answer:
        """What comes of it at the first server where it does not fail."""
        reason = ""
        for _ in range(TRIES):
            with self._least_loaded() as server:
                if (busy_s := server.busy_until_s - time.monotonic()) > 0:  # every other one is away, too
                    self._sleep(busy_s)
                try:
                    found = act(server.client)
                    server.away_until_s = 0.0
                    return found
                except httpx2.HTTPStatusError as error:
                    status = error.response.status_code
                    if status in (401, 403, 404):
                        raise ModelUnusable(
                            ModelProblem.NOT_SERVED,
                            file=server.address,
                            detail=f"HTTP {status}",
                            remedy="see LYCHEE_SERVER_MODEL and LYCHEE_SERVER_KEY",
                        ) from error
                    if status < 500 and status not in _BUSY:
                        raise RequestRefused(_complaint(error.response)) from error
                    reason = f"{server.address}: HTTP {status}"
                    self._leave(server, pause_s=_pause_of(error.response), busy=status in _BUSY)
                except (httpx2.TransportError, ValueError) as error:  # ValueError: half an answer
                    reason = f"{server.address}: {type(error).__name__}"
                    self._leave(server, pause_s=PAUSE_S)
        raise ServersLost(reason)

    @contextmanager
    def _least_loaded(self) -> Iterator[_Server]:
        """The server with the fewest requests, of those that are not left alone if there are any.

        One that was away gets a single request, until it has answered it.
        """
        now_s = time.monotonic()

        def load(server: _Server) -> tuple[float, int]:
            alone = server.away_until_s > now_s or (server.away_until_s and server.waiting)
            return (server.away_until_s if alone else 0.0, server.waiting)

        with self._lock:
            server = min(self._servers, key=load)
            server.waiting += 1
        try:
            yield server
        finally:
            with self._lock:
                server.waiting -= 1

    def _leave(self, server: _Server, *, pause_s: float, busy: bool = False) -> None:
        """Asks others for a while; one that is only `busy` is waited for where there is no other."""
        if not server.away_until_s:
            log.warning("the server %s does not answer", server.address)
        server.away_until_s = time.monotonic() + pause_s
        server.busy_until_s = server.away_until_s if busy else 0.0


def _events(answer: httpx2.Response) -> Iterator[Any]:
    """The JSON of each event; raises ValueError where the last is not the one that ends an answer."""
    for line in answer.iter_lines():
        if line == _EVENT + _LAST_EVENT:
            return
        if line.startswith(_EVENT):
            event = json.loads(line.removeprefix(_EVENT))
            if "error" in event:
                break
            yield event
    raise ValueError("the answer broke off")


def _complaint(answer: httpx2.Response) -> str:
    """The first line of what a server says of a request that it refuses, or the status."""
    try:
        message = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        message = ""
    return printable(message.partition("\n")[0])[:_MOST_CHARACTERS] or f"HTTP {answer.status_code}"


def _pause_of(answer: httpx2.Response) -> float:
    """What the server asks for, or PAUSE_S."""
    wanted = answer.headers.get("retry-after", "")
    return min(float(wanted), PAUSE_S) if wanted.isdecimal() else PAUSE_S
