"""Whose requests are answered: by Host and Origin."""

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from lychee_rerank.web.headers import HeaderMiddleware
from lychee_rerank.web.hosts import HostMiddleware
from tests.fakes import fake_page


@pytest.fixture
def client() -> TestClient:
    return TestClient(HostMiddleware(fake_page, added=("Photos.example.org",)), base_url="http://localhost:8501")


OWN = ["localhost", "localhost:8501", "LOCALHOST:8501", "127.0.0.1:8501", "photos.example.org", "photos.example.org:80"]
FOREIGN = [
    "evil.example",
    "localhost.evil.example",
    "evil.example:8501",
    "localhost@evil.example",
    "",
    "[",
    "192.168.1.5",
]


@pytest.mark.parametrize("host", OWN)
def test_the_app_answers_to_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).text == "the page"
    with client.websocket_connect("/_stcore/stream", headers={"host": host}):
        pass


@pytest.mark.parametrize("host", FOREIGN)
def test_another_name_is_refused_and_the_setting_named(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "LYCHEE_ALLOWED_HOSTS" in answer.text
    assert "the page" not in answer.text
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/", headers={"host": host}):
        pass
    assert refused.value.code == 1008


def test_a_refusal_shows_a_name_as_plain_text_and_not_all_of_a_long_one(client: TestClient) -> None:
    answer = client.get("/", headers={"host": "<script>" + "x" * 5000})
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text) < 300


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:8501", "http://localhost:8501", 200),
        ("localhost:8501", "http://localhost:3000", 403),  # another app of the same machine
        ("localhost:8501", "http://evil.example", 403),
        ("localhost:8501", "null", 403),  # a file, a sandboxed frame
        ("localhost:8501", "", 403),
        ("photos.example.org", "https://photos.example.org", 200),
        ("127.0.0.1:8501", "https://photos.example.org", 200),  # a proxy that gives its own Host
        ("photos.example.org", "https://evil.example", 403),
    ],
)
def test_a_page_of_another_origin_is_refused(client: TestClient, host: str, origin: str, status: int) -> None:
    assert client.get("/", headers={"host": host, "origin": origin}).status_code == status


@pytest.mark.parametrize(
    ("host", "origin", "passed_on"),
    [
        ("127.0.0.1:8501", "https://photos.example.org", "photos.example.org"),  # a proxy that gives its own Host
        ("photos.example.org", "https://photos.example.org:8443", "photos.example.org:8443"),
        ("localhost:8501", "http://localhost:8501", "localhost:8501"),
        ("photos.example.org", None, "photos.example.org"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_what_passes_goes_on_with_a_host_that_agrees_with_its_origin(
    host: str, origin: str | None, passed_on: str, kind: str
) -> None:
    hosts: list[list[str]] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        hosts.append(Headers(scope=scope).getlist("host"))
        await fake_page(scope, receive, send)

    client = TestClient(HostMiddleware(note, added=("photos.example.org",)))
    headers = {"host": host} | ({"origin": origin} if origin else {})
    if kind == "http":
        client.get("/", headers=headers)
    else:
        with client.websocket_connect("/", headers=headers):
            pass
    assert hosts == [[passed_on]]


def test_every_answer_tells_the_browser_to_load_from_here_alone_and_stand_in_no_frame() -> None:
    client = TestClient(HeaderMiddleware(HostMiddleware(fake_page, added=())), base_url="http://localhost")
    for host in ("localhost", "evil.example"):
        headers = client.get("/", headers={"host": host}).headers
        assert "default-src 'self' data: blob:;" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
