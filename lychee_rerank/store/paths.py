"""How paths are kept: relative to the data folder where they lie in it, so that the folder may be moved."""

import os
from pathlib import Path


def write_path(path: Path, folder: Path) -> bytes:
    """The path as it is kept; names need not be UTF-8."""
    return os.fsencode(path.relative_to(folder) if path.is_relative_to(folder) else path.absolute())


def read_path(kept: bytes, folder: Path) -> Path:
    """The path that was kept."""
    return folder / os.fsdecode(kept)
