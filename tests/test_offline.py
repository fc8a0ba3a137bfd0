"""Nothing leaves the machine: by the kernel's account of who connected where, and by a guard in every tested app."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guarded.sitecustomize import EXIT_LEFT_THE_MACHINE
from tests.served import ROOT, find_port, running_app
from tests.visitor import Server, visit

STRACE = shutil.which("strace")
needs_strace = pytest.mark.skipif(
    not STRACE and not os.environ.get("LYCHEE_REQUIRE_BROWSER"), reason="no strace found: `apt-get install strace`"
)
ADDRESS = re.compile(r'sa_family=AF_INET6?.*?(?:inet_addr\("([^"]*)"\)|inet_pton\(AF_INET6, "([^"]*)")')


def traced(log: Path) -> list[str]:
    """The command that runs another, with its children, and notes every connection it asks for."""
    assert STRACE
    return [STRACE, "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg", "-o", str(log)]


def addresses(log: Path) -> set[str]:
    """The internet addresses in what was noted."""
    return {match[1] or match[2] for match in ADDRESS.finditer(log.read_text())}


@needs_strace
def test_the_command_line_connects_to_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    rank = [sys.executable, "-m", "lychee_rerank", "rank", "sofa", str(ROOT / "images")]
    environment = os.environ | {"LYCHEE_MODEL": "demo", "LYCHEE_DATA_DIR": str(tmp_path)}
    done = subprocess.run([*traced(log), *rank], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "IMG_" in done.stdout
    assert addresses(log) == set()


@needs_strace
def test_the_app_connects_to_nothing_from_its_start_over_a_page_to_its_end(tmp_path: Path) -> None:
    log, port = tmp_path / "log", find_port()
    with running_app(port, tmp_path / "data", under=traced(log)) as app, visit(Server(port, app.pid)) as page:
        assert len(page.thumbnails) == 32
    assert addresses(log) <= {"127.0.0.1"}


@needs_strace
def test_a_connection_would_be_noted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    subprocess.run([*traced(log), sys.executable, "-c", code], check=False, capture_output=True)
    assert addresses(log) == {"192.0.2.1"}


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)", True),
        ("import urllib.request; urllib.request.urlopen('http://example.com')", True),
        ("import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())", False),
    ],
)
def test_the_guard_of_the_tested_apps_ends_what_leaves_the_machine(code: str, left: bool) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests" / "guarded")}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert ended.returncode == (EXIT_LEFT_THE_MACHINE if left else 0)
