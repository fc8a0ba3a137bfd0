"""Your own model on your machine: the same ratios, two longer runs, the floor, and on a GPU what it is handed."""

import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch

from benchmarks.contenders import MOST_TOKENS, Contenders
from benchmarks.contest import Bar, hold, time_of
from benchmarks.endurance import print_run
from benchmarks.floor import least_seconds
from benchmarks.galleries import draw_photos
from benchmarks.launches import LONGEST, print_launches
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import EmptyCache
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.records import Readout
from lychee_rerank.settings import load_settings

NUMBER, EXPECTED, YES_NO = Readout.NUMBER, Readout.EXPECTED, Readout.YES_NO
FEW = 16  # photos of a contest
CONTEST_SHARE, LARGE_SHARE, ALL_SHARE = 0.5, 0.65, 0.85  # of the minutes, at which each part begins no further round


def bench_own(
    folder: Path, decoders: DecodePool, *, rounds: int, minutes: float, name: str, device: str | None
) -> None:
    """Everything, in about so many minutes beside loading: what is cut short says so."""
    settings = load_settings()
    settings = replace(settings, model=name, device=device or settings.device)
    model = cast(VisionLanguageModel, ModelLoader(settings).load())
    usual = Contenders(model, draw_photos(folder / "usual", 200, (1024, 768)), decoders)
    large = Contenders(model, draw_photos(folder / "large", 35, (1920, 1080)), decoders)
    few, begun_s = Contenders(model, usual.photos[:FEW], decoders), time.perf_counter()
    bench_contest(few, rounds=rounds, until_s=begun_s + 60 * minutes * CONTEST_SHARE)
    print(f"\n{model.card.dtype} on {model.card.device}, photo memory off; memory in MiB\n")
    print("| run | seconds per photo | before | peak | after | range after the 30th |\n|---|---|---|---|---|---|")
    for run, bench, share in (("35 photos of 1920x1080", large, LARGE_SHARE), ("200 of 1024x768", usual, ALL_SHARE)):
        print_run(model, bench.engine(0), run, bench.photos, until_s=begun_s + 60 * minutes * share)
    floor_s, own_s = least_seconds(model, (1024, 768)), time_of(few.first(EXPECTED)) / FEW
    print(f"\nFloor of a 1024x768 photo: {1e3 * floor_s:.1f} ms; `expected` reaches {floor_s / own_s:.0%} of it")
    if model.network.device.type == "cuda":
        bench_gpu(few)


def bench_contest(few: Contenders, *, rounds: int, until_s: float) -> None:
    """First and next queries by each readout, against the plain loop with a short and with a long answer."""
    short, long = "4 tokens", f"{MOST_TOKENS} tokens"
    contenders = {
        short: few.plain(),
        long: few.plain(answer_tokens=MOST_TOKENS),
        "number": few.first(NUMBER),
        "expected": few.first(EXPECTED),
        "yes_no": few.first(YES_NO),
        "next number": few.next(NUMBER),
        "next expected": few.next(EXPECTED),
    }
    name = f"{few.model.card.name}, {FEW} photos of 1024x768"
    against_short = (("number", 1), ("expected", 1.05), ("yes_no", 1), ("next number", 6), ("next expected", 10))
    bars = [Bar(f"{name}, {own}, against {short}", short, own, at_least) for own, at_least in against_short]
    bars += [Bar(f"{name}, {own}, against {long}", long, own, 1.5) for own in ("number", "expected")]
    hold(contenders, bars, photos=FEW, rounds=rounds, until_s=until_s)


def bench_gpu(few: Contenders) -> None:
    """What giving memory back after each photo costs, and what the GPU is handed."""
    times_s = {}
    for when in (EmptyCache.PHOTO, EmptyCache.NEVER):
        model = VisionLanguageModel(few.model.network, few.model.processor, card=few.model.card, empty_cache=when)
        run = Contenders(model, few.photos, few.decoders).first(EXPECTED)
        run()
        times_s[when] = time_of(run) / FEW
    cost_ms = 1e3 * (times_s[EmptyCache.PHOTO] - times_s[EmptyCache.NEVER])
    print(f"\nLYCHEE_EMPTY_CACHE=photo costs {cost_ms:.1f} ms per photo above `never`; torch {torch.__version__}\n")
    print(f"| run | launches per photo | idle | {LONGEST} longest gaps, ms |\n|---|---|---|---|")
    again = few.next(EXPECTED)
    again()
    runs = {"plain loop, 4 tokens": few.plain(), "first query, `expected`": few.first(EXPECTED), "next query": again}
    for name, run in runs.items():
        print_launches(name, run, photos=FEW)
