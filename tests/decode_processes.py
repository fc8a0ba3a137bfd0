"""The decoding processes of this one; a browser's driver may be a child too."""

from pathlib import Path

import psutil


def decoding_processes() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "lychee_rerank.photos.decode_child" in child.cmdline()]


def peak_bytes(process: psutil.Process) -> int:
    """The most memory that the process ever had."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
