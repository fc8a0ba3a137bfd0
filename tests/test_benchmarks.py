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
from benchmarks.likes import bench as bench_likes
from benchmarks.likes import tokens_per_photo
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


def test_a_question_with_a_photo_is_held_against_one_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with DecodePool() as decoders:
        bench_likes(load_demo(), "demo", tmp_path / "photos", decoders, photos=2, rounds=1)
    rows = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert rows == [
        f"demo, 2 photos, {which}, `{readout}`" for readout in Readout for which in ("first pass", "next query")
    ]


@pytest.mark.parametrize(("readout", "again"), [(Readout.NUMBER, 30), (Readout.EXPECTED, 30), (Readout.YES_NO, 0)])
def test_an_example_is_read_again_for_every_photo_unless_it_stands_before_the_photo(
    readout: Readout, again: int
) -> None:
    model = load_demo()
    for first in (True, False):
        in_words, with_photo = (tokens_per_photo(model, readout, first=first, like=like) for like in (False, True))
        assert with_photo - in_words >= again
        assert (with_photo == in_words) is (again == 0)
