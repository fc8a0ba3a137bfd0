"""Brings the lychee weights to this machine: the only command of the product that goes out to the network.

Knows the disk and the process that downloads (hub.py), and nothing of the hub itself. That is a process of its own
because the hub's client reads the environment once, when it is imported, and may find there that it is to stay offline.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from lychee_rerank.errors import DownloadFailed, ModelUnusable
from lychee_rerank.model.checkpoint import check_folder
from lychee_rerank.model.choice import LYCHEE_REPOSITORY, WEIGHTS_BYTES, weights_folder

PROGRESS_EVERY_S = 30  # where no terminal shows the client's own bars
_CHILD_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_XET": "1",  # Xet has servers of its own, which a mirror does not stand for
}


def fetch_weights(
    models_dir: Path,
    *,
    repository: str = LYCHEE_REPOSITORY,
    needed_bytes: int = WEIGHTS_BYTES,
    report: Callable[[str], None],
) -> Path:
    """The folder that holds the whole model afterwards; raises DownloadFailed, and keeps what has arrived."""
    if find_spec("huggingface_hub") is None:  # in words of the command line's own, and before anything is made
        raise ModuleNotFoundError(name="huggingface_hub")
    folder = weights_folder(models_dir, repository).absolute()
    source = os.environ.get("HF_ENDPOINT") or "the Hugging Face hub"
    report(f"{repository}: needs {_gigabytes(needed_bytes)}, comes from {source}, goes to {folder}")
    _check_disk(folder, repository, needed_bytes)
    _run_child(
        folder, repository, on_wait=lambda: report(f"{_gigabytes(stored_bytes(folder))} of {_gigabytes(needed_bytes)}")
    )
    try:
        check_folder(folder)
    except ModelUnusable as error:
        raise DownloadFailed(repository, detail=f"all its files are here, but they are no model: {error}") from error
    report(f"{repository}: complete in {folder}")
    return folder


def stored_bytes(folder: Path) -> int:
    """The bytes of all files below the folder, unfinished ones included."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # it has just been renamed
            total += path.stat().st_size if path.is_file() else 0
    return total


def _check_disk(folder: Path, repository: str, needed_bytes: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing, free = needed_bytes - stored_bytes(folder), shutil.disk_usage(folder).free
    except OSError as error:
        detail = f"{folder} cannot be used ({error.strerror}); set LYCHEE_MODELS_DIR to a folder of your own"
        raise DownloadFailed(repository, detail=detail) from error
    if free < missing:
        detail = f"{_gigabytes(missing)} are still to come and {folder} has room for {_gigabytes(free)}"
        raise DownloadFailed(repository, detail=f"{detail}; make room, or set LYCHEE_MODELS_DIR to another disk")


def _run_child(folder: Path, repository: str, *, on_wait: Callable[[], None]) -> None:
    """Downloads in a process of its own; on a terminal that process draws its bars, elsewhere `on_wait` is called."""
    command = [sys.executable, "-m", "lychee_rerank.model.hub", repository, str(folder)]
    root = Path(__file__).parents[2]  # from where -m finds this package, installed or not
    environment = os.environ | _CHILD_ENVIRONMENT
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as child:
        try:
            reason = _wait(child, on_wait=(lambda: None) if sys.stderr.isatty() else on_wait)
        finally:
            child.kill()  # for when this process is interrupted; a child that has ended does not notice
    if child.returncode:
        detail = reason or f"the download ended with exit status {child.returncode}; run the same command again"
        raise DownloadFailed(repository, detail=detail) from subprocess.CalledProcessError(child.returncode, command)


def _wait(child: "subprocess.Popen[str]", *, on_wait: Callable[[], None]) -> str:
    """What the child has written when it ends."""
    while True:
        try:
            return child.communicate(timeout=PROGRESS_EVERY_S)[0]
        except subprocess.TimeoutExpired:
            on_wait()


def _gigabytes(count_bytes: int) -> str:
    return f"{count_bytes / 1e9:.1f} GB".replace(".0 GB", " GB")
