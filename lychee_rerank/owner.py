"""Sets the cookie that says whose runs, galleries and thumbnails are whose; knows no page.

ASGI middleware (https://asgi.readthedocs.io/en/latest/specs/www.html): it sees every request and websocket first.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import SimpleCookie
from typing import Any

OWNER_COOKIE = "lychee_owner"
_LIFE_S = 400 * 24 * 3600  # the longest that browsers grant
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}")  # token_urlsafe(32)

Message = MutableMapping[str, Any]  # as ASGI has it
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class OwnerMiddleware:
    """Gives every browser that has none a random owner, which scripts on a page cannot read."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the request through, and the cookie go out with the answer where it is missing."""
        if scope["type"] != "http" or read_owner(scope):
            await self._app(scope, receive, send)
            return
        cookie = f"{OWNER_COOKIE}={secrets.token_urlsafe(32)}; Path=/; Max-Age={_LIFE_S}; HttpOnly; SameSite=Lax"

        async def _send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
            await send(message)

        await self._app(scope, receive, _send_with_cookie)


def read_owner(scope: Scope) -> str | None:
    """The owner that the request names; None where it names none, or what this app never wrote."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookie = SimpleCookie(value.decode("latin-1")).get(OWNER_COOKIE)
            if cookie and _WELL_FORMED.fullmatch(cookie.value):
                return cookie.value
    return None
