"""The key for programs, with a password for the page and without."""

import pytest
from starlette.testclient import TestClient

from lychee_rerank.web.api_key import API_PATHS, ApiKeyMiddleware
from lychee_rerank.web.login import LoginMiddleware
from tests.fakes import fake_page

KEY = "荔枝-key"


def open_client(key: str | None, *, locked: bool = False, base_path: str = "") -> TestClient:
    return TestClient(ApiKeyMiddleware(fake_page, key=key, locked=locked, base_path=base_path))


def status(client: TestClient, path: str, header: str | None = None) -> int:
    headers = {} if header is None else {"authorization": header.encode()}
    return client.get(path, headers=headers).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize("path", API_PATHS)
def test_with_a_key_nothing_is_answered_without_it(path: str) -> None:
    client = open_client(KEY)
    wrong = [None, "", "Bearer", "Bearer x", f"Basic {KEY}", KEY, f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"]
    assert [status(client, path, header) for header in wrong] == [401] * len(wrong)
    assert "Bearer" in client.get(path).headers["www-authenticate"]


def test_the_key_opens_the_api() -> None:
    client = open_client(KEY)
    assert [status(client, path, f"Bearer {KEY}") for path in API_PATHS] == [200] * len(API_PATHS)
    assert status(client, "/v1/rerank", f"bearer  {KEY} ") == 200


def test_the_page_asks_for_no_key() -> None:
    assert [status(open_client(KEY), path) for path in ("/", "/v1", "/v1/rerank/", "/thumbnails/x")] == [200] * 4


def test_without_a_key_the_api_is_as_open_as_the_page() -> None:
    assert status(open_client(None), "/v1/rerank") == 200
    refused = open_client(None, locked=True).get("/v1/rerank")
    assert (refused.status_code, "LYCHEE_API_KEY" in refused.json()["message"]) == (401, True)


def test_a_password_is_for_the_page_and_the_key_for_programs() -> None:
    keyed = ApiKeyMiddleware(fake_page, key="a-key", locked=True, base_path="/photos")
    client = TestClient(LoginMiddleware(keyed, password="secret", base_path="/photos"))
    assert status(client, "/photos/v1/rerank", "Bearer a-key") == 200
    assert "json" in client.get("/photos/v1/rerank").headers["content-type"]
    assert status(client, "/v1/rerank", "Bearer a-key") == 401  # the login page: below the base path alone
    assert status(client, "/photos/", "Bearer a-key") == 401
