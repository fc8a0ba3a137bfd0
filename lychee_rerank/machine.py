"""What the machine has: memory of the process and of the GPU; knows no model and no page."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

# Version 2 and version 1 of Linux' control groups: what a container may use.
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Memory in use and in all, in bytes: the GPU's where `on_gpu`, otherwise this process's."""

    used_bytes: int
    total_bytes: int
    on_gpu: bool


def memory_share_bytes() -> int:
    """A quarter of what the machine or its container allows: what the model may remember unless told otherwise."""
    return process_memory().total_bytes // 4


def process_memory() -> MemoryUse:
    """What this process holds, of what the machine or its container allows."""
    total_bytes = psutil.virtual_memory().total
    for limit in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # no such cgroup, or "max"
            total_bytes = min(total_bytes, int(limit.read_text()))
    return MemoryUse(used_bytes=psutil.Process().memory_info().rss, total_bytes=total_bytes, on_gpu=False)
