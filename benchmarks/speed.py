"""How fast, against what most people write: everything side by side in one process, alternating, after a warm-up.

    python -m benchmarks.speed [--full]                                      the bundled model and a larger random one
    python -m benchmarks.speed --model PATH [--device cuda] [--minutes 8]    your model, on your machine

Each row is a ratio of wall-clock times, median and range over the rounds; its bar is what the project asks of itself.
"""

import argparse
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.checkpoints import load_demo, load_larger
from benchmarks.contenders import TALKATIVE, Contenders, YesNo
from benchmarks.contest import HEAD, Bar, hold, time_of
from benchmarks.endurance import bench_length, bench_memory
from benchmarks.galleries import draw_photos
from benchmarks.own_model import bench_own
from lychee_rerank.model.prompt import PrefilledPrompt
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.records import Readout

ROUNDS, FULL_ROUNDS = 3, 7
NUMBER, EXPECTED = Readout.NUMBER, Readout.EXPECTED


def bench_demo(folder: Path, decoders: DecodePool, rounds: int) -> None:
    """The bundled model, whose forward pass is so short that everything around the model shows."""
    model = load_demo()
    large = Contenders(model, draw_photos(folder / "large", 32, (4000, 3000)), decoders)
    bars = (Bar("demo, 32 photos of 4000x3000, first pass, `number`", "plain", "number", 3),)
    hold({"plain": large.plain(), "number": large.first(NUMBER)}, bars, photos=32, rounds=rounds)
    usual = Contenders(model, draw_photos(folder / "usual", 64, (1024, 768)), decoders)
    contenders = {
        "plain": usual.plain(),
        "number": usual.first(NUMBER),
        "expected": usual.first(EXPECTED),
        "next": usual.next(EXPECTED),
    }
    gallery = "demo, 64 photos of 1024x768"
    bars = (
        Bar(f"{gallery}, first pass, `number`", "plain", "number", 1.5),
        Bar(f"{gallery}, first pass, `expected`", "plain", "expected", 2.5),
        Bar(f"{gallery}, next query, `expected`, against its own first pass", "expected", "next", 6),
    )
    hold(contenders, bars, photos=64, rounds=2 * rounds + 1)
    print(f"\nThe model's own share of the demo's first pass, `number`: {model_share(usual):.0%} (bar 60%)")
    bench_memory(usual, folder)
    bench_length(usual, folder)
    print()


def model_share(bench: Contenders) -> float:
    """How much of a first pass the worker spends in the model, everything else being in its way."""
    inside_s = 0.0
    kept = {name: getattr(PrefilledPrompt, name) for name in ("encode", "generate", "__init__")}

    def timed(name: str) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            nonlocal inside_s
            told: list[object] = []
            inside_s += time_of(lambda: told.append(kept[name](*arguments, **options)))
            return told[0]

        return run

    for name in kept:
        setattr(PrefilledPrompt, name, timed(name))
    try:
        whole_s = time_of(bench.first(NUMBER))
    finally:
        for name, method in kept.items():
            setattr(PrefilledPrompt, name, method)
    return inside_s / whole_s


def bench_larger(folder: Path, decoders: DecodePool, rounds: int) -> None:
    """A random model of 0.4 B parameters, which shows what the model's own work costs."""
    model = load_larger(folder / "larger")
    bench = Contenders(model, draw_photos(folder / "few", 8, (1024, 768)), decoders)
    contenders = {
        "4 tokens": bench.plain(),
        f"{TALKATIVE} tokens": bench.plain(answer_tokens=TALKATIVE),
        "expected": bench.first(EXPECTED),
        "next number": bench.next(NUMBER),
        "next expected": bench.next(EXPECTED),
    }
    gallery = "larger, 8 photos"
    bars = (
        Bar(f"{gallery}, first pass, `expected`, against 4 tokens", "4 tokens", "expected", 1.05),
        Bar(f"{gallery}, first pass, `expected`, against {TALKATIVE} tokens", f"{TALKATIVE} tokens", "expected", 1.5),
        Bar(f"{gallery}, next query, `number`, against 4 tokens", "4 tokens", "next number", 6),
        Bar(f"{gallery}, next query, `expected`, against 4 tokens", "4 tokens", "next expected", 10),
    )
    hold(contenders, bars, photos=8, rounds=rounds)
    yes_no = YesNo(model, bench.photos)
    bars = (Bar(f"{gallery}, first pass, `yes_no`, against a CrossEncoder", "peer", "own", 1),)
    hold({"peer": yes_no.peer, "own": yes_no.own}, bars, photos=8, rounds=rounds)
    print(f"\nLargest difference of a score from the CrossEncoder's: {yes_no.difference():.1g} (bar 0.001)")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="How fast, against what most people write.")
    parser.add_argument("--full", action="store_true", help=f"{FULL_ROUNDS} rounds instead of {ROUNDS}")
    parser.add_argument("--model", help="a model folder, a hub name in the local cache, or 'demo'")
    parser.add_argument("--device", choices=["cpu", "cuda"])
    parser.add_argument("--minutes", type=float, default=60, help="about how long --model may take, beside loading")
    options = parser.parse_args()
    rounds = FULL_ROUNDS if options.full else ROUNDS
    print(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {rounds} rounds\n")
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder, DecodePool() as decoders:
        if options.model:
            own = {"rounds": rounds, "minutes": options.minutes, "name": options.model, "device": options.device}
            bench_own(Path(folder), decoders, **own)
        else:
            bench_demo(Path(folder), decoders, rounds)
            bench_larger(Path(folder), decoders, rounds)


if __name__ == "__main__":
    main()
