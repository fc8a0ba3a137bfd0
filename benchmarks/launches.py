"""What a GPU is handed while something runs: how many kernels and copies, and where it waits for the next one."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from benchmarks.contest import Run

LONGEST = 5  # gaps that are printed


@dataclass(frozen=True, slots=True)
class Timeline:
    """Kernels and copies of a run: how many, the time from the first to the last, the gaps between, longest first."""

    launches: int
    span_us: float
    gaps_us: tuple[float, ...]

    @property
    def idle_us(self) -> float:
        """How long nothing ran."""
        return sum(self.gaps_us)


def timeline_of(intervals: Iterable[tuple[float, float]]) -> Timeline:
    """Of (start, end) in microseconds; they may overlap, in any order."""
    ordered = sorted(intervals)
    if not ordered:
        return Timeline(0, 0.0, ())
    gaps, busy_until = [], ordered[0][1]
    for start, end in ordered[1:]:
        if start > busy_until:
            gaps.append(start - busy_until)
        busy_until = max(busy_until, end)
    return Timeline(len(ordered), busy_until - ordered[0][0], tuple(sorted(gaps, reverse=True)))


def profile_run(run: Run) -> Timeline:
    """What the GPU does in the meantime; nothing where there is none."""
    on_gpu = torch.cuda.is_available()
    with profile(activities=[ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]) as profiled:
        run()
        if on_gpu:
            torch.cuda.synchronize()
    return timeline_of(
        (event.time_range.start, event.time_range.end)
        for event in profiled.events() or ()
        if event.device_type == DeviceType.CUDA and not event.is_user_annotation
    )


def print_launches(name: str, run: Run, *, photos: int) -> None:
    """One run as a row."""
    timeline = profile_run(run)
    longest = ", ".join(f"{gap / 1e3:.2f}" for gap in timeline.gaps_us[:LONGEST])
    idle = timeline.idle_us / max(timeline.span_us, 1)
    print(f"| {name} | {timeline.launches / photos:,.0f} | {idle:.0%} | {longest} |", flush=True)
