"""A program that imports the package finds its own process as it was."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.served import ROOT
from tests.test_architecture import ALLOWED, IMPORTED, room_of

OUR_MODULES = sorted(f"lychee_rerank.{name}" for name in IMPORTED.keys() - {"app", "serve", "__init__"})
# torch, scikit-learn, urllib3 and Streamlit set variables and filters of their own: what others change is not counted.
OURS_OR_PYTHONS = {*ALLOWED, "lychee_rerank", "__version__", *sys.stdlib_module_names}
OTHERS = sorted(name for name in set().union(*IMPORTED.values()) if room_of(name) not in OURS_OR_PYTHONS)


def changed(names: Iterable[str], *, first: Iterable[str] = (), path: Path = ROOT) -> dict[str, list[str]]:
    """What a new process has otherwise once it has imported the names."""
    command = [sys.executable, "-m", "tests.host", " ".join(first), " ".join(names)]
    environment = os.environ | {"PYTHONPATH": str(path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_importing_the_reranker_changes_nothing_of_its_host() -> None:
    assert changed(["lychee_rerank", "lychee_rerank.Reranker"]) == {}


def test_importing_any_of_our_modules_changes_nothing_of_its_host() -> None:
    assert {"lychee_rerank.photos.decode_child", "lychee_rerank.model.from_folder"} <= set(OUR_MODULES)
    assert {"torch", "streamlit", "PIL.Image"} <= set(OTHERS)
    assert changed(OUR_MODULES, first=OTHERS) == {}


def test_whatever_an_import_changes_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "rude.py").write_text(
        "import logging, os, resource, signal, warnings\n"
        "from PIL import Image\n"
        "Image.MAX_IMAGE_PIXELS = None\n"
        "warnings.simplefilter('error', ResourceWarning)\n"
        "os.environ['RUDE'] = 'yes'\n"
        "logging.basicConfig()\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))\n"
    )
    noticed = changed(["rude"], path=tmp_path)
    assert noticed["environment"] == ["RUDE=yes"]
    assert list(noticed) == ["Pillow", "warnings", "environment", "logging", "signals", "limits"]
