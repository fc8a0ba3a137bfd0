"""What stays the same however many photos come: the memory of a run, and the price of a photo."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.contenders import Contenders
from benchmarks.contest import time_of
from benchmarks.galleries import copy_photos
from lychee_rerank.machine import watch
from lychee_rerank.model.loader import memory_in_use
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.scorer import score_photos

SMALL_MEMORY_BYTES = 32 << 20
SETTLED = 30  # photos after which memory is to be flat
MIB = 1 << 20


def bench_memory(bench: Contenders, folder: Path) -> None:
    """The memory of the process after many photos, above what it is after a few."""
    engine, photos = bench.engine(SMALL_MEMORY_BYTES), list(_copies(bench, folder / "memory", 2200))
    used: list[int] = []
    for part in (photos[:200], photos[200:]):
        list(score_photos(engine, bench.query(), part))
        used.append(_used_bytes(bench.model))
    grown_mib = (used[1] - used[0]) / MIB
    print(f"Memory after 2,000 more photos, above after 200, 32 MB of photo memory: {grown_mib:+.0f} MiB (bar 50)")


def bench_length(bench: Contenders, folder: Path) -> None:
    """The price of a photo in a long run, against a short one; both run with a store of nothing, on new files."""
    short, long = (list(_copies(bench, folder / str(count), count)) for count in (500, 5000))

    def score(photos: Sequence[Photo]) -> Callable[[], object]:
        return lambda: list(score_photos(bench.engine(SMALL_MEMORY_BYTES), bench.query(), photos))

    before_s, long_s, after_s = time_of(score(short)), time_of(score(long)), time_of(score(short))
    ratio = (long_s / len(long)) / (median((before_s, after_s)) / len(short))
    print(f"A photo among 5,000 costs {ratio:.2f} times what it costs among 500 (bar 1.1)")


def print_run(
    model: VisionLanguageModel, engine: Engine, name: str, photos: Sequence[Photo], *, until_s: float = math.inf
) -> None:
    """One run as a row: seconds per photo, memory before, at the peak and after, and its range once settled.

    It ends with the first photo that is scored after `until_s` on the clock.
    """
    before, settled = _used_bytes(model), []
    outcomes: list[object] = []

    def run() -> None:
        for outcome in score_photos(engine, parse_query("沙发 + 灯泡 + 咖啡"), photos):
            outcomes.append(outcome)
            if len(outcomes) > SETTLED:
                settled.append(_used_bytes(model))
            if time.perf_counter() > until_s:
                return

    with watch(lambda: memory_in_use(model.card, device=None)) as peak:
        whole_s = time_of(run)
    after = _used_bytes(model)
    memory = " | ".join(f"{used / MIB:.0f}" for used in (before, peak.used_bytes, after))
    spread = f"{(max(settled) - min(settled)) / MIB:.0f}" if settled else "-"
    cut = f", the first {len(outcomes)}" if len(outcomes) < len(photos) else ""
    print(f"| {name}{cut} | {whole_s / len(outcomes):.3f} | {memory} | {spread} |", flush=True)


def _used_bytes(model: VisionLanguageModel) -> int:
    return memory_in_use(model.card, device=None).used_bytes


def _copies(bench: Contenders, folder: Path, count: int) -> Sequence[Photo]:
    copies = copy_photos(tuple(bench.photos), folder)
    return [next(copies) for _ in range(count)]
