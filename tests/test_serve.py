"""The started app, seen from outside: port, address, allowed hosts, stopping."""

import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lychee_rerank.store.store import Store
from tests.served import ROOT, START_S, STOP_S, App, answers, find_port, start_app

Serve = Callable[..., App]


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return find_port()


@pytest.fixture
def serve(tmp_path: Path, port: int) -> Iterator[Serve]:
    """Starts `python serve.py` with further settings; kills what is left of it."""
    running: list[App] = []

    def start(**settings: str) -> App:
        running.append(start_app(port, tmp_path, **settings))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def read_until(process: App, start: str) -> str:
    """What the app has printed up to the line that starts so, that line included."""
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if line.startswith(start):
            return told
    raise AssertionError(f"{start!r} was never printed: {told}")


def stop(process: App) -> tuple[int, str]:
    """Exit status and output after SIGTERM, within Docker's time."""
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=STOP_S)
    return process.returncode, output


def test_the_app_says_which_model_gallery_and_address_and_stops_when_asked(serve: Serve, port: int) -> None:
    process = serve()
    assert answers(port)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=60)
    told = read_until(process, "Model: demo")
    assert f"Open http://localhost:{port}\n" in told
    assert f"Gallery: {ROOT / 'images'}\n" in told
    code, output = stop(process)
    assert code == 0
    assert "Traceback" not in output


def test_the_address_can_be_widened(serve: Serve, port: int) -> None:
    process = serve(LYCHEE_ADDRESS="0.0.0.0", LYCHEE_ALLOWED_HOSTS="127.0.0.2")
    assert answers(port, host="127.0.0.2")
    assert stop(process)[0] == 0


def test_the_shipped_settings_are_the_ones_that_their_page_promises() -> None:
    shipped = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert shipped["browser"] == {"serverAddress": "localhost", "gatherUsageStats": False}
    assert shipped["client"] == {"showErrorDetails": "none", "showErrorLinks": False, "toolbarMode": "minimal"}
    assert shipped["server"]["fileWatcherType"] == "none"
    assert shipped["server"]["enableStaticServing"] is False
    assert "enableXsrfProtection" not in shipped["server"]  # on unless it is turned off
    assert shipped["runner"]["postScriptGC"] is False


def upgrade(port: int, host: str) -> str:
    """The status line that the page's websocket answers when it is asked for under that name."""
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return connection.recv(4096).decode("utf-8", "replace").splitlines()[0]


def test_the_page_answers_to_the_allowed_names_alone(serve: Serve, port: int) -> None:
    serve(LYCHEE_ALLOWED_HOSTS="my-host")
    assert answers(port)
    assert "101" in upgrade(port, "localhost")
    assert "101" in upgrade(port, "my-host")
    assert "101" not in upgrade(port, "evil.example")


def test_a_taken_port_is_told_and_the_next_free_one_is_used(serve: Serve, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = serve()
        told = read_until(process, "Open")
        assert f"Port {port} is taken" in told
        used = int(told.rsplit(":", 1)[1])
        assert used > port
        assert answers(used)


def test_a_temporary_data_folder_is_gone_when_the_app_stops(serve: Serve, port: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = serve(LYCHEE_DATA_DIR=str(tmp_path / "file" / "data"), TMPDIR=str(temporary))
    assert answers(port)
    assert len(list(temporary.glob("lychee-*"))) == 1
    assert stop(process)[0] == 0
    assert list(temporary.glob("lychee-*")) == []


def test_a_setting_that_cannot_be_used_ends_the_start_with_its_name(serve: Serve) -> None:
    output, _ = serve(LYCHEE_PORT="many").communicate(timeout=START_S)
    assert "LYCHEE_PORT='many': expected a whole number" in output
    assert "Traceback" not in output


def test_a_stop_while_the_app_is_starting_ends_it(serve: Serve) -> None:
    process = serve()
    read_until(process, "Gallery")
    assert "Traceback" not in stop(process)[1]


# The app, with a model that never ends being loaded: small steps inside torch, as those of importing and reading it.
BUSY = """
import torch
from lychee_rerank.jobs import worker
from lychee_rerank.model.loader import ModelLoader

def load(loader):
    while True:
        torch.rand(64, 64) @ torch.rand(64, 64)

worker._STOP_S, ModelLoader.load = 0.1, load
import serve
serve.main()
"""


def test_a_stop_while_the_model_is_at_work_ends_the_app_in_order(port: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (temporary := tmp_path / "temporary").mkdir()
    own = {"LYCHEE_PORT": str(port), "LYCHEE_DATA_DIR": str(tmp_path / "file" / "data"), "LYCHEE_MODEL": "demo"}
    own["TMPDIR"] = str(temporary)
    command = [sys.executable, "-c", BUSY]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert answers(port)
            assert len(list(temporary.glob("lychee-*"))) == 1
            code, output = stop(process)
        finally:
            process.kill()
    assert code == 0, output
    assert "terminate" not in output  # what C++ says of a thread that is ended inside it
    assert list(temporary.glob("lychee-*")) == []


def test_a_data_folder_of_a_newer_version_ends_the_start_with_one_sentence(serve: Serve, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.database.write(("PRAGMA user_version = 99", ()))
    store.close()
    process = serve()
    output, _ = process.communicate(timeout=START_S)
    assert (process.returncode, output.splitlines()[-1]) == (1, f"{tmp_path}: written by a newer version of this app")
    assert "Traceback" not in output


def test_the_log_says_as_much_as_its_level(serve: Serve, port: int) -> None:
    quiet = serve(LYCHEE_LOG_LEVEL="warning")
    assert answers(port, "/readyz")
    assert stop(quiet) == (0, "")
