"""How fast, against what most people write: everything side by side in one process, alternating, after a warm-up.

    python -m benchmarks.speed [--full]

Each row is a ratio of wall-clock times, median and range over the rounds; its bar is what the project asks of itself.
"""

import argparse
import platform
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from PIL import Image

from benchmarks.checkpoints import forced, load_demo, load_larger
from benchmarks.plain import PlainLoop
from lychee_rerank.decoders import Decoders
from lychee_rerank.intake import decode_picture
from lychee_rerank.judge import Sight
from lychee_rerank.memory import PhotoMemory
from lychee_rerank.model import VisionLanguageModel
from lychee_rerank.prompts import YES_NO
from lychee_rerank.question import Question
from lychee_rerank.readout import read_yes_no
from lychee_rerank.records import Photo, Readout
from lychee_rerank.scorer import Engine, score_photos
from lychee_rerank.settings import PROJECT_FOLDER

ROUNDS, FULL_ROUNDS = 3, 7
MEMORY_BYTES = 1 << 30
TALKATIVE = 32  # tokens of an answer that explains itself

Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: how many times as fast, in each round."""

    measure: str
    ratios: tuple[float, ...]
    bar: float
    seconds: tuple[float, float]  # per photo: of what is compared with, and of ours

    def __str__(self) -> str:
        middle, low, high = median(self.ratios), min(self.ratios), max(self.ratios)
        verdict = "" if middle >= self.bar else " **below**"
        base_ms, own_ms = (1e3 * seconds for seconds in self.seconds)
        figures = f"{middle:.2f}x ({low:.2f} to {high:.2f}){verdict} | {self.bar:g}x | {base_ms:.1f} | {own_ms:.1f}"
        return f"| {self.measure} | {figures} |"


class Bench:
    """A model with its photos, asked in every way that is compared."""

    def __init__(self, model: VisionLanguageModel, photos: Sequence[Photo], decoders: Decoders) -> None:
        self.model, self.photos, self._decoders = model, photos, decoders
        tokenizer = model.processor.tokenizer
        self._end = tokenizer.eos_token_id
        self._short = [*tokenizer.encode("8.5", add_special_tokens=False), self._end]
        self._long = tokenizer.encode("sofa " * TALKATIVE, add_special_tokens=False)[:TALKATIVE]
        self._queries = 0

    def query(self) -> str:
        """Another query each time, of the same length."""
        self._queries += 1
        return f"sofa and coffee {self._queries:04}"

    def plain(self, *, talkative: bool = False) -> Run:
        """The plain loop, over all photos."""
        loop = PlainLoop(self.model, says=self._long if talkative else self._short)
        return lambda: loop.score(self.query(), [photo.path for photo in self.photos])

    def own(self, readout: Readout, engine: Engine | None = None) -> Run:
        """Ours, over all photos: a first pass, or another query where an engine remembers them."""

        def run() -> None:
            asked = engine or self.engine()
            with forced(self.model, self._short):
                outcomes = list(score_photos(asked, self.query(), self.photos, readout=readout))
            assert len(outcomes) == len(self.photos)

        return run

    def engine(self) -> Engine:
        """One that remembers nothing yet, and has room for everything."""
        return Engine(self.model, decode=self._decoders.decode, memory=PhotoMemory[Sight](MEMORY_BYTES))

    def compare(self, measure: str, bar: float, *, base: Run, own: Run, rounds: int) -> Row:
        """Runs both in turns, once unmeasured."""
        base(), own()
        times = [(_time(base), _time(own)) for _ in range(rounds)]
        per_photo = tuple(median(column) / len(self.photos) for column in zip(*times, strict=True))
        return Row(measure, tuple(one / other for one, other in times), bar, (per_photo[0], per_photo[1]))


def _time(run: Run) -> float:
    begun_s = time.perf_counter()
    run()
    return time.perf_counter() - begun_s


def draw_photos(folder: Path, count: int, size: tuple[int, int]) -> tuple[Photo, ...]:
    """The samples at that size with the grain of a camera, each file different from every other."""
    samples = [Image.open(path).convert("RGB") for path in sorted((PROJECT_FOLDER / "images").iterdir())]
    folder.mkdir()
    photos = []
    for n in range(count):
        grain = Image.effect_noise((400, 300), 40).resize(size).convert("RGB")
        picture = Image.blend(samples[n % len(samples)].resize(size), grain, 0.1)
        picture.putpixel((0, 0), (n % 256, n // 256, 0))
        photos.append(Photo(f"{n}.jpg", folder / f"{n}.jpg"))
        picture.save(photos[-1].path, quality=90)
    return tuple(photos)


def bench_demo(folder: Path, decoders: Decoders, rounds: int) -> None:
    """The bundled model, whose forward pass is so short that everything around the model shows."""
    model = load_demo()
    large = Bench(model, draw_photos(folder / "large", 32, (4000, 3000)), decoders)
    number, expected = Readout.NUMBER, Readout.EXPECTED
    plain, own = large.plain(), large.own(number)
    print(large.compare("demo, 32 photos of 4000x3000, first pass, `number`", 3, base=plain, own=own, rounds=rounds))
    bench = Bench(model, draw_photos(folder / "usual", 64, (1024, 768)), decoders)
    for readout, bar in ((number, 1.5), (expected, 2.5)):
        measure = f"demo, 64 photos of 1024x768, first pass, `{readout}`"
        print(bench.compare(measure, bar, base=bench.plain(), own=bench.own(readout), rounds=rounds))
    remembering = bench.engine()
    measure = "demo, another query over the same 64 photos, `expected`, against the first"
    again = bench.own(expected, remembering)
    print(bench.compare(measure, 6, base=bench.own(expected), own=again, rounds=rounds))
    print(f"\nThe model's own share of the first pass, `number`: {model_share(bench):.0%} (bar 60%)\n")


def model_share(bench: Bench) -> float:
    """How much of a first pass the worker spends in the model, everything else being in its way."""
    inside_s = 0.0
    kept = {name: getattr(Question, name) for name in ("look_all", "answer_all", "__init__")}

    def timed(name: str) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            nonlocal inside_s
            begun_s = time.perf_counter()
            try:
                return kept[name](*arguments, **options)
            finally:
                inside_s += time.perf_counter() - begun_s

        return run

    for name in kept:
        setattr(Question, name, timed(name))
    try:
        whole_s = _time(bench.own(Readout.NUMBER))
    finally:
        for name, method in kept.items():
            setattr(Question, name, method)
    return inside_s / whole_s


def bench_larger(folder: Path, decoders: Decoders, rounds: int) -> None:
    """A random model of 0.4 B parameters, which shows what the model's own work costs."""
    model = load_larger(folder / "larger")
    bench = Bench(model, draw_photos(folder / "few", 8, (1024, 768)), decoders)
    expected = Readout.EXPECTED
    for talkative, bar in ((False, 1.05), (True, 1.5)):
        measure = f"larger, 8 photos, first pass, `expected`, against {TALKATIVE if talkative else 4} tokens"
        base = bench.plain(talkative=talkative)
        print(bench.compare(measure, bar, base=base, own=bench.own(expected), rounds=rounds))
    for readout, bar in ((Readout.NUMBER, 6), (expected, 10)):
        remembering = bench.engine()
        measure = f"larger, another query over the same 8 photos, `{readout}`, against 4 tokens"
        own = bench.own(readout, remembering)
        print(bench.compare(measure, bar, base=bench.plain(), own=own, rounds=rounds))
    bench_peer(model, bench.photos, rounds)


