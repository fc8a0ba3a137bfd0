"""Killed at any moment, again and again: nothing that was scored is lost, and the end is that of an undisturbed run."""

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "images"
QUERY = "沙发 + 灯泡 + 咖啡"
KILLS = int(os.environ.get("LYCHEE_KILLS", "3"))  # a command takes some seconds to start
TOLERANCE = 1e-4
MOST_S = 300

# What the app does, without its page: the service, and a first click where there is no run yet.
APP = """
from lychee_rerank.photos.folders import find_photos
from lychee_rerank.query import parse_query
from lychee_rerank.service import open_service
from pathlib import Path
import os, sys
service = open_service()
known = service.store.database.rows("SELECT id FROM runs")
if not known:
    service.worker.submit(parse_query(sys.argv[1]), find_photos([Path(sys.argv[2])]).photos)
    known = service.store.database.rows("SELECT id FROM runs")
print(known[0]["id"], flush=True)
job = service.worker.book.find(known[0]["id"])
job.wait()
for outcome in job.progress().outcomes:
    print(outcome.index, outcome.score.value, outcome.score.expected, outcome.score.answer, flush=True)
sys.stdout.flush()
if not service.close():
    os._exit(0)
"""


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"LYCHEE_MODEL": "demo", "LYCHEE_DATA_DIR": str(folder), "LC_ALL": "C.UTF-8"}


def run_killed(command: list[str], folder: Path, moments: random.Random, *, longest_s: float) -> bool:
    """Starts the command and kills it at some moment; False where it ended before."""
    with subprocess.Popen(command, cwd=ROOT, env=environment(folder), stdout=subprocess.DEVNULL) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0.2, 1.0) * longest_s)
        process.kill()
    return process.returncode == -signal.SIGKILL


def run_whole(command: list[str], folder: Path) -> tuple[str, float]:
    """What the command prints, and how long it took in seconds."""
    before_s = os.times().elapsed
    done = subprocess.run(
        command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, text=True, check=True, timeout=MOST_S
    )
    return done.stdout, os.times().elapsed - before_s


def by_name(text: str) -> dict[str, dict[str, Any]]:
    return {photo["name"]: photo for photo in json.loads(text)["results"]}


def test_a_killed_command_goes_on_where_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lychee_rerank", "rank", QUERY, str(IMAGES), "--json"]
    text, undisturbed_s = run_whole(command, tmp_path / "undisturbed")
    moments, folder = random.Random(7), tmp_path / "killed"
    killed = [run_killed(command, folder, moments, longest_s=undisturbed_s) for _ in range(KILLS)]
    assert any(killed)
    last, whole = by_name(run_whole(command, folder)[0]), by_name(text)
    assert [last[name]["answer"] for name in last] == [whole[name]["answer"] for name in whole]
    assert list(last) == list(whole)
    for name, photo in whole.items():
        assert last[name]["expected"] == pytest.approx(photo["expected"], abs=TOLERANCE)


def test_a_killed_app_goes_on_with_its_run_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-c", APP, QUERY, str(IMAGES)]
    text, undisturbed_s = run_whole(command, tmp_path / "undisturbed")
    moments, folder = random.Random(8), tmp_path / "killed"
    killed = [run_killed(command, folder, moments, longest_s=undisturbed_s) for _ in range(KILLS)]
    assert any(killed)
    (run_id, *last), (_, *whole) = (told.splitlines() for told in (run_whole(command, folder)[0], text))
    assert run_id
    assert len(last) == len(whole) == len(list(IMAGES.iterdir()))
    for one, other in zip(sorted(last), sorted(whole), strict=True):
        (place, value, expected, answer), (place_2, value_2, expected_2, answer_2) = one.split(" "), other.split(" ")
        assert (place, value, answer) == (place_2, value_2, answer_2)
        assert float(expected) == pytest.approx(float(expected_2), abs=TOLERANCE)
