"""What importing changes of the process around it: `python -m tests.host FIRST NAMES` prints it as JSON.

NAMES are those of modules, or of what is in them, with spaces between; FIRST are imported before anybody looks.
"""

import json
import logging
import os
import resource
import signal
import sys
import warnings
from pkgutil import resolve_name

from PIL import Image

LIMITS = {name: getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")}


def state() -> dict[str, set[str]]:
    """What is set for the whole process."""
    return {
        "Pillow": {str(Image.MAX_IMAGE_PIXELS)},
        "warnings": {str(each) for each in warnings.filters},
        "environment": {f"{name}={value}" for name, value in os.environ.items()},
        "logging": {str(each) for each in (logging.root.level, *logging.root.handlers)},
        "signals": {f"{number}: {signal.getsignal(number)}" for number in signal.valid_signals()},
        "limits": {f"{name}: {resource.getrlimit(limit)}" for name, limit in LIMITS.items()},
    }


if __name__ == "__main__":
    first, names = (argument.split() for argument in sys.argv[1:])
    for name in first:
        resolve_name(name)
    before = state()
    for name in names:
        resolve_name(name)
    after = state()
    json.dump({what: sorted(before[what] ^ after[what]) for what in before if before[what] != after[what]}, sys.stdout)
