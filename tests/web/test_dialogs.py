"""Streamlit's own error dialogs: the page is asked to show none, and every other answer stays as it is."""

from pathlib import Path

import pytest
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from streamlit.web.server.starlette import starlette_routes

from lychee_rerank.web.dialogs import DialogMiddleware

HOST_CONFIG = "/_stcore/host-config"


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """Says what Streamlit says there, refuses where it is asked to, and something else everywhere else."""
    if scope["query_string"]:
        await PlainTextResponse("no", status_code=403)(scope, receive, send)
    elif scope["path"] == HOST_CONFIG:
        settings = {"allowedOrigins": ["https://a"], "blockErrorDialogs": False}
        await JSONResponse(settings, headers={"vary": "origin"})(scope, receive, send)
    else:
        await PlainTextResponse("{}")(scope, receive, send)


def test_the_page_is_asked_to_show_no_dialogs_of_its_own() -> None:
    answer = TestClient(DialogMiddleware(page)).get(HOST_CONFIG)
    assert answer.json() == {"allowedOrigins": ["https://a"], "blockErrorDialogs": True}
    assert answer.headers["vary"] == "origin"
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize(("path", "status", "body"), [("/", 200, "{}"), (f"{HOST_CONFIG}?refuse", 403, "no")])
def test_every_other_answer_stays_as_it_is(path: str, status: int, body: str) -> None:
    answer = TestClient(DialogMiddleware(page)).get(path)
    assert (answer.status_code, answer.text) == (status, body)


def test_streamlits_own_settings_have_the_name_that_is_changed() -> None:
    assert '"blockErrorDialogs"' in Path(starlette_routes.__file__).read_text(encoding="utf-8")
