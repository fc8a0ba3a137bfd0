"""The API of the started app: its order is that of the Python door, its key, its end, and what it does when abused."""

import base64
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lychee_rerank import Reranker
from tests.limits import WAIT_S
from tests.served import ROOT, STOP_S, answers, find_port, running_app

IMAGES = sorted((ROOT / "images").iterdir())
QUERY = "sofa and a bulb"
ABUSED_S = 300  # a thousand requests on a machine that does other things, too
KEY = {"authorization": "Bearer a-key"}


def uri(path: Path) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()


def body_of(*documents: Any, **asked: Any) -> dict[str, Any]:
    return {"model": "any", "query": QUERY, "documents": documents, **asked}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with a password and a key, once its model answers."""
    port, data = find_port(), tmp_path_factory.mktemp("data")
    with running_app(port, data, LYCHEE_PASSWORD="secret", LYCHEE_API_KEY="a-key", LYCHEE_METRICS="on"):
        assert answers(port, "/readyz")
        yield f"http://localhost:{port}"


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/rerank"])
def test_the_order_and_the_scores_are_those_of_the_python_door(address: str, path: str) -> None:
    answer = httpx2.post(address + path, json=body_of(*map(uri, IMAGES)), headers=KEY, timeout=WAIT_S).json()
    with Reranker.load("demo") as reranker:
        report = reranker.rank(QUERY, IMAGES)
    assert [one["index"] for one in answer["results"]] == [result.index for result in report.results]
    assert [one["answer"] for one in answer["results"]] == [result.answer for result in report.results]
    for one, result in zip(answer["results"], report.results, strict=True):
        assert one["score"] == 10 * one["relevance_score"] == pytest.approx(result.score)
        assert one["expected"] == pytest.approx(result.expected, abs=1e-4)
    assert "lychee-rerank fetch" in answer["notice"]


def test_which_model_answers_is_told_to_who_has_the_key(address: str) -> None:
    (model,) = httpx2.get(f"{address}/v1/models", headers=KEY).json()["data"]
    assert (model["id"], model["object"]) == ("demo", "model")
    for path in ("/v1/models", "/v1/rerank"):
        assert httpx2.get(address + path).status_code == 401
    assert httpx2.post(f"{address}/v1/rerank", json=body_of("a")).status_code == 401
    assert httpx2.get(f"{address}/v1/rerank", headers=KEY).status_code == 405


def metrics(address: str) -> dict[str, float]:
    """All figures by their names."""
    answer = httpx2.get(f"{address}/metrics", headers=KEY)
    families = text_string_to_metric_families(answer.text)
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def test_prometheus_reads_what_was_done_and_neither_names_nor_queries(address: str) -> None:
    before = metrics(address)
    broken = {"image": base64.b64encode(IMAGES[0].read_bytes()[:200]).decode()}
    asked = body_of(*map(uri, IMAGES[:3]), broken, query="two unmistakable words")
    assert httpx2.post(f"{address}/v1/rerank", json=asked, headers=KEY, timeout=WAIT_S).status_code == 200
    after = metrics(address)
    gained = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert gained["lychee_photos_scored_total full"] == 3
    assert sum(value for name, value in gained.items() if "refused" in name) == 1
    assert gained["lychee_scoring_seconds_total"] > 0
    assert (after["lychee_jobs"], after["lychee_ready"]) == (0, 1)
    assert after["lychee_memory_bytes process"] > 100e6
    assert "unmistakable" not in httpx2.get(f"{address}/metrics", headers=KEY).text
    assert httpx2.get(f"{address}/metrics").status_code == 401


def test_another_sites_page_asks_for_nothing(address: str) -> None:
    refused = httpx2.post(f"{address}/v1/rerank", json=body_of("a"), headers=KEY | {"origin": "https://evil.example"})
    assert refused.status_code == 403


def test_the_api_can_be_turned_off_and_lies_below_the_base_path(tmp_path: Path) -> None:
    port = find_port()
    with running_app(port, tmp_path, LYCHEE_API="off"):
        off = httpx2.post(f"http://localhost:{port}/v1/rerank", json=body_of("a"))
        figures = httpx2.get(f"http://localhost:{port}/metrics").text  # by choice alone: the page answers
    assert (off.status_code, "results" in off.text, "lychee_jobs" in figures) == (405, False, False)
    port = find_port()
    with running_app(port, tmp_path, LYCHEE_BASE_PATH="/photos"):
        assert answers(port, "/photos/readyz")
        below = httpx2.post(f"http://localhost:{port}/photos/v1/rerank", json=body_of("a"))
    assert [one["index"] for one in below.json()["results"]] == [0]


def test_a_request_that_waits_does_not_keep_the_app_from_its_end(tmp_path: Path) -> None:
    port = find_port()
    (hold := tmp_path / "hold").touch()
    count, settings = tmp_path / "count", {"LYCHEE_TEST_HOLD": str(hold), "LYCHEE_TEST_HOLD_AT": "1"}
    with (
        running_app(port, tmp_path / "data", counted=count, **settings) as app,
        ThreadPoolExecutor(1) as threads,
    ):
        assert answers(port, "/readyz")
        address = f"http://localhost:{port}/v1/rerank"
        asked = threads.submit(httpx2.post, address, json=body_of(*map(uri, IMAGES)), timeout=WAIT_S)
        while not count.stat().st_size:
            assert not asked.done()
            time.sleep(0.05)
        app.send_signal(signal.SIGTERM)
        answer = asked.result(WAIT_S)
        hold.unlink()
        assert app.wait(STOP_S) == 0
    assert (answer.status_code, answer.json()["message"]) == (503, "The app is being closed.")


def send(address: str, text: bytes) -> socket.socket:
    """A connection over which that was sent."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=WAIT_S)
    connection.sendall(text)
    return connection


def test_abuse_is_refused_or_served_and_the_page_stays_alive(address: str) -> None:
    head = b"POST /v1/rerank HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a-key\r\nContent-Length: "
    slow = [send(address, head + b"1000\r\n\r\n" + b'{"query"') for _ in range(50)]
    huge = send(address, head + str(3 * 2**30).encode() + b"\r\n\r\n" + b"x" * 1000)
    documents = json.dumps(body_of(uri(IMAGES[0]))).encode()
    statuses: list[int] = []
    lock = threading.Lock()

    def ask(number: int) -> None:
        content = [documents, documents[:-1], b"\xff", json.dumps(body_of(*["a"] * 10_000)).encode()][number % 4]
        with httpx2.Client(headers=KEY, timeout=ABUSED_S) as client:
            status = client.post(f"{address}/v1/rerank", content=content).status_code
        with lock:
            statuses.append(status)

    with ThreadPoolExecutor(100) as threads:
        asked = [threads.submit(ask, number) for number in range(1000)]
        assert httpx2.get(f"{address}/_stcore/health", timeout=ABUSED_S).text == "ok"
        for one in asked:
            one.result()
    assert set(statuses) <= {200, 400, 429}
    assert statuses.count(400) + statuses.count(429) >= 750
    assert statuses.count(200) > 0
    assert b" 413 " in huge.recv(100)
    for connection in [*slow, huge]:
        connection.close()
    assert httpx2.get(f"{address}/_stcore/health", timeout=ABUSED_S).text == "ok"
    after = httpx2.post(f"{address}/v1/rerank", json=body_of(uri(IMAGES[0])), headers=KEY, timeout=ABUSED_S)
    assert [one["index"] for one in after.json()["results"]] == [0]
