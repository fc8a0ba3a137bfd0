"""One login page in front of everything, where LYCHEE_PASSWORD is set; knows no page of the app's own."""

import asyncio
import hashlib
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from itsdangerous import BadSignature, TimestampSigner
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lychee_rerank.web.api_key import API_PATHS
from lychee_rerank.web.secret import is_same_secret
from lychee_rerank.words import Words, words_for

LOGIN_COOKIE = "lychee_login"
# Programs have a key instead. Health checks have nothing: one answers "ok" while the app runs, the other "ready" once
# the model answers.
HEALTH, READINESS = "/_stcore/health", "/readyz"
LIFE_S = 30 * 24 * 3600
PAUSE_S = 1.0  # per attempt, one at a time: no more than 86,400 guesses a day
_MOST_BODY_BYTES = 4096
_PAGE = Template(Path(__file__).with_name("login.html").read_text(encoding="utf-8"))


class LoginMiddleware:
    """Passes requests on with a cookie that this password signed; responds to all others with the login page."""

    def __init__(self, app: ASGIApp, *, password: str, base_path: str = "") -> None:
        self._app, self._open = app, {base_path + path for path in (HEALTH, READINESS, *API_PATHS)}
        self._password = _encode(password)
        # From the password alone: who logged in stays so when the app starts again, and nobody once it is changed.
        key = hashlib.scrypt(password.encode(), salt=LOGIN_COOKIE.encode(), n=2**14, r=8, p=1)
        self._signer = TimestampSigner(key, digest_method=hashlib.sha256)
        self._attempt = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or responds in the app's place."""
        if (
            scope["type"] not in ("http", "websocket")
            or scope["path"] in self._open
            or self._is_logged_in(HTTPConnection(scope))
        ):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        else:
            await (await self._respond(Request(scope, receive)))(scope, receive, send)

    def _is_logged_in(self, connection: HTTPConnection) -> bool:
        try:
            self._signer.unsign(connection.cookies.get(LOGIN_COOKIE, ""), max_age=LIFE_S)
        except BadSignature:
            return False
        return True

    async def _respond(self, request: Request) -> Response:
        words = words_for(request.headers.get("accept-language"))
        if request.method != "POST":
            return _render(words, problem="", status=401)
        if self._attempt.locked():
            return _render(words, problem=words.login_wait, status=429)
        async with self._attempt:
            await asyncio.sleep(PAUSE_S)
            right = is_same_secret(_encode(await _read_password(request)), self._password)
        return self._log_in(request) if right else _render(words, problem=words.login_wrong, status=401)

    def _log_in(self, request: Request) -> Response:
        """A redirect to where the visitor wanted to go, with the cookie."""
        here = "/" + request.url.path.lstrip("/\\")  # two slashes would name another host
        response = RedirectResponse(f"{here}?{request.url.query}" if request.url.query else here, status_code=303)
        value = self._signer.sign(b"in").decode()
        secure = request.url.scheme == "https"
        response.set_cookie(LOGIN_COOKIE, value, max_age=LIFE_S, httponly=True, samesite="lax", secure=secure)
        return response


def _render(words: Words, *, problem: str, status: int) -> Response:
    texts = {"label": words.login_label, "button": words.login_button, "problem": problem}
    page = _PAGE.substitute({name: escape(text) for name, text in texts.items()}, lang=words.code)
    return HTMLResponse(page, status_code=status, headers={"cache-control": "no-store"})


async def _read_password(request: Request) -> str:
    """The password in the form, empty where there is none or the form is too long for one."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BODY_BYTES:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
