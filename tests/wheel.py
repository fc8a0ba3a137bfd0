"""What must hold of the package as somebody without a checkout installs it: `python -m tests.wheel`.

It goes with all that it needs into an empty virtual environment outside the checkout: 6 GB, gone again afterwards. As a
client it goes into another, and asks a server.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo, Readout
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.scorer import score_photos
from lychee_rerank.settings import load_settings
from tests.openai_server import OpenAIServer
from tests.served import ROOT, find_port

QUERY = "沙发 + 灯泡 + 咖啡"
CLIENT_MB = 135  # 120 were measured, numpy's 69 and the demo model's 15 among them; with torch it is 6,000
IMAGES = sorted((ROOT / "images").iterdir())
RANKING = """
from lychee_rerank import Reranker
with Reranker.load("demo") as reranker:
    print(*(result.name for result in reranker.rank({query!r}, {photos!r}).results), sep="\\n")
"""
TYPED = """
from lychee_rerank import Reranker
reveal_type(Reranker.load("demo").rank("sofa", ["sofa.jpg"]).results[0].score)
"""


class Outside:
    """A folder that knows nothing of the checkout, with an empty virtual environment in it."""

    def __init__(self, folder: Path, *, environment: str = "venv", **settings: str) -> None:
        self.folder, self.bin = folder, folder / environment / "bin"
        self.data = folder / "data"
        own = {"LYCHEE_DATA_DIR": str(self.data), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LYCHEE_", "PYTHON"))}
        self._environment = kept | own | settings
        self.run(sys.executable, "-m", "venv", folder / environment)

    def size_mb(self) -> int:
        """What lies in the environment."""
        files = [path for path in self.bin.parent.rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in files) // 1_000_000

    def run(self, *command: str | Path, where: Path | None = None) -> str:
        """What the command prints; it has to succeed."""
        done = subprocess.run(
            command, cwd=where or self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
        return done.stdout


def copy_sources(to: Path) -> set[str]:
    """Copies what git holds, or would add, and returns the names: no earlier build lies beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = {name for name in listed.stdout.split("\0") if (ROOT / name).is_file()}
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, to / name)
    return names


def contents(wheel: Path) -> dict[str, int]:
    """The names in the wheel, and the checksum of each."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def build_wheel(outside: Outside, name: str, source: Path) -> Path:
    """The wheel that pip builds of a folder or of a source distribution."""
    outside.run(outside.bin / "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", outside.folder / name, source)
    (wheel,) = (outside.folder / name).iterdir()
    return wheel


def check_build(outside: Outside) -> Path:
    """The wheel holds the package with all of its files and nothing else, and a source distribution gives the same."""
    sources = outside.folder / "sources"
    package = {name for name in copy_sources(sources) if name.startswith("lychee_rerank/")}
    wheel = build_wheel(outside, "wheel", sources)
    found = {name for name in contents(wheel) if ".dist-info/" not in name}
    assert found == package, f"the wheel lacks {sorted(package - found)}, and has {sorted(found - package)} too much"
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(outside.folder / 'sdist')!r})"
    outside.run(sys.executable, "-c", build, where=sources)
    (sdist,) = (outside.folder / "sdist").iterdir()
    from_sdist = contents(build_wheel(outside, "again", sdist))
    assert from_sdist == contents(wheel), f"{sdist.name} gives another wheel: {from_sdist.keys() ^ contents(wheel)}"
    return wheel


def check_command(outside: Outside) -> None:
    """The command answers with what came in the wheel, and ranks the sample gallery."""
    told = dict(line.split(maxsplit=1) for line in outside.run(outside.bin / "lychee-rerank", "info").splitlines())
    assert Path(told["folder"]).is_relative_to(outside.folder / "venv"), told
    assert told["images"] == str(outside.data / "images"), told
    rank = ("rank", QUERY, ROOT / "images", "--json", "--model", "demo")
    results = json.loads(outside.run(outside.bin / "lychee-rerank", *rank))["results"]
    assert {photo["name"] for photo in results} == {path.name for path in IMAGES}, results
    assert len({photo["score"] for photo in results}) > 1, results


def check_library(outside: Outside) -> None:
    """A program ranks two photos, and its type checker sees what comes back."""
    best, second = (str(ROOT / "images" / name) for name in ("IMG_4867.jpg", "IMG_7489.jpg"))
    program = outside.folder / "program.py"
    program.write_text(RANKING.format(query=QUERY, photos=[second, best]), encoding="utf-8")
    assert outside.run(outside.bin / "python", program).splitlines() == [best, second]
    program.write_text(TYPED, encoding="utf-8")
    told = outside.run(sys.executable, "-m", "mypy", "--strict", "--python-executable", outside.bin / "python", program)
    assert 'Revealed type is "float"' in told, told


def check_client(folder: Path, wheel: Path) -> None:
    """Without torch the command ranks by a server's model as this process does by its own; names what it lacks."""
    model = ModelLoader(replace(load_settings(), model="demo", device="cpu")).load()
    assert isinstance(model, VisionLanguageModel)
    with OpenAIServer(model, find_port()) as server, DecodePool() as decoders:
        budget = str(model.card.pixel_budget_px)
        asked = {"LYCHEE_SERVERS": server.address, "LYCHEE_PIXEL_BUDGET": budget}
        outside = Outside(folder, environment="client", **asked)
        empty_mb = outside.size_mb()
        outside.run(outside.bin / "pip", "install", "--quiet", f"{wheel}[client]")
        assert "torch" not in outside.run(outside.bin / "pip", "list")
        assert outside.size_mb() - empty_mb < CLIENT_MB
        rank = ("rank", QUERY, ROOT / "images", "--json", "--readout", "expected")
        there = json.loads(outside.run(outside.bin / "lychee-rerank", *rank))["results"]
        photos = [Photo(path.name, path) for path in IMAGES]
        engine = Engine(model, decoders.decode)
        here = rank_photos(score_photos(engine, parse_query(QUERY), photos, readout=Readout.EXPECTED))
        assert [photo["name"] for photo in there] == [photo.scored.name for photo in here]
        refused = subprocess.run([outside.bin / "lychee-rerank", "fetch"], capture_output=True, text=True, check=False)
        assert (refused.returncode, "huggingface_hub" in refused.stderr) == (2, True), refused


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder goes when CI is stopped, too
    with tempfile.TemporaryDirectory(prefix="lychee-wheel-") as folder:
        outside = Outside(Path(folder))
        wheel = check_build(outside)
        check_client(Path(folder), wheel)
        outside.run(outside.bin / "pip", "install", "--quiet", f"{wheel}[local]")
        check_command(outside)
        check_library(outside)
