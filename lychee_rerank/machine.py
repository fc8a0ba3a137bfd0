"""What the machine has: memory of the process and of the GPU; knows no model and no page."""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_SAMPLE_EVERY_S = 0.02
# Version 2 and version 1 of Linux' control groups: what a container may use.
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
# How OpenMP's threads wait: the variable of all its libraries, of GCC's (which torch brings on Linux), of LLVM's.
OPENMP_WAITS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Memory in use and in all, in bytes: the GPU's where `on_gpu`, otherwise this process's."""

    used_bytes: int
    total_bytes: int
    on_gpu: bool


def available_bytes() -> int:
    """What this process may still take of the machine's memory."""
    use = process_memory()
    return min(int(psutil.virtual_memory().available), use.total_bytes - use.used_bytes)


@dataclass(slots=True)
class Peak:
    """The most memory in use so far, in bytes."""

    used_bytes: int = 0


@contextmanager
def watch(read: Callable[[], MemoryUse]) -> Iterator[Peak]:
    """Samples the memory in use from a thread of its own, until the context ends."""
    peak, over = Peak(read().used_bytes), threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_EVERY_S):
            peak.used_bytes = max(peak.used_bytes, read().used_bytes)

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def trim_memory() -> None:
    """Gives what the C library keeps of freed memory back to the machine, where that library is glibc: milliseconds.

    Without it the memory of a process grows by some 60 MB over its first thousand photos, and stays there.
    """
    with suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def let_threads_sleep() -> None:
    """Has OpenMP's threads sleep while they wait for each other, unless the user chose otherwise.

    To be called before torch is loaded. By themselves they spin, and take from each other what a busy machine has left:
    on two cores, beside one busy process, a photo took 53 ms and not 30. Not for a library: its host owns that.
    """
    if not any(name in os.environ for name in OPENMP_WAITS):
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def ensure_home(folder: Path) -> None:
    """Has the folder stand in for the home of a user who has none, as in a container under any user's number.

    For the app alone: Streamlit looks for settings at home and ends where there is none.
    """
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = str(folder)


def photo_memory_bytes(wanted_bytes: int | None) -> int:
    """What may be remembered of photos: what is wanted, or a quarter of what the machine or its container allows."""
    return process_memory().total_bytes // 4 if wanted_bytes is None else wanted_bytes


def process_memory() -> MemoryUse:
    """What this process holds, of what the machine or its container allows."""
    total_bytes = psutil.virtual_memory().total
    for limit in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # no such cgroup, or "max"
            total_bytes = min(total_bytes, int(limit.read_text()))
    return MemoryUse(used_bytes=psutil.Process().memory_info().rss, total_bytes=total_bytes, on_gpu=False)
