"""What is compressed on its way to the browser, and what is not."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import streamlit as st
from PIL import Image
from starlette.types import Message

import serve
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.settings import load_settings
from lychee_rerank.web.files import Download, serve_download
from tests.fakes import FakeJudge
from tests.served import find_port, running_app
from tests.visitor import Server, Visit, visit

STATIC = Path(st.__file__).parent / "static"
SCRIPT = max((STATIC / "static" / "js").glob("index.*.js"), key=lambda path: path.stat().st_size)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = find_port()
    with running_app(port, tmp_path_factory.mktemp("data")) as app:
        yield Server(port, app.pid)


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[Visit]:
    with visit(server) as page:
        yield page


def get(server: Server, path: str, *, accepted: str, cookie: str = "") -> tuple[str | None, bytes]:
    """How the body is encoded, and the body as it came over the line."""
    asked = Request(f"http://localhost:{server.port}{path}", headers={"Accept-Encoding": accepted, "Cookie": cookie})
    with urlopen(asked, timeout=60) as answer:
        return answer.headers["Content-Encoding"], answer.read()


def test_scripts_are_compressed_for_who_accepts_it(server: Server) -> None:
    path, content = f"/{SCRIPT.relative_to(STATIC)}", SCRIPT.read_bytes()
    encoding, body = get(server, path, accepted="gzip, br")
    assert (encoding, gzip.decompress(body)) == ("gzip", content)
    assert len(body) < len(content) / 3
    assert get(server, path, accepted="identity") == (None, content)


@pytest.mark.parametrize(("query", "long_side_px"), [("", 640), ("?small", 320)])
def test_thumbnails_are_sent_as_they_are_in_the_size_asked_for(
    server: Server, page: Visit, query: str, long_side_px: int
) -> None:
    encoding, body = get(server, page.thumbnails[0] + query, accepted="gzip", cookie=page.cookie)
    assert encoding is None
    assert max(Image.open(BytesIO(body)).size) == long_side_px


def test_an_archive_goes_through_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(ModelLoader, "load", lambda self: FakeJudge())
    pieces = [b"PK" + bytes(5000), bytes(5000)]
    sent: list[Message] = []
    answer = serve_download(Download("a.zip", "application/zip", lambda: iter(pieces)))
    headers = [(b"host", b"localhost"), (b"accept-encoding", b"gzip")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}

    async def receive() -> Message:
        return await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    guarded = serve.guard(answer, settings=load_settings({}))
    thread = threading.Thread(target=lambda: asyncio.run(guarded(scope, receive, send)))
    thread.start()
    thread.join()
    start, *bodies = sent
    assert b"content-encoding" not in dict(start["headers"])
    assert [message["body"] for message in bodies if message["body"]] == pieces
