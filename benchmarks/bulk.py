"""A bulk run beside the plain command, and its memory as it goes on; then a million rows that no model scores.

python -m benchmarks.bulk [--quick]        20,000 photos twice, some 20 minutes on two cores
python -m benchmarks.bulk --million        killed in the middle, gone on with
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

import psutil
from pyarrow import parquet

from benchmarks.galleries import copy_photos, draw_photos

PHOTOS, QUICK_PHOTOS, FIRST = 20_000, 2_000, 0.1  # the share of the photos after which memory is looked at first
DISTINCT, SIZE = 64, (224, 168)
QUERY = "沙发 + 灯泡 + 咖啡"
MILLION, FILES = 1_000_000, 1_000
LOOK_S = 0.5


def run_plain(photos: Path, folder: Path) -> float:
    """Seconds of the plain command."""
    begun_s = time.monotonic()
    command = [sys.executable, "-m", "lychee_rerank", "rank", QUERY, str(photos), "--json", "--model", "demo"]
    with (folder / "plain.json").open("w") as out:
        subprocess.run(command, env=_environment(folder), stdout=out, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - begun_s


def run_bulk(photos: Path, folder: Path, *, count: int) -> tuple[float, list[int]]:
    """Seconds of the bulk command, and the memory in bytes that it has after the first tenth, and at the end."""
    queries, out = folder / "queries.txt", folder / "out"
    queries.write_text(QUERY, encoding="utf-8")
    begun_s, memory = time.monotonic(), list[tuple[int, int]]()
    command = [sys.executable, "-m", "lychee_rerank", "bulk", str(queries), str(photos), str(out), "--model", "demo"]
    with subprocess.Popen(command, env=_environment(folder), stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            memory.append((len(list(out.glob("part-*"))), memory_bytes(process.pid)))
            time.sleep(LOOK_S)
    parts = len(list(out.glob("part-*")))
    if process.returncode or parquet.read_table(out).num_rows != count:
        raise RuntimeError("not every photo has its row")
    looks = [[used for done, used in memory if lo <= done / parts < hi] for lo, hi in ((FIRST, 2 * FIRST), (0.9, 1.0))]
    return time.monotonic() - begun_s, [max(look, default=0) for look in looks]


def memory_bytes(pid: int) -> int:
    """What the process and all that it started hold, each page that they share counted once (PSS)."""
    with suppress(psutil.Error):
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        return sum(_pss_bytes(process) for process in processes)
    return 0


def _pss_bytes(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_full_info().pss)
    return 0


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {"LYCHEE_DATA_DIR": str(folder / "data"), "LC_ALL": "C.UTF-8"}


def compare(count: int) -> None:
    """Prints how both went."""
    with tempfile.TemporaryDirectory(prefix="lychee-bulk-bench-") as name:
        folder = Path(name)
        drawn = draw_photos(folder / "drawn", DISTINCT, SIZE)
        for _ in islice(copy_photos(drawn, folder / "photos"), count):
            pass
        bulk_s, (early, late) = run_bulk(folder / "photos", folder, count=count)
        plain_s = run_plain(folder / "photos", folder)
    print(
        f"{count:,} photos of {SIZE[0]}x{SIZE[1]}: bulk {count / bulk_s:.1f}/s, plain {count / plain_s:.1f}/s,", end=" "
    )
    print(f"{bulk_s / plain_s:.2f} times the seconds")
    if early:  # of few photos none are scored so soon
        megabytes = early / 1e6, late / 1e6, (late - early) / 1e6
        print("memory of all processes: {:.0f} MB early, {:.0f} MB late ({:+.0f})".format(*megabytes))


def list_million(folder: Path) -> Iterator[str]:
    """A million paths, of a thousand files."""
    drawn = draw_photos(folder / "drawn", DISTINCT, (28, 28))
    files = [str(photo.path) for photo in islice(copy_photos(drawn, folder / "photos"), FILES)]
    return islice(cycle(files), MILLION)


def simulate() -> None:
    """Prints how a million rows went, whose program is killed once half of them are there."""
    with tempfile.TemporaryDirectory(prefix="lychee-bulk-bench-") as name:
        folder = Path(name)
        (folder / "list.txt").write_text("\n".join(list_million(folder)), encoding="utf-8")
        out, peak = folder / "out", 0
        begun_s, done = time.monotonic(), 0
        while done < MILLION // 200:
            command = [sys.executable, "-m", "benchmarks.instant_judge", str(folder / "list.txt"), str(out)]
            with subprocess.Popen(command) as process:
                first = done == 0
                while process.poll() is None:
                    peak = max(peak, memory_bytes(process.pid))
                    time.sleep(LOOK_S)
                    done = sum(entry.name.startswith("part-") for entry in os.scandir(out)) if out.exists() else 0
                    if first and done > MILLION // 400:
                        process.kill()
            if process.returncode not in (0, -9):
                raise RuntimeError("the run failed")
        seconds = time.monotonic() - begun_s
        table = parquet.read_table(out, columns=["path", "score"])
        megabytes = sum(path.stat().st_size for path in out.glob("part-*")) / 1e6
        print(
            f"{table.num_rows:,} rows in {seconds:.0f} s: {table.num_rows / seconds:,.0f}/s, killed once in the middle;"
        )
        print(f"peak of all processes {peak / 1e6:.0f} MB; {megabytes:.0f} MB of results")


def main() -> None:
    """Prints some lines."""
    parser = argparse.ArgumentParser(description="A bulk run beside the plain command.")
    parser.add_argument("--quick", action="store_true", help="small numbers, to try it")
    parser.add_argument("--million", action="store_true", help="a million rows that no model scores")
    options = parser.parse_args()
    if options.million:
        simulate()
    else:
        compare(QUICK_PHOTOS if options.quick else PHOTOS)


if __name__ == "__main__":
    main()
