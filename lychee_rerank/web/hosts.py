"""Accepts requests to this app's own names alone, and none that another site's page makes; knows no page.

A page of a stranger can let its own name point at this machine (DNS rebinding) or send requests from the visitor's
browser: the first shows in Host, the second in Origin. What passes here goes on with a Host that agrees with its
Origin: Streamlit compares the two by itself, and where they differ asks a server far away for this machine's address.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OWN_NAMES = ("localhost", "127.0.0.1")
_MOST_SHOWN = 100  # characters of a name in a refusal


class HostMiddleware:
    """Refuses with 403 each request and websocket under a name that is not allowed, or from a page of another origin.

    `added` are the names beside OWN_NAMES. A page under one of these may come through a proxy that gives its own Host.
    """

    def __init__(self, app: ASGIApp, *, added: Collection[str]) -> None:
        self._app = app
        self._added = frozenset(name.lower() for name in added)
        self._allowed = self._added.union(OWN_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it with the name of the setting."""
        refused = self._refused_name(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else None
        if refused is None:
            await self._app(_agreeing(scope), receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        else:
            shown = ascii(refused[:_MOST_SHOWN])
            sentence = f"This app does not answer to {shown}. If that is its name, add it to LYCHEE_ALLOWED_HOSTS.\n"
            await PlainTextResponse(sentence, status_code=403)(scope, receive, send)

    def _refused_name(self, headers: Headers) -> str | None:
        """The first name in the headers that is not allowed; None where all are."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        for host in hosts or [""]:
            if _name(f"//{host}") not in self._allowed:
                return host
        for origin in origins:
            if origin.partition("://")[2] not in hosts and _name(origin) not in self._added:
                return origin
        return None


def _agreeing(scope: Scope) -> Scope:
    """The request with the host of its Origin as its Host; as it is where it has no Origin."""
    origin = Headers(scope=scope).get("origin") if scope["type"] in ("http", "websocket") else None
    if not origin:
        return scope
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {**scope, "headers": [(b"host", origin.partition("://")[2].encode("latin-1")), *others]}


def _name(address: str) -> str:
    """The host name in an address, in lower case, without its port; empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
