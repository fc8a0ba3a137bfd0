"""Runs a script on a disk that is slow: `python -m tests.slow_disk PYTHON SCRIPT`; the first argument is passed over.

Folders called "slow" are listed only once the file that LYCHEE_TEST_HOLD names is gone.
"""

import os
import runpy
import sys
import time
from pathlib import Path
from typing import Any

_LOOK_S = 0.05

list_at_once = os.scandir


def list_slowly(path: Any = ".") -> Any:
    """What os.scandir says, once it may."""
    while not isinstance(path, int) and Path(path).name == "slow" and os.path.exists(os.environ["LYCHEE_TEST_HOLD"]):
        time.sleep(_LOOK_S)
    return list_at_once(path)


if __name__ == "__main__":
    os.scandir = list_slowly
    sys.argv = sys.argv[2:]
    sys.path.insert(0, os.getcwd())
    runpy.run_path(sys.argv[0], run_name="__main__")
