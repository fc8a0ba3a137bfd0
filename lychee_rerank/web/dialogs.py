"""Keeps Streamlit's own error dialogs off the page, which has its own line for an app that is away; knows no page.

They ask in English whether "you are connected to the internet", which this app never needs.
"""

import json

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST_CONFIG = "/_stcore/host-config"  # Streamlit's page requests it before it connects


class DialogMiddleware:
    """Turns the error dialogs off, in the configuration that the page requests."""

    def __init__(self, app: ASGIApp, *, base_path: str = "") -> None:
        self._app, self._host_config = app, base_path + _HOST_CONFIG

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Changes that one response; passes all others on."""
        if scope["type"] != "http" or scope["path"] != self._host_config or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in messages)
        if messages[0]["status"] == 200:
            body = json.dumps(json.loads(body) | {"blockErrorDialogs": True}).encode()
            MutableHeaders(scope=messages[0])["content-length"] = str(len(body))
        await send(messages[0])
        await send({"type": "http.response.body", "body": body})
