"""Tells one model folder from another by what its files hold; knows no torch and loads nothing."""

import hashlib
from collections.abc import Callable
from pathlib import Path

ENDINGS = (".json", ".jinja", ".txt", ".safetensors")  # what transformers reads of a folder

FolderState = tuple[tuple[str, int, int], ...]  # name, size in bytes, time of change in ns


def see_folder(folder: Path) -> FolderState:
    """The files that make up the model, as they are now; none for a folder that is not there. Reads no content."""
    if not folder.is_dir():
        return ()
    files = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())
    states = ((path.name, path.stat()) for path in files)
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states)


def fingerprint_folder(folder: Path, hash_file: Callable[[Path], str]) -> str:
    """SHA-256, in hex, over the names and contents of the folder's files.

    `hash_file` reads 17 GB of weights the first time: it had better remember.
    """
    digest = hashlib.sha256()
    for name, size_bytes, _ in see_folder(folder):
        digest.update(f"{name}\0{size_bytes}\0{hash_file(folder / name)}\n".encode())
    return digest.hexdigest()
