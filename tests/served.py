"""The app as `make run` starts it, for tests that look at it from outside."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psutil

ROOT = Path(__file__).parent.parent
START_S = 180
STOP_S = 10  # what Docker gives

App = subprocess.Popen[str]


def find_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_app(
    port: int,
    data: Path,
    *,
    output: IO[str] | int = subprocess.PIPE,
    counted: Path | None = None,
    under: Sequence[str] = (),
    **settings: str,
) -> App:
    """`python serve.py` on the demo model; `settings` are further environment variables.

    Into the file `counted`, where one is named, goes a byte each time that the model is asked to score a picture.
    `under` is a command that runs it. Whatever it is, a connection beyond this machine ends the app.
    """
    command = [*under, sys.executable, *(["-m", "tests.counted", str(counted)] if counted else ["serve.py"])]
    own = {"LYCHEE_PORT": str(port), "LYCHEE_DATA_DIR": str(data), "LYCHEE_MODEL": "demo", "PYTHONUNBUFFERED": "1"}
    if counted:
        own["LYCHEE_QUICK_LOOK"] = "never"  # each photo counts once
    own["PYTHONPATH"] = f"{ROOT / 'tests' / 'guarded'}{os.pathsep}{ROOT}"
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | own | settings,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def running_app(port: int, data: Path, **how: Any) -> Iterator[App]:
    """The app of start_app, once it answers; stopped at the end, and by force where it does not stop."""
    with start_app(port, data, **{"output": subprocess.DEVNULL} | how) as app:
        try:
            health = how.get("LYCHEE_BASE_PATH", "") + "/_stcore/health"
            assert answers(port, health), "the app did not start"
            yield app
        finally:
            if app.poll() is None:
                served = [psutil.Process(app.pid), *psutil.Process(app.pid).children(recursive=True)]
                next(process for process in served if "strace" not in process.name()).terminate()
                try:
                    app.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    for process in served:
                        with suppress(psutil.NoSuchProcess):  # it has ended by itself just now
                            process.kill()


def answers(port: int, path: str = "/_stcore/health", *, host: str = "127.0.0.1", name: str = "localhost") -> bool:
    """True once a request for that path, under that name, is answered well."""
    request = urllib.request.Request(f"http://{host}:{port}{path}", headers={"Host": name})
    limit_s = time.monotonic() + START_S
    while time.monotonic() < limit_s:
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False
