"""Every pair is there once, whatever is killed: a worker, a machine with its worker, the program itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest
import ray
from pyarrow import parquet
from ray.cluster_utils import Cluster

from lychee_rerank.bulk.bulk_run import BulkRun, begin_run
from lychee_rerank.bulk.cluster import OBJECT_STORE_BYTES
from lychee_rerank.bulk.part_scorer import FinishedPart, Tools
from lychee_rerank.bulk.workers import score_parts
from lychee_rerank.errors import BulkFailed, ModelUnusable
from lychee_rerank.problems import ModelProblem
from lychee_rerank.settings import Settings
from tests.bulk.workers import PHOTOS_PER_PART, QUERIES, STAFF, draw_photos, load_held, open_run
from tests.limits import WAIT_S
from tests.served import ROOT

PHOTOS = 60
START_S = 180


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    """Two machines, as far as Ray knows, with a core each."""
    has = {"num_cpus": 1, "object_store_memory": OBJECT_STORE_BYTES}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        cluster = Cluster(initialize_head=True, head_node_args=has | {"include_dashboard": False})
        cluster.add_node(**has)
        ray.init(address=cluster.address, logging_level="ERROR")
        yield cluster
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture
def begun(tmp_path: Path) -> BulkRun:
    photos = draw_photos(tmp_path / "photos", PHOTOS)
    run = open_run(tmp_path / "out")
    begin_run(run, map(str, photos), resume=False, photos_per_part=PHOTOS_PER_PART)
    (tmp_path / "pids").mkdir()
    return run


def rows(out: Path) -> list[tuple[str, str, float]]:
    table = parquet.read_table(out)
    columns = (table.column(name).to_pylist() for name in ("path", "query", "score"))
    return [(Path(path).name, query, score) for path, query, score in zip(*columns, strict=True)]


def expected_rows() -> list[tuple[str, str, float]]:
    return sorted((f"{n:04}.png", query.text, round(n / 25.5, 1)) for n in range(PHOTOS) for query in QUERIES)


def wait_for(true: Callable[[], object]) -> None:
    limit_s = time.monotonic() + START_S
    while not true():
        assert time.monotonic() < limit_s
        time.sleep(0.02)


def score_while(run: BulkRun, folder: Path, act: Callable[[], object]) -> list[FinishedPart]:
    """All parts, two workers; once both are at work something happens to them, and then they may go on."""
    hold, pids = folder / "hold", folder / "pids"
    hold.touch()
    load = partial(load_held, hold=hold, pids=pids)
    parts = range(run.open_list().parts)
    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(lambda: list(score_parts(run, parts, STAFF, load=load)))
        wait_for(lambda: done.done() or len(list(pids.iterdir())) == 2)
        act()
        hold.unlink()
        return done.result(START_S)


def test_a_worker_is_killed(nodes: Cluster, begun: BulkRun, tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    def kill() -> None:
        os.kill(int(next(pids.iterdir()).name), signal.SIGKILL)
        wait_for(lambda: len(list(pids.iterdir())) == 3)  # another takes its place

    done = score_while(begun, tmp_path, kill)
    assert sorted(one.part for one in done) == list(range(PHOTOS // PHOTOS_PER_PART))
    assert sorted(rows(tmp_path / "out")) == expected_rows()


def test_a_model_that_does_not_load_ends_the_run_with_its_sentence(nodes: Cluster, begun: BulkRun) -> None:
    with pytest.raises(BulkFailed, match="missing: nowhere"):
        list(score_parts(begun, [0, 1], STAFF, load=load_nothing))


def load_nothing(_: Settings) -> Tools:
    raise ModelUnusable(ModelProblem.MISSING, file="nowhere", remedy="name another")


def test_a_part_that_ends_every_worker_ends_the_run(nodes: Cluster, begun: BulkRun) -> None:
    with pytest.raises(BulkFailed, match="ended its worker 5 times"):
        list(score_parts(begun, [0], STAFF, load=end_process))


def end_process(_: Settings) -> Tools:
    os._exit(1)


def test_more_workers_than_there_are_cores_are_not_waited_for(nodes: Cluster, begun: BulkRun, tmp_path: Path) -> None:
    load = partial(load_held, hold=tmp_path / "no hold", pids=tmp_path / "pids")
    done = list(score_parts(begun, range(3), replace(STAFF, workers=3), load=load))
    assert sorted(one.part for one in done) == [0, 1, 2]


def test_a_machine_is_killed(nodes: Cluster, begun: BulkRun, tmp_path: Path) -> None:
    other = next(iter(nodes.worker_nodes))
    done = score_while(begun, tmp_path, lambda: nodes.remove_node(other, allow_graceful=False))
    assert sorted(one.part for one in done) == list(range(PHOTOS // PHOTOS_PER_PART))
    assert sorted(rows(tmp_path / "out")) == expected_rows()


def test_the_program_is_killed_and_another_goes_on(tmp_path: Path) -> None:
    draw_photos(tmp_path / "photos", PHOTOS)
    out, hold, pids = (tmp_path / name for name in ("out", "hold", "pids"))
    pids.mkdir()
    command = [sys.executable, "-m", "tests.bulk.workers", *map(str, (out, tmp_path / "photos", hold, pids))]
    with subprocess.Popen([*command, "hold"], cwd=ROOT) as killed:
        wait_for(lambda: killed.poll() is not None or hold.exists())
        left = psutil.Process(killed.pid).children(recursive=True)
        killed.kill()
    before = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert 0 < len(before) < PHOTOS // PHOTOS_PER_PART
    hold.unlink()
    assert subprocess.run(command, cwd=ROOT, timeout=START_S + WAIT_S, check=False).returncode == 0
    assert before == {path: path.stat().st_mtime_ns for path in before}  # nothing was done twice
    assert sorted(rows(out)) == expected_rows()
    for process in left:  # most have ended with it; some of Ray's wait until a machine has cleared its dead away
        with suppress(psutil.NoSuchProcess):
            process.kill()
