"""Requests for scores, answered by a worker of the fake judge: 10 times the share of red."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from lychee_rerank.api import rerank
from lychee_rerank.api.rerank import OWNER, RerankEndpoint
from lychee_rerank.jobs.lock import FolderLock
from lychee_rerank.jobs.setup import Setup
from lychee_rerank.jobs.worker import Worker
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.query import parse_query
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.store.store import Store
from tests.fakes import FakeJudge
from tests.jobs.workers import another_process, no_model, wait_for
from tests.limits import WAIT_S
from tests.maps import HALF
from tests.pictures import encode, make_plain, write_reds

CLOSING_SENTENCE = "The app is being closed."


def red(value: int) -> str:
    return "data:image/png;base64," + base64.b64encode(encode(make_plain((value, 0, 0)), "PNG")).decode()


class Door:
    """The endpoint over one worker, with a folder of three photos."""

    def __init__(self, folder: Path, judge: Any, calibration: Calibration | None = None) -> None:
        self.closing, self.judge, self.folder = threading.Event(), judge, folder / "images"
        self.folder.mkdir()
        write_reds(self.folder, [51, 153, 255])
        load = (lambda: judge) if isinstance(judge, FakeJudge) else judge
        self.lock = folder / "lock"
        self.store = Store(folder / "data")
        self.worker = Worker(
            Setup(load, decode_photo, calibration=calibration), self.store, FolderLock(self.lock)
        ).start()
        service = SimpleNamespace(
            worker=self.worker, settings=SimpleNamespace(images_dir=self.folder), loader=SimpleNamespace(choice=None)
        )
        self.endpoint = RerankEndpoint(lambda: service, self.closing)  # type: ignore[arg-type, return-value]
        self.client = TestClient(Starlette(routes=[Route("/rerank", self.endpoint.answer, methods=["POST"])]))

    def ask(self, *documents: Any, query: Any = "red", **asked: Any) -> Any:
        """The answer to a request that has to have one."""
        answer = self.client.post("/rerank", json={"query": query, "documents": documents, **asked})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path, FakeJudge())
    with door.client:
        assert door.worker.wait(WAIT_S)
        yield door
        door.judge.let_go()
    door.worker.close()


def test_photos_come_back_best_first_with_all_that_the_page_knows_of_them(door: Door) -> None:
    answer = door.ask(red(51), red(255), red(153))
    assert [(one["index"], one["relevance_score"]) for one in answer["results"]] == [(1, 1.0), (2, 0.6), (0, 0.2)]
    best = answer["results"][0]
    assert (best["score"], best["expected"], best["label_mass"], best["answer"]) == (10.0, 10.0, 1.0, "10.0")
    assert answer["model"] == "fake"
    assert "document" not in best
    assert "raw" not in best
    assert "notice" not in answer


def test_with_a_map_the_models_own_score_stands_beside_the_one_that_ranks(tmp_path: Path) -> None:
    door = Door(tmp_path, FakeJudge(), HALF)
    with door.client:
        assert door.worker.wait(WAIT_S)
        results = door.ask(red(51), red(255))["results"]
    door.worker.close()
    assert [(one["index"], one["relevance_score"], one["score"], one["raw"]) for one in results] == [
        (1, 0.5, 5.0, 10.0),
        (0, 0.1, 1.0, 2.0),
    ]


def test_every_index_comes_back_and_what_is_no_photo_comes_last_with_its_reason(door: Door) -> None:
    broken = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n broken").decode()
    results = door.ask("a text", red(51), broken, "https://x.example/1.jpg", red(255))["results"]
    assert [one["index"] for one in results] == [4, 1, 0, 2, 3]
    assert [one["relevance_score"] for one in results] == [1.0, 0.2, 0.0, 0.0, 0.0]
    assert [one["reason"] for one in results[2:]] == ["text", "truncated", "address"]
    assert [len(one["error"]) > 10 for one in results[2:]] == [True] * 3


def test_texts_alone_are_answered_without_the_model(door: Door) -> None:
    results = door.ask("Paris", "London")["results"]
    assert [(one["index"], one["relevance_score"], one["reason"]) for one in results] == [
        (0, 0.0, "text"),
        (1, 0.0, "text"),
    ]
    assert door.judge.answers == 0


def test_top_n_cuts_what_comes_back_and_documents_come_back_where_they_are_asked_for(door: Door) -> None:
    documents = [red(51), {"image": red(255), "id": 7}]
    answer = door.ask(*documents, top_n=1, return_documents=True)
    (best,) = answer["results"]
    assert (best["index"], best["document"]) == (1, {"text": "", **documents[1]})
    (plain,) = door.ask(documents[0], return_documents=True)["results"]
    assert plain["document"] == {"text": documents[0]}


def test_texts_get_the_bare_list_of_text_embeddings_inference(door: Door) -> None:
    answer = door.client.post("/rerank", json={"query": "red", "texts": [red(51), red(255), "x"], "return_text": True})
    first, second, third = answer.json()
    assert first == {"index": 1, "score": 1.0, "text": red(255)}
    assert (second["index"], second["score"]) == (0, 0.2)
    assert (third["index"], third["score"], third["reason"]) == (2, 0.0, "text")


def test_a_path_leads_to_a_photo_of_the_folder_and_nowhere_else(door: Door, tmp_path: Path) -> None:
    write_reds(tmp_path, {"outside.png": 204})
    (door.folder / "link.png").symlink_to(tmp_path / "outside.png")
    (door.folder / "below").mkdir()
    write_reds(door.folder / "below", {"a.png": 204})
    paths = ["255.png", "below/a.png", "below/../51.png", "../outside.png", str(tmp_path / "outside.png"), "link.png"]
    results = door.ask(*[{"path": path} for path in [*paths, "gone.png", "", "\0"]])["results"]
    assert [(one["index"], one["relevance_score"]) for one in results[:3]] == [(0, 1.0), (1, 0.8), (2, 0.2)]
    assert [(one["index"], one["reason"]) for one in results[3:]] == [(n, "outside") for n in range(3, 9)]


@pytest.mark.parametrize("words", [{}, {"text": "but in blue"}])
def test_a_picture_as_the_query_is_an_example_with_words_or_without(door: Door, words: dict[str, str]) -> None:
    for example, expected in (
        ({"image": red(153)}, [(2, 1.0), (0, 0.6), (1, 0.6)]),
        ({"path": "255.png"}, [(1, 1.0), (2, 0.6), (0, 0.2)]),
    ):
        results = door.ask(red(51), red(255), red(153), query=example | words)["results"]
        assert [(one["index"], one["relevance_score"]) for one in results] == expected
    assert door.judge.queries == [words.get("text", "")] * 2
    assert [template.name for template in door.judge.templates] == ["number_like"] * 2


def test_a_client_that_only_knows_texts_asks_with_a_data_uri(door: Door) -> None:
    results = door.ask(red(51), red(153), query=red(153))["results"]
    assert [(one["index"], one["relevance_score"]) for one in results] == [(1, 1.0), (0, 0.6)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"image": "data:image/png;base64," + base64.b64encode(b"no picture").decode()}, "this is a text file, not a"),
        ({"image": red(153)[: len(red(153)) // 2]}, "The example photo cannot be used: the file ends too early."),
        ({"image": "data:image/png;base64,"}, "The example photo cannot be used: the file is empty."),
        ({"image": "https://x.example/1.jpg"}, "none is followed"),
        ({"path": "../outside.png"}, "the path of `query` does not lead to a file in the mounted folder."),
        ({"path": "gone.png"}, "the path of `query` does not lead to a file in the mounted folder."),
        ({"image": red(153), "text": "x" * 2001}, "the query is too long (2001 characters)."),
    ],
)
def test_a_picture_that_cannot_be_the_example_is_the_clients_fault(door: Door, query: Any, said: str) -> None:
    write_reds(door.folder.parent, {"outside.png": 204})
    answer = door.client.post("/rerank", json={"query": query, "documents": [red(51)]})
    assert (answer.status_code, said in answer.json()["message"]) == (400, True), answer.text


def test_nothing_is_left_of_a_request(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(rerank.tempfile, "tempdir", str(temporary))
    door.ask(red(51))
    door.ask(red(51), query={"image": red(51)})
    assert list(temporary.iterdir()) == []
    assert door.store.runs.past(OWNER, most=10) == ()
    assert door.store.database.rows("SELECT * FROM runs") == []
    assert door.worker.book.under_way(OWNER) == ()
    assert door.endpoint._held_bytes == door.endpoint._waiting == 0


def test_the_same_request_is_answered_again_without_another_look(door: Door) -> None:
    assert door.ask(red(51), red(255))["results"] == door.ask(red(51), red(255))["results"]
    assert door.judge.answers == 2


def test_a_request_takes_turns_with_the_page(door: Door) -> None:
    door.judge.hold()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(door.ask, *[red(n) for n in range(100, 108)])
        assert door.judge.begun.wait(WAIT_S)
        photos = write_reds(door.folder, range(8))
        job = door.worker.submit(parse_query("red"), photos, owner="ann")
        done: list[int] = []  # of the page's photos, before each answer
        door.judge.before_generate = lambda: done.append(len(job.progress().outcomes))
        door.judge.let_go()
        wait_for(job)
        assert len(asked.result(WAIT_S)["results"]) == 8
    assert 2 <= done[8] <= 6


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b'{"query": "red"', 400, "no JSON"),
        (b'{"query": " ", "documents": ["a"]}', 400, "empty"),
        (json.dumps({"query": "x" * 2001, "documents": ["a"]}).encode(), 400, "too long (2001 characters)"),
        (json.dumps({"query": "red", "documents": ["a"] * 10_000}).encode(), 400, "10000 documents"),
    ],
)
def test_what_cannot_be_answered_gets_a_status_and_a_sentence(door: Door, body: bytes, status: int, said: str) -> None:
    answer = door.client.post("/rerank", content=body)
    assert answer.status_code == status
    assert said in answer.json()["message"]


def test_a_body_that_is_too_large_is_refused_by_its_length_and_where_it_tells_none(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerank, "MOST_BODY_BYTES", 1000)
    assert door.client.post("/rerank", content=b"x" * 1001).status_code == 413
    assert door.client.post("/rerank", content=(b"x" * 300 for _ in range(4))).status_code == 413
    assert door.client.post("/rerank", content=(b" " * 300 for _ in range(3))).status_code == 400
    assert door.endpoint._held_bytes == 0


def test_requests_that_hold_too_much_or_wait_in_too_great_a_number_are_to_come_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerank, "MOST_WAITING", 0)
    refused = door.client.post("/rerank", json={"query": "red", "documents": ["a"]})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    monkeypatch.setattr(rerank, "MOST_WAITING", 1)
    monkeypatch.setattr(rerank, "MOST_HELD_BYTES", 10)
    assert door.client.post("/rerank", json={"query": "red", "documents": ["a"]}).status_code == 429
    monkeypatch.setattr(rerank, "MOST_HELD_BYTES", 1000)
    assert door.ask("a")["results"][0]["index"] == 0


@pytest.mark.parametrize("limit", ["BODY_S", "PAUSE_S"])
def test_a_body_that_does_not_come_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(rerank, limit, 0.05)
    pieces = iter([{"type": "http.request", "body": b'{"query": ', "more_body": True}])

    async def receive() -> Any:
        for piece in pieces:
            return piece
        return await asyncio.Event().wait()

    request = Request({"type": "http", "method": "POST", "path": "/rerank", "headers": []}, receive)
    refused = asyncio.run(door.endpoint.answer(request))
    assert (refused.status_code, b"did not arrive in time" in refused.body) == (408, True)
    assert door.endpoint._held_bytes == 0


def test_a_client_that_goes_away_takes_its_request_along(door: Door) -> None:
    door.judge.hold()
    body = json.dumps({"query": "red", "documents": [red(n) for n in range(100, 108)]}).encode()
    messages = iter([{"type": "http.request", "body": body}])

    async def receive() -> Any:
        for message in messages:
            return message
        while not door.judge.begun.is_set():
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    request = Request({"type": "http", "method": "POST", "path": "/rerank", "headers": []}, receive)
    asyncio.run(door.endpoint.answer(request))
    door.judge.let_go()
    assert wait_for(door.worker.submit(parse_query("red"), write_reds(door.folder, [1]), owner="ann")).complete
    assert door.judge.answers <= 2


def test_an_app_that_closes_lets_no_request_wait(door: Door) -> None:
    door.judge.hold()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(door.client.post, "/rerank", json={"query": "red", "documents": [red(51)]})
        assert door.judge.begun.wait(WAIT_S)
        door.closing.set()
        answer = asked.result(WAIT_S)
    assert (answer.status_code, answer.json()["message"]) == (503, CLOSING_SENTENCE)


def test_without_a_model_the_request_is_told_why(tmp_path: Path) -> None:
    door = Door(tmp_path, no_model)
    assert door.worker.wait(WAIT_S)
    refused = door.client.post("/rerank", json={"query": "red", "documents": [red(51)]})
    door.worker.close()
    assert (refused.status_code, "fetch it" in refused.json()["message"]) == (503, True)


def test_where_another_app_scores_the_request_is_sent_there(tmp_path: Path) -> None:
    with another_process(tmp_path / "lock"):
        door = Door(tmp_path, FakeJudge())
        refused = door.client.post("/rerank", json={"query": "red", "documents": [red(51)]})
        door.worker.close()
    assert (refused.status_code, "Another app" in refused.json()["message"]) == (503, True)
