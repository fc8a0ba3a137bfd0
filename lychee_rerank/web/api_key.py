"""Asks programs for a key where LYCHEE_API_KEY or LYCHEE_PASSWORD is set; knows no request but its path and header."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lychee_rerank.web.secret import is_same_secret

RERANK_PATHS = ("/v1/rerank", "/v2/rerank", "/rerank")
MODELS_PATH = "/v1/models"
METRICS_PATH = "/metrics"
API_PATHS = (*RERANK_PATHS, MODELS_PATH, METRICS_PATH)  # for programs: they have a key, and no login
_WRONG = "The key is missing or wrong: send it as `Authorization: Bearer KEY`."
_NONE = "This app has a password, and no key for programs yet: set LYCHEE_API_KEY."


class ApiKeyMiddleware:
    """Passes requests for the API on with the key alone, and all others as they are.

    Without a key the API is closed where the page is `locked`, and otherwise as open as the page.
    """

    def __init__(self, app: ASGIApp, *, key: str | None, locked: bool, base_path: str = "") -> None:
        self._app, self._key, self._locked = app, key, locked
        self._paths = {base_path + path for path in API_PATHS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it with 401."""
        if scope["type"] != "http" or scope["path"] not in self._paths or self._is_allowed(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        message = {"message": _NONE if self._key is None else _WRONG}
        refusal = JSONResponse(message, status_code=401, headers={"www-authenticate": "Bearer"})
        await refusal(scope, receive, send)

    def _is_allowed(self, headers: Headers) -> bool:
        if self._key is None:
            return not self._locked
        scheme, _, key = headers.get("authorization", "").partition(" ")
        sent, own = key.strip().encode("latin-1"), self._key.encode("utf-8", "surrogateescape")
        return scheme.lower() == "bearer" and is_same_secret(sent, own)
