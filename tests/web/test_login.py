"""The login page, where a password is set."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from urllib.parse import quote

import httpx2
import pytest
from itsdangerous import TimestampSigner
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from lychee_rerank.web import login
from lychee_rerank.web.login import LIFE_S, LOGIN_COOKIE, LoginMiddleware
from lychee_rerank.words import CHINESE, ENGLISH
from tests.fakes import fake_page

PASSWORD = "荔枝 & lychee"


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "PAUSE_S", 0.0)


def open_client(password: str = PASSWORD, *, scheme: str = "http") -> TestClient:
    return TestClient(
        LoginMiddleware(fake_page, password=password), base_url=f"{scheme}://localhost", follow_redirects=False
    )


@pytest.fixture
def client() -> TestClient:
    return open_client()


@pytest.mark.parametrize(
    "path", ["/", "/?run=x", "/media/x.jpg", "/thumbnails/x", "/_stcore/upload_file/a/b", "/static/x"]
)
def test_without_the_password_every_path_is_the_login_page(client: TestClient, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "HEAD"):
        answer = client.request(method, path)
        assert answer.status_code == 401
        assert "the page" not in answer.text


def test_without_the_password_no_websocket_opens(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/_stcore/stream"):
        pass
    assert refused.value.code == 1008


@pytest.mark.parametrize("path", ["/_stcore/health", "/readyz"])
def test_a_health_check_needs_no_password_and_below_a_base_path_it_stands_there(client: TestClient, path: str) -> None:
    assert client.get(path).text == "the page"
    assert client.get(f"{path}/../../").status_code == 401
    below = TestClient(LoginMiddleware(fake_page, password=PASSWORD, base_path="/photos"))
    assert [below.get(prefix + path).status_code for prefix in ("/photos", "")] == [200, 401]


def test_the_right_password_leads_to_where_the_visitor_wanted_to_go(client: TestClient) -> None:
    answer = client.post("/?run=abc&lang=en", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?run=abc&lang=en")
    assert client.get("/?run=abc").text == "the page"
    cookie = {"cookie": f"{LOGIN_COOKIE}={client.cookies[LOGIN_COOKIE]}"}
    with client.websocket_connect("/_stcore/stream", headers=cookie):
        pass


@pytest.mark.parametrize("password", ["", "lychee", PASSWORD + " ", PASSWORD[:-1], "x" * 10_000, "\udcff"])
def test_a_wrong_password_opens_nothing(client: TestClient, password: str) -> None:
    answer = client.post("/", content=b"password=" + password.encode("utf-8", "surrogateescape"))
    assert answer.status_code == 401
    assert LOGIN_COOKIE not in answer.cookies
    assert client.get("/").status_code == 401


def test_a_form_above_4096_bytes_is_not_read_for_its_password(client: TestClient) -> None:
    password = quote(PASSWORD)
    for filler, status in ((4096 - len(f"&password={password}"), 303), (4096, 401)):
        assert client.post("/", content="x" * filler + f"&password={password}").status_code == status
        client.cookies.clear()


def test_the_login_page_speaks_the_browsers_language(client: TestClient) -> None:
    assert CHINESE.login_label in client.get("/", headers={"accept-language": "zh-CN,zh;q=0.9"}).text
    assert ENGLISH.login_label in client.get("/", headers={"accept-language": "en-US"}).text
    wrong = client.post("/", data={"password": "x"}, headers={"accept-language": "zh-CN"})
    assert CHINESE.login_wrong in wrong.text


def test_no_script_reads_the_cookie_and_no_plain_connection_carries_one_of_https() -> None:
    for scheme, secure in (("http", ""), ("https", True)):
        answer = open_client(scheme=scheme).post("/", data={"password": PASSWORD})
        morsel = SimpleCookie(answer.headers["set-cookie"])[LOGIN_COOKIE]
        assert (morsel["httponly"], morsel["samesite"], morsel["secure"]) == (True, "lax", secure)


def test_a_login_lasts_thirty_days(client: TestClient) -> None:
    answer = client.post("/", data={"password": PASSWORD})
    assert SimpleCookie(answer.headers["set-cookie"])[LOGIN_COOKIE]["max-age"] == "2592000"


def test_a_cookie_lasts_over_a_restart_and_ends_with_its_password(client: TestClient) -> None:
    client.post("/", data={"password": PASSWORD})
    cookie = {"cookie": f"{LOGIN_COOKIE}={client.cookies[LOGIN_COOKIE]}"}
    assert open_client().get("/", headers=cookie).status_code == 200
    assert open_client("another").get("/", headers=cookie).status_code == 401


def test_a_cookie_that_was_not_signed_here_or_is_too_old_opens_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/", data={"password": PASSWORD})
    value = client.cookies[LOGIN_COOKIE]
    client.cookies.clear()
    forged = TimestampSigner("a guess").sign(b"in").decode()
    for cookie in (forged, value[:-1], value.replace("in.", "out."), "in", ""):
        assert client.get("/", headers={"cookie": f"{LOGIN_COOKIE}={cookie}"}).status_code == 401
    assert client.get("/", headers={"cookie": f"{LOGIN_COOKIE}={value}"}).status_code == 200
    now = int(time.time())
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + LIFE_S + 60)
    assert client.get("/", headers={"cookie": f"{LOGIN_COOKIE}={value}"}).status_code == 401


def test_a_login_never_leads_to_another_site(client: TestClient) -> None:
    for path in ("//evil.example/x", "/\\evil.example", "///evil.example"):
        location = client.post(f"http://localhost{path}", data={"password": PASSWORD}).headers["location"]
        assert location.startswith("/")
        assert location[1] not in "/\\"
        client.cookies.clear()


def test_attempts_are_checked_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "PAUSE_S", 0.2)

    async def guess_at_once() -> list[int]:
        transport = httpx2.ASGITransport(LoginMiddleware(fake_page, password=PASSWORD))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answers = await asyncio.gather(*(client.post("/", data={"password": "guess"}) for _ in range(8)))
            return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(1) as thread:  # the browser's tests leave a loop in this one
        statuses = thread.submit(asyncio.run, guess_at_once()).result()
    assert sorted(statuses) == [401] + [429] * 7
