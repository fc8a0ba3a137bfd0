"""The cookie that says whose is what."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie

import pytest
from starlette.types import Scope

from lychee_rerank.web.owner import OWNER_COOKIE, OwnerMiddleware, read_owner


def bring(*cookies: str, kind: str = "http") -> Scope:
    """A request with these cookies."""
    return {"type": kind, "headers": [(b"cookie", cookie.encode()) for cookie in cookies]}


def answer(*cookies: str, kind: str = "http") -> list[str]:
    """The cookies that an answer sets when a request brings these."""
    sent = []

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"kept")]})

    async def send(message):  # type: ignore[no-untyped-def]
        sent.append(message)

    asked = OwnerMiddleware(app)(bring(*cookies, kind=kind), None, send)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as thread:  # the browser's tests leave a loop in this one
        thread.submit(asyncio.run, asked).result()
    assert (b"x-own", b"kept") in sent[0]["headers"]
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_browser_without_an_owner_gets_a_random_one_that_no_script_can_read() -> None:
    first, second = answer(), answer("other=1")
    morsels = [SimpleCookie(cookies[0])[OWNER_COOKIE] for cookies in (first, second)]
    assert morsels[0].value != morsels[1].value
    assert all(morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/" for morsel in morsels)
    assert read_owner(bring(f"a=b; {OWNER_COOKIE}={morsels[0].value}")) == morsels[0].value


def test_an_owner_is_kept() -> None:
    (cookie,) = answer()
    assert answer(f"{OWNER_COOKIE}={SimpleCookie(cookie)[OWNER_COOKIE].value}") == []


@pytest.mark.parametrize("value", ["", "short", "x" * 44, "x" * 42 + "!", "x" * 42 + "/"])
def test_an_owner_that_this_app_never_wrote_is_replaced(value: str) -> None:
    assert len(answer(f"{OWNER_COOKIE}={value}")) == 1


def test_a_websocket_passes_unchanged() -> None:
    assert answer(kind="websocket") == []
