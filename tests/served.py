"""The app as `make run` starts it, for tests that look at it from outside."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
START_S = 120

App = subprocess.Popen[str]


def find_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_app(
    port: int, data: Path, *, output: IO[str] | int = subprocess.PIPE, counted: Path | None = None, **settings: str
) -> App:
    """`python serve.py` on the demo model; `settings` are further environment variables.

    Into the file `counted`, where one is named, goes a byte each time that the model is asked to score a picture.
    """
    command = ["-m", "tests.counted", str(counted)] if counted else ["serve.py"]
    own = {"LYCHEE_PORT": str(port), "LYCHEE_DATA_DIR": str(data), "LYCHEE_MODEL": "demo", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | own | settings,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """True once the page's health is good at that address."""
    limit_s = time.monotonic() + START_S
    while time.monotonic() < limit_s:
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/_stcore/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False
