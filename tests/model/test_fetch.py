"""Fetching the weights: claims on a small hub on this machine's loopback; nothing else is reached."""

import hashlib
import json
import threading
from collections.abc import Iterator
from enum import Enum, auto
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

from lychee_rerank.errors import DownloadFailed
from lychee_rerank.model.checkpoint import check_folder
from lychee_rerank.model.fetch import fetch_weights, stored_bytes

REPOSITORY = "someone/small-model"
COMMIT = "c" * 40
WEIGHTS = "model.safetensors"
CHUNK_BYTES = 10 * 2**20  # the client writes in pieces of this size (its DOWNLOAD_CHUNK_SIZE)
TENSOR_BYTES = 2 * CHUNK_BYTES
CUT_BYTES = CHUNK_BYTES * 3 // 2


def _safetensors(tensor_bytes: int) -> bytes:
    header = json.dumps({"x": {"dtype": "U8", "shape": [tensor_bytes], "data_offsets": [0, tensor_bytes]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\x07" * tensor_bytes


FILES = {
    "config.json": b'{"model_type": "qwen2_5_vl"}',
    "tokenizer.json": b"{}",
    "preprocessor_config.json": b"{}",
    "chat_template.jinja": b"x",
    WEIGHTS: _safetensors(TENSOR_BYTES),
    "pytorch_model.bin": b"a pickle",
    "modeling_own.py": b"raise SystemExit",
}


class Request(NamedTuple):
    """One request that the hub got; `range` is its Range header."""

    path: str
    range: str | None


class Cut(Enum):
    """What becomes of a hub that ends the weights early: it goes on, or it refuses all that follows."""

    GOES_ON = auto()
    REFUSES = auto()


class Hub(ThreadingHTTPServer):
    """The few routes of a hub that a download uses, over FILES."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.listed, self.files = dict(FILES), dict(FILES)  # what it promises, and what it sends
        self.requests: list[Request] = []
        self.cut: Cut | None = None
        self.refuses = False

    def ranges_of(self, name: str) -> list[str | None]:
        """The Range header of each request for a file."""
        return [one.range for one in self.requests if one.path == f"/{REPOSITORY}/resolve/{COMMIT}/{name}"]

    def listing(self) -> list[dict[str, object]]:
        """The files as the hub's tree route describes them: git's hash, and SHA-256 for the large ones."""
        entries: list[dict[str, object]] = [{"type": "directory", "path": "onnx", "oid": "d" * 40}]
        for name, content in self.listed.items():
            oid = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
            entry: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": oid}
            if name == WEIGHTS:
                sha256 = hashlib.sha256(content).hexdigest()
                entry |= {"oid": "e" * 40, "lfs": {"oid": sha256, "size": len(content), "pointerSize": 134}}
            entries.append(entry)
        return entries


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.requests.append(Request(path, self.headers["Range"]))
        if self.server.refuses:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"")
        elif path == f"/api/models/{REPOSITORY}":
            self._answer(HTTPStatus.OK, json.dumps({"id": REPOSITORY, "sha": COMMIT}).encode())
        elif path == f"/api/models/{REPOSITORY}/tree/{COMMIT}":
            self._answer(HTTPStatus.OK, json.dumps(self.server.listing()).encode())
        elif path.startswith(f"/{REPOSITORY}/resolve/{COMMIT}/"):
            self._answer_file(path.rpartition("/")[2])
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"{}", **{"X-Error-Code": "RepoNotFound"})

    def _answer_file(self, name: str) -> None:
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        whole, status, headers = self.server.files[name], HTTPStatus.OK, {}
        if start:
            status = HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        cut, keep = self.server.cut, None
        if cut and name == WEIGHTS:
            self.server.cut, keep = None, CUT_BYTES
            self.server.refuses = cut is Cut.REFUSES
        self._answer(status, whole[start:], keep=keep, **headers)

    def _answer(self, status: HTTPStatus, body: bytes, *, keep: int | None = None, **headers: str) -> None:
        """Promises the whole body, and sends its first `keep` bytes."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:keep])
        self.close_connection = keep is not None

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing: the requests are kept in `requests`."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def environment(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The container's environment: offline by default, and a hub on this machine for the mirror."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _fetch(models_dir: Path, repository: str = REPOSITORY, needed_bytes: int = 2 * TENSOR_BYTES) -> list[str]:
    lines: list[str] = []
    folder = fetch_weights(models_dir, repository=repository, needed_bytes=needed_bytes, report=lines.append)
    assert folder == models_dir / "small-model"
    return lines


def test_a_fetch_brings_every_needed_file_whole_and_no_pickle_or_code(hub: Hub, tmp_path: Path) -> None:
    lines = _fetch(tmp_path)
    arrived = {path.name: path.read_bytes() for path in (tmp_path / "small-model").iterdir() if path.name[0] != "."}
    assert arrived == {name: FILES[name] for name in FILES if not name.endswith((".bin", ".py"))}
    check_folder(tmp_path / "small-model")
    assert lines[0].endswith(f"comes from {hub.address}, goes to {tmp_path / 'small-model'}")
    assert lines[-1].endswith(f"complete in {tmp_path / 'small-model'}")


def test_the_need_of_17_gb_is_reported_before_the_first_request(hub: Hub, tmp_path: Path) -> None:
    lines: list[tuple[str, int]] = []
    with pytest.raises(DownloadFailed):
        fetch_weights(tmp_path, report=lambda line: lines.append((line, len(hub.requests))))
    assert "needs 17 GB" in lines[0][0]
    assert str(tmp_path / "lychee-rerank-mm") in lines[0][0]
    assert lines[0][1] == 0


def test_a_second_fetch_transfers_no_file_again(hub: Hub, tmp_path: Path) -> None:
    _fetch(tmp_path)
    hub.requests.clear()
    _fetch(tmp_path)
    assert hub.requests
    assert not [one for one in hub.requests if "/resolve/" in one.path]


def test_a_fetch_that_is_cut_in_the_middle_of_a_file_goes_on_by_itself(hub: Hub, tmp_path: Path) -> None:
    hub.cut = Cut.GOES_ON
    _fetch(tmp_path)
    assert hub.ranges_of(WEIGHTS) == [None, f"bytes={CHUNK_BYTES}-"]
    assert (tmp_path / "small-model" / WEIGHTS).read_bytes() == FILES[WEIGHTS]


def test_a_fetch_that_failed_in_the_middle_of_a_file_goes_on_from_there_when_run_again(
    hub: Hub, tmp_path: Path
) -> None:
    hub.cut = Cut.REFUSES
    with pytest.raises(DownloadFailed, match=r"did not deliver .* run the same command again: .* HF_ENDPOINT"):
        _fetch(tmp_path)
    assert not (tmp_path / "small-model" / WEIGHTS).exists()
    assert CHUNK_BYTES <= stored_bytes(tmp_path / "small-model") <= CUT_BYTES + 1000

    hub.refuses = False
    hub.requests.clear()
    _fetch(tmp_path)
    assert hub.ranges_of(WEIGHTS) == [f"bytes={CHUNK_BYTES}-"]
    assert (tmp_path / "small-model" / WEIGHTS).read_bytes() == FILES[WEIGHTS]


def test_a_file_that_was_damaged_on_this_disk_is_brought_again(hub: Hub, tmp_path: Path) -> None:
    _fetch(tmp_path)
    hub.requests.clear()
    weights = tmp_path / "small-model" / WEIGHTS
    weights.write_bytes(FILES[WEIGHTS][:-1] + b"x")
    _fetch(tmp_path)
    assert weights.read_bytes() == FILES[WEIGHTS]
    assert len([one for one in hub.requests if "/resolve/" in one.path]) == 1


def test_a_file_that_arrives_damaged_is_refused_and_thrown_away(hub: Hub, tmp_path: Path) -> None:
    hub.files["tokenizer.json"] = b"[]"
    with pytest.raises(DownloadFailed, match=r"tokenizer\.json arrived damaged"):
        _fetch(tmp_path)
    assert not list((tmp_path / "small-model").glob("tokenizer.json*"))


def test_two_fetches_do_not_write_into_one_folder(tmp_path: Path) -> None:
    (tmp_path / "small-model").mkdir()
    with FileLock(tmp_path / "small-model" / ".fetch.lock"):
        with pytest.raises(DownloadFailed, match="another fetch is at work"):
            _fetch(tmp_path)


def test_a_repository_that_is_not_there_is_named_with_its_hub(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed) as caught:
        _fetch(tmp_path, "nobody/nothing")
    assert caught.value.repository == "nobody/nothing"
    assert f"{hub.address} has no such repository" in caught.value.detail
    assert caught.value.__cause__ is not None


def test_a_hub_that_is_away_is_an_error_even_over_a_half_filled_folder(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fetch(tmp_path)
    (tmp_path / "small-model" / WEIGHTS).unlink()
    with Hub() as gone:  # a port that was free a moment ago
        monkeypatch.setenv("HF_ENDPOINT", gone.address)
    with pytest.raises(DownloadFailed) as caught:
        _fetch(tmp_path)
    assert f"{gone.address} did not deliver" in caught.value.detail
    assert "set HF_ENDPOINT to the address of a mirror" in caught.value.detail


def test_a_disk_without_room_is_refused_before_the_first_request(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"1000000 GB are still to come .* make room"):
        _fetch(tmp_path, needed_bytes=10**15)
    assert not hub.requests


def test_a_place_that_cannot_hold_a_folder_is_refused_with_a_remedy(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(DownloadFailed, match="set LYCHEE_MODELS_DIR"):
        _fetch(tmp_path / "models")
    assert not hub.requests


def test_a_file_that_grew_too_long_is_begun_anew(hub: Hub, tmp_path: Path) -> None:
    hub.files["tokenizer.json"] = b"{   }"
    with pytest.raises(DownloadFailed):
        _fetch(tmp_path)
    hub.files["tokenizer.json"] = FILES["tokenizer.json"]
    _fetch(tmp_path)
    assert (tmp_path / "small-model" / "tokenizer.json").read_bytes() == FILES["tokenizer.json"]


def test_files_that_make_no_model_are_an_error(hub: Hub, tmp_path: Path) -> None:
    hub.listed["config.json"] = hub.files["config.json"] = b'{"model_type": "bert"}'
    with pytest.raises(DownloadFailed, match=r"they are no model: .*bert"):
        _fetch(tmp_path)


def test_what_is_stored_counts_unfinished_files_too(tmp_path: Path) -> None:
    (tmp_path / ".cache" / "download").mkdir(parents=True)
    (tmp_path / ".cache" / "download" / "x.incomplete").write_bytes(b"12345")
    (tmp_path / "y").write_bytes(b"12")
    assert stored_bytes(tmp_path) == 7
