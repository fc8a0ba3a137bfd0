"""Somebody who looks at the running app from outside, without a browser: requests, cookies, the page's websocket."""

import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin


@dataclass(frozen=True, slots=True)
class Server:
    """The app, as somebody sees it who is not in it."""

    port: int
    pid: int

    @property
    def memory_bytes(self) -> int:
        """What the app's process has in memory now."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """Status and body of one request; a `_` in a header's name stands for a hyphen."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {"Host": f"localhost:{self.port}"} | {name.replace("_", "-"): text for name, text in headers.items()}
        with suppress(ConnectionError):  # refused before all of the body was sent; the answer can still be read
            connection.request(method, path, body, named)  # type: ignore[arg-type]
        try:
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def cookies(self) -> dict[str, str]:
        """The cookies that a new visitor is given."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        given = {}
        for path in ("/", "/_stcore/health"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                given.setdefault(name, value)
        connection.close()
        return given


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that a visitor has open, without a browser."""

    stream: ClientConnection
    cookies: dict[str, str]
    session: str
    drawn: bytes

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @property
    def thumbnails(self) -> list[str]:
        """The paths of the thumbnails on the page."""
        return sorted({found.decode() for found in re.findall(rb"/thumbnails/[0-9a-f]{64}", self.drawn)})


@contextmanager
def visit(server: Server) -> Iterator[Visit]:
    """Opens the page as a new visitor and reads what it draws."""
    cookies = server.cookies()
    url = f"http://localhost:{server.port}"
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    rerun = BackMsg()
    rerun.rerun_script.context_info.url = url
    with open_stream(server, Cookie=cookie) as stream:
        stream.send(rerun.SerializeToString())
        session, drawn = "", b""
        while True:
            content = stream.recv(60)
            assert isinstance(content, bytes)
            message, drawn = ForwardMsg.FromString(content), drawn + content
            if message.HasField("new_session"):
                session = message.new_session.initialize.session_id
            if message.HasField("script_finished"):
                break
        yield Visit(stream, cookies, session, drawn)


def open_stream(
    server: Server, *, origin: str | None = None, host: str | None = None, **headers: str
) -> ClientConnection:
    """The page's websocket, opened by a page of that origin and under that Host, its own unless others are given."""
    url = f"http://localhost:{server.port}"
    return connect(
        f"ws://{host or url.removeprefix('http://')}/_stcore/stream",
        sock=socket.create_connection(("localhost", server.port)),
        origin=Origin(origin or url),
        additional_headers=headers,
    )
