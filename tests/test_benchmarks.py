"""What the benchmarks work out by themselves, and that a run of them on the bundled model comes to its end."""

import time
from pathlib import Path

import pytest
import torch

from benchmarks.checkpoints import load_demo, load_larger
from benchmarks.contenders import Contenders
from benchmarks.contest import Bar, hold
from benchmarks.endurance import print_run
from benchmarks.galleries import draw_photos
from benchmarks.launches import Timeline, profile_run, timeline_of
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.records import Readout


def test_gaps_are_where_nothing_runs_and_come_longest_first() -> None:
    assert timeline_of([(20, 22), (0, 10), (2, 5), (11, 12), (9, 10.5)]) == Timeline(5, 22, (8, 0.5))
    assert timeline_of([]) == Timeline(0, 0, ())


@pytest.mark.skipif(torch.cuda.is_available(), reason="counts what runs on the GPU")
def test_without_a_gpu_nothing_is_launched() -> None:
    assert profile_run(lambda: torch.ones(3) + 1).launches == 0


def test_contenders_run_in_turns_until_the_time_is_up_and_at_least_once(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []
    contenders = {name: lambda name=name: ran.append(name) for name in ("plain", "own")}
    hold(contenders, (Bar("nothing", "plain", "own", 0),), photos=1, rounds=3)
    assert ran == ["plain", "own"] * 4  # once unmeasured
    del ran[:]
    hold(contenders, (Bar("nothing", "plain", "own", 0),), photos=1, rounds=3, until_s=time.perf_counter())
    assert ran == ["plain", "own"] * 2
    assert capsys.readouterr().out.count("| nothing | ") == 2


def test_models_see_as_many_visual_tokens_as_a_benchmark_says(tmp_path: Path) -> None:
    assert load_demo(visual_tokens=100).card.pixel_budget_px == 100 * 28 * 28
    assert load_larger(tmp_path / "larger").card.pixel_budget_px == 256 * 28 * 28


def test_a_run_is_printed_with_its_memory_and_says_where_the_time_was_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = load_demo()
    with DecodePool() as decoders:
        bench = Contenders(model, draw_photos(tmp_path / "photos", 4, (112, 84)), decoders)
        print_run(model, bench.engine(0), "four", bench.photos)
        print_run(model, bench.engine(0), "four", bench.photos, until_s=time.perf_counter())
        for readout in Readout:
            bench.first(readout)()
        bench.plain(answer_tokens=3)()
    whole, cut = capsys.readouterr().out.splitlines()
    assert whole.startswith("| four | ")
    assert cut.startswith("| four, the first 1 | ")
    before, peak, after = (int(cell) for cell in whole.split("|")[3:6])
    assert 0 < before <= peak
    assert after <= peak
