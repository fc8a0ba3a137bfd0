"""Memory and time on this machine: five runs of 32 photos, then 35 photos of 1920x1080 in one run.

    python -m benchmarks.memory [FOLDER]

The model is the one that the settings lead to (LYCHEE_MODEL, ...); FOLDER is the sample gallery unless given.
"""

import platform
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from lychee_rerank.assembly import ModelLoader, memory_in_use
from lychee_rerank.folders import find_photos
from lychee_rerank.judge import Judge
from lychee_rerank.machine import watch
from lychee_rerank.records import Photo, ScoredPhoto
from lychee_rerank.scorer import Engine, score_photos
from lychee_rerank.settings import load_settings

RUNS, PHOTOS_PER_RUN, LARGE_PHOTOS, LARGE_SIZE = 5, 32, 35, (1920, 1080)
QUERY = "沙发 + 灯泡 + 咖啡"


def enlarge(photos: tuple[Photo, ...], folder: Path) -> tuple[Photo, ...]:
    """The photos again and again at 1920x1080, each file different from every other."""
    large = []
    for n in range(LARGE_PHOTOS):
        picture = Image.open(photos[n % len(photos)].path).convert("RGB").resize(LARGE_SIZE)
        picture.putpixel((0, 0), (n, n, n))
        picture.save(folder / f"{n}.jpg", quality=90)
        large.append(Photo(f"{n}.jpg", folder / f"{n}.jpg"))
    return tuple(large)


def measure(name: str, judge: Judge, photos: tuple[Photo, ...]) -> None:
    """One run, printed as a row: memory before, at the peak and after, and seconds per photo."""
    card = judge.card
    before = memory_in_use(card).used_bytes
    start_s = time.perf_counter()
    with watch(lambda: memory_in_use(card)) as peak:
        scored = sum(isinstance(outcome, ScoredPhoto) for outcome in score_photos(Engine(judge), QUERY, photos))
    seconds = (time.perf_counter() - start_s) / len(photos)
    after = memory_in_use(card).used_bytes
    row = f"{before / 2**20:9.0f}{peak.used_bytes / 2**20:9.0f}{after / 2**20:9.0f}{seconds:10.3f}"
    print(f"{name:24}{scored:7}{row}")


def main() -> None:
    """Prints the table."""
    settings = load_settings()
    judge = ModelLoader(settings).load()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else settings.samples_dir
    photos = find_photos([folder]).photos[:PHOTOS_PER_RUN]
    card = judge.card
    print(f"{card.name}, {card.parameters / 1e6:.1f} M parameters, {card.dtype}, {card.device}; {platform.machine()}")
    print(f"{'run':24}{'scored':>7}{'before':>9}{'peak':>9}{'after':>9}{'s/photo':>10}    (memory in MiB)")
    for n in range(RUNS):
        measure(f"{len(photos)} photos, run {n + 1}", judge, photos)
    with tempfile.TemporaryDirectory() as made:
        measure(f"{LARGE_PHOTOS} photos of 1920x1080", judge, enlarge(photos, Path(made)))


if __name__ == "__main__":
    main()
