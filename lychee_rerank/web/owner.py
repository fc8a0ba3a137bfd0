"""Sets the cookie that identifies the owner of runs, galleries and thumbnails; knows no page."""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWNER_COOKIE = "lychee_owner"
_LIFE_S = 400 * 24 * 3600  # the longest that browsers grant
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}")  # token_urlsafe(32)


class OwnerMiddleware:
    """Gives every browser that has none a random owner, which scripts on a page cannot read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and adds the cookie to the response where it is missing."""
        if scope["type"] != "http" or read_owner(scope):
            await self._app(scope, receive, send)
            return
        cookie = f"{OWNER_COOKIE}={secrets.token_urlsafe(32)}; Path=/; Max-Age={_LIFE_S}; HttpOnly; SameSite=Lax"

        async def _send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, _send_with_cookie)


def read_owner(scope: Scope) -> str | None:
    """The owner that the request names; None where it names none, or what this app never wrote."""
    owner = HTTPConnection(scope).cookies.get(OWNER_COOKIE, "")
    return owner if _WELL_FORMED.fullmatch(owner) else None