def bench_peer(model: VisionLanguageModel, photos: Sequence[Photo], rounds: int) -> None:
    """The readout yes_no against a CrossEncoder, both from the same prepared pictures."""
    from benchmarks.peer import Peer

    pictures = [decode_picture(photo.path.read_bytes(), fit=model.fit_size) for photo in photos]
    peer = Peer(model)

    def own(query: str = "sofa") -> list[float]:
        question, prepared = model.ask(YES_NO, query), [model.prepare(picture) for picture in pictures]
        size = model.look_size(prepared[0])
        parts = [prepared[start : start + size] for start in range(0, len(prepared), size)]
        sights = [sight for part in parts for sight in question.look_all(part)]
        return [read_yes_no(verdict).value for verdict in question.decide_all(sights)]

    bench = Bench(model, photos, Decoders())
    measure = f"{model.card.name}, first pass, `yes_no`, against a CrossEncoder"
    print(bench.compare(measure, 1, base=lambda: peer.score("sofa", pictures), own=own, rounds=rounds))
    pairs = zip(own(), peer.score("sofa", pictures), strict=True)
    print(
        f"\nLargest difference of a score from the CrossEncoder's: {max(abs(a - b) for a, b in pairs):.1g} (bar 0.001)"
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="How fast, against what most people write.")
    parser.add_argument("--full", action="store_true", help=f"{FULL_ROUNDS} rounds instead of {ROUNDS}")
    rounds = FULL_ROUNDS if parser.parse_args().full else ROUNDS
    random.seed(0)
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {rounds} rounds\n")
    print("| measure | times as fast, median (range) | bar | ms per photo, theirs | ours |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, Decoders() as decoders:
        bench_demo(Path(folder), decoders, rounds)
        bench_larger(Path(folder), decoders, rounds)


if __name__ == "__main__":
    main()
