"""How torch's threads wait for each other, by what its OpenMP tells of itself when it is loaded."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lychee_rerank.machine import OPENMP_WAITS, let_threads_sleep
from tests.served import ROOT, find_port, start_app

SPINS = re.compile(r"GOMP_SPINCOUNT = '(\d+)'")


@pytest.fixture(autouse=True)
def openmp_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of how threads wait is set, and what OpenMP makes of it is printed."""
    for name in OPENMP_WAITS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_DISPLAY_ENV", "VERBOSE")


def spins(*command: str) -> int:
    """How often a thread looks again before it sleeps."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(SPINS.findall(done.stderr)[0])


def test_torchs_threads_sleep_while_they_wait_on_the_command_line() -> None:
    assert spins("-m", "lychee_rerank", "info") == 0


def test_torchs_threads_sleep_while_they_wait_in_the_app(tmp_path: Path) -> None:
    with start_app(find_port(), tmp_path) as app:
        assert app.stdout is not None
        found = next(match for line in app.stdout if (match := SPINS.search(line)))
        app.kill()
    assert found[1] == "0"


def test_a_program_that_uses_the_library_says_itself_how_its_threads_wait() -> None:
    load = "from lychee_rerank import Reranker; Reranker.load('demo').close()"
    assert spins("-c", load) > 0


@pytest.mark.parametrize("name", OPENMP_WAITS)
def test_what_the_user_chose_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "5")
    let_threads_sleep()
    assert {other: os.environ[other] for other in OPENMP_WAITS if other in os.environ} == {name: "5"}
