"""Contenders that run in turns, again and again in one process: how many times as fast one is as another."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Run = Callable[[], object]

HEAD = "| measure | times as fast, median (range) | bar | ms per photo, theirs | ours |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Bar:
    """Who is compared with whom, and how many times as fast it is to be, at least."""

    measure: str
    base: str
    own: str
    at_least: float


def time_of(run: Run) -> float:
    """Seconds on the clock."""
    begun_s = time.perf_counter()
    run()
    return time.perf_counter() - begun_s


def hold(
    contenders: Mapping[str, Run],
    bars: Sequence[Bar],
    *,
    photos: int | Mapping[str, int],
    rounds: int,
    until_s: float = math.inf,
) -> None:
    """Runs all of them once unmeasured and then in turns, with no new round after `until_s`; prints a row per bar.

    `photos`: how many each of them takes; they are compared by what one photo costs.
    """
    count = photos if isinstance(photos, Mapping) else dict.fromkeys(contenders, photos)
    for run in contenders.values():
        run()
    times_s: list[dict[str, float]] = []
    while not times_s or (len(times_s) < rounds and time.perf_counter() < until_s):
        times_s.append({name: time_of(run) / count[name] for name, run in contenders.items()})
    for bar in bars:
        ratios = [times[bar.base] / times[bar.own] for times in times_s]
        base_ms, own_ms = (1e3 * median(times[name] for times in times_s) for name in (bar.base, bar.own))
        verdict = "" if median(ratios) >= bar.at_least else " **below**"
        figures = f"{median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f}){verdict}"
        print(f"| {bar.measure} | {figures} | {bar.at_least:g}x | {base_ms:.1f} | {own_ms:.1f} |", flush=True)
