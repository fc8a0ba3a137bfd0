"""The decoding processes of this one; a browser's driver may be a child too."""

from pathlib import Path

import psutil


def decoding_processes() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "lychee_rerank.photos.decode_child" in child.cmdline()]


def computed_s() -> float:
    """The seconds that they have computed so far; a busy machine changes nothing of it."""
    return sum(sum(process.cpu_times()[:2]) for process in decoding_processes())


def peak_bytes(process: psutil.Process) -> int:
    """The most memory that the process ever had."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
