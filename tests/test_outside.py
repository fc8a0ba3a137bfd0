"""Attacks on the running app, from outside: each is refused or survived."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import repeat

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lychee_rerank.web.owner import OWNER_COOKIE
from tests.pictures import encode, make_plain
from tests.served import find_port, running_app
from tests.visitor import Server, Visit, open_stream, visit

OWNER, XSRF = OWNER_COOKIE, "_streamlit_xsrf"
PASSWORD = "open sesame"
PICTURE = encode(make_plain((255, 0, 0)), "PNG")
STREAM_MB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = find_port()
    with running_app(port, tmp_path_factory.mktemp("data")) as app:
        yield Server(port, app.pid)
        assert app.poll() is None  # it is alive after all of it
    assert app.returncode == 0


@pytest.fixture(scope="module")
def ann(server: Server) -> Iterator[Visit]:
    """A visitor with her page open."""
    with visit(server) as page:
        assert len(page.thumbnails) == 32
        yield page


def multipart(name: str, content: bytes) -> tuple[bytes, str]:
    """A form with one file, and its content type."""
    head = f'--x\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def upload(server: Server, page: Visit, file_id: str, **headers: str) -> int:
    """The status of one upload into the page, as its browser would send it but for what `headers` say."""
    body, kind = multipart(f"{file_id}.png", PICTURE)
    own = {"Cookie": page.cookie, "X_Xsrftoken": page.cookies[XSRF], "Content_Type": kind}
    sent = {name: value for name, value in (own | headers).items() if value}
    return server.ask("PUT", f"/_stcore/upload_file/{page.session}/{file_id}", body, **sent)[0]


def test_a_visitor_may_upload(server: Server, ann: Visit) -> None:
    assert upload(server, ann, "own") == 204


FORGED = {
    "no token": {"X_Xsrftoken": ""},
    "no cookie": {"Cookie": ""},
    "neither": {"X_Xsrftoken": "", "Cookie": ""},
    "another token": {"X_Xsrftoken": "2|00000000|00000000000000000000000000000000|1700000000"},
    "a foreign page": {"Origin": "http://evil.example"},
    "a file": {"Origin": "null"},
    "another app of the machine": {"Origin": "http://localhost:3000"},
    "a foreign name": {"Host": "evil.example"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_an_upload_from_elsewhere_is_refused(server: Server, ann: Visit, headers: dict[str, str]) -> None:
    assert upload(server, ann, "forged", **headers) == 403


def test_an_upload_into_a_page_that_is_not_there_is_refused(server: Server, ann: Visit) -> None:
    body, kind = multipart("a.png", PICTURE)
    headers = {"Cookie": ann.cookie, "X_Xsrftoken": ann.cookies[XSRF], "Content_Type": kind}
    assert server.ask("PUT", "/_stcore/upload_file/no-such-session/a", body, **headers)[0] == 400


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}], ids=["host", "origin"]
)
@pytest.mark.parametrize(
    "path", ["/", "/_stcore/health", "/_stcore/host-config", "/media/x.jpg", "/static/x", "thumbnail"]
)
def test_a_foreign_host_or_origin_gets_nothing(server: Server, ann: Visit, path: str, headers: dict[str, str]) -> None:
    path = ann.thumbnails[0] if path == "thumbnail" else path
    status, body = server.ask("GET", path, Cookie=ann.cookie, **headers)
    assert status == 403
    assert b"LYCHEE_ALLOWED_HOSTS" in body


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:3000", "null"])
def test_a_foreign_page_opens_no_websocket(server: Server, ann: Visit, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, open_stream(server, origin=origin, Cookie=ann.cookie):
        pass
    assert refused.value.response.status_code == 403


def test_a_thumbnail_is_its_visitors_alone(server: Server, ann: Visit) -> None:
    path = ann.thumbnails[0]
    status, body = server.ask("GET", path, Cookie=ann.cookie)
    assert (status, body[:2]) == (200, b"\xff\xd8")
    stranger = f"{OWNER}={server.cookies()[OWNER]}"
    assert server.ask("GET", path, Cookie=stranger)[0] == 404
    assert server.ask("GET", path)[0] == 404


def test_no_picture_lies_where_everybody_may_read(ann: Visit) -> None:
    assert b"/media/" not in ann.drawn


PREFIXES = ["", "/thumbnails", "/media", "/static", "/component", "/app/static", "/_stcore", "/_stcore/bidi-components"]
CLIMBS = [
    "/../../../../../../etc/passwd",
    "/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%252f..%252fetc%252fpasswd",
    "/..\\..\\..\\etc\\passwd",
    "//etc/passwd",
    "/etc/passwd",
    "/../serve.py",
    "/../lychee_rerank/settings.py",
    "/file:///etc/passwd",
    "/x%00/../../etc/passwd",
]


@pytest.mark.parametrize("climb", CLIMBS)
def test_no_path_climbs_out(server: Server, ann: Visit, climb: str) -> None:
    for prefix in PREFIXES:
        request = (
            f"GET {prefix}{climb} HTTP/1.1\r\nHost: localhost\r\nCookie: {ann.cookie}\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(request.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 ")
        assert not re.search(rb"root:|PORTS_TRIED|LYCHEE_", answer), prefix


def test_an_upload_of_three_gigabytes_is_refused_without_being_kept(server: Server, ann: Visit) -> None:
    before = server.memory_bytes
    path = f"/_stcore/upload_file/{ann.session}/large"
    own = {"Cookie": ann.cookie, "X_Xsrftoken": ann.cookies[XSRF], "Content_Type": "multipart/form-data; boundary=x"}
    assert server.ask("PUT", path, **own, Content_Length=str(3 << 30))[0] == 413
    head = multipart("large.png", b"")[0].removesuffix(b"\r\n--x--\r\n")
    parts = (part for chunk in ([head], repeat(bytes(STREAM_MB), 3 << 10)) for part in chunk)
    assert server.ask("PUT", path, parts, **own)[0] == 413  # without a length, in chunks
    assert server.memory_bytes - before < 300 << 20


def test_two_thousand_uploads_are_survived(server: Server) -> None:
    with visit(server) as page:
        before = server.memory_bytes
        assert {upload(server, page, f"{n}") for n in range(2000)} == {204}
        assert server.memory_bytes - before < 100 << 20
    with visit(server) as other:
        assert len(other.thumbnails) == 32


@pytest.mark.parametrize("content", [b"", b"\xff" * 1000, "text", b"\x0a\xff\xff\xff\xff\x0f" * 100])
def test_nonsense_on_the_websocket_is_survived(server: Server, content: bytes | str) -> None:
    with visit(server) as page, suppress(ConnectionClosed, TimeoutError):
        page.stream.send(content)
        while True:
            page.stream.recv(1)
    assert server.ask("GET", "/_stcore/health")[0] == 200


def test_with_a_password_nothing_is_seen_without_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    port = find_port()
    data = tmp_path_factory.mktemp("data")
    with running_app(port, data, LYCHEE_PASSWORD=PASSWORD) as app:
        server = Server(port, app.pid)
        for path in ("/", "/media/x", "/thumbnails/x", "/static/js/index.js", "/_stcore/host-config", "/favicon.png"):
            assert server.ask("GET", path)[0] == 401
        assert server.ask("PUT", "/_stcore/upload_file/a/b", b"")[0] == 401
        with pytest.raises(InvalidStatus) as refused, open_stream(server):
            pass
        assert refused.value.response.status_code == 403
        form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": f"http://localhost:{port}"}
        assert server.ask("POST", "/", b"password=guess", **form)[0] == 401
        assert server.ask("POST", "/", b"password=open+sesame", **form)[0] == 303


def test_behind_a_proxy_the_websocket_opens_for_the_apps_name_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    port, name = find_port(), "photo-box.local"
    with running_app(port, tmp_path_factory.mktemp("data"), LYCHEE_ALLOWED_HOSTS=name) as app:
        server = Server(port, app.pid)
        cookies = "; ".join(f"{key}={value}" for key, value in server.cookies().items())
        # A proxy that gives its own Host; one on another port; one that leaves the port out of Host.
        for host, origin in (
            (f"127.0.0.1:{port}", f"https://{name}"),
            (name, f"https://{name}:8443"),
            (f"{name}:8443", f"https://{name}:8443"),
        ):
            with open_stream(server, origin=origin, host=host, Cookie=cookies) as stream:
                assert stream.response is not None
                assert stream.response.status_code == 101
        for host in (f"127.0.0.1:{port}", name):
            with (
                pytest.raises(InvalidStatus) as refused,
                open_stream(server, origin="https://evil.example", host=host, Cookie=cookies),
            ):
                pass
            assert refused.value.response.status_code == 403
        assert app.poll() is None  # it would have ended with the first packet that leaves the machine
