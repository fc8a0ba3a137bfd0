"""precision: scores photos in float32, bfloat16 and float16; prints time, memory and how the scores differ."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, pstdev
from time import perf_counter

from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_NOTHING_SCORED,
    add_model_option,
    add_readout_option,
    with_readout,
)
from lychee_rerank.machine import available_bytes, watch
from lychee_rerank.model.checkpoint import count_parameters
from lychee_rerank.model.loader import ModelLoader, give_memory_back, memory_in_use
from lychee_rerank.photos.decode import Decode
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.folders import find_photos
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import Photo, Rule, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.scorer import score_photos
from lychee_rerank.settings import Settings
from lychee_rerank.text import decode_name
from lychee_rerank.words import Words

BYTES_PER_NUMBER = {"float32": 4, "bfloat16": 2, "float16": 2}
ROOM = 1.1  # of the weights: activations and what is kept of a photo
TOP = 3
HEAD = (
    f"{'dtype':9}{'s/photo':>9}{'peak GB':>9}{f'mean of top {TOP}':>16}{'std dev':>9}{'two runs':>10}{'no number':>11}"
)
NOTES = """\
std dev: of all scores. two runs: the largest difference of a photo's score. peak: of the GPU's memory where the model
runs there, of the process otherwise. INT4 is left out: the weights are not published in it, quantising needs packages
that this app does not carry, and how far it moves scores would be a measure of the quantiser."""


@dataclass(frozen=True, slots=True)
class PrecisionFigures:
    """Time, memory and scores of one precision; memory in bytes."""

    seconds_per_photo: float
    peak_bytes: int
    top_mean: float
    deviation: float
    largest_difference: float
    no_number: int


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("precision", help="score photos in FP32, BF16 and FP16, and compare")
    parser.add_argument("query", metavar="QUERY", type=decode_name, help="one sentence: Chinese, English or both")
    parser.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="photos, or folders of photos")
    add_model_option(parser)
    add_readout_option(parser)


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Prints a row per precision; EXIT_NOTHING_SCORED where no photo could be scored."""
    settings = replace(with_readout(settings, options.readout), calibration=None)  # what is compared is the model's own
    query = parse_query(options.query)
    photos = find_photos(options.paths).photos
    print(HEAD)
    with DecodePool() as decoders:
        found = [
            _print_row(query, photos, decode=decoders.decode, settings=replace(settings, dtype=dtype))
            for dtype in BYTES_PER_NUMBER
        ]
    print(f"\n{NOTES}")
    return EXIT_DONE if any(found) else EXIT_NOTHING_SCORED


def _print_row(query: Query, photos: Sequence[Photo], *, decode: Decode, settings: Settings) -> bool:
    """The row of the precision in the settings; True where photos were scored."""
    loader, dtype = ModelLoader(settings), str(settings.dtype)
    choice = loader.choose()
    needed = round(count_parameters(choice.folder) * BYTES_PER_NUMBER[dtype] * ROOM)
    free = loader.gpu.free_bytes if loader.gpu and loader.gpu.name else available_bytes()
    if needed > free:
        print(f"{dtype:9}does not fit: it needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")
        return False
    figures = _measure(Engine(loader.load(), decode), query, photos, settings=settings)
    give_memory_back()
    if figures is None:
        print(f"{dtype:9}no photo could be scored")
        return False
    costs = f"{figures.seconds_per_photo:9.3f}{figures.peak_bytes / 1e9:9.2f}"
    scores = f"{figures.top_mean:16.2f}{figures.deviation:9.2f}{figures.largest_difference:10.2g}{figures.no_number:11}"
    print(f"{dtype:9}{costs}{scores}", flush=True)
    return True


def _measure(engine: Engine, query: Query, photos: Sequence[Photo], *, settings: Settings) -> PrecisionFigures | None:
    """Two runs over the photos, each encoding them anew; None where nothing was scored."""
    readout, template = settings.readout, settings.template
    begun_s = perf_counter()
    with watch(lambda: memory_in_use(engine.judge.card, device=settings.device)) as peak:
        first, second = (
            {
                outcome.index: outcome.score
                for outcome in score_photos(engine, query, photos, readout=readout, template=template)
                if isinstance(outcome, ScoredPhoto)
            }
            for _ in range(2)
        )
    seconds = (perf_counter() - begun_s) / 2 / max(len(photos), 1)
    both = first.keys() & second.keys()
    if not both:
        return None
    values = sorted((first[index].value for index in both), reverse=True)
    return PrecisionFigures(
        seconds_per_photo=seconds,
        peak_bytes=peak.used_bytes,
        top_mean=fmean(values[:TOP]),
        deviation=pstdev(values),
        largest_difference=max(abs(first[index].value - second[index].value) for index in both),
        no_number=sum(first[index].rule is Rule.NONE for index in both),
    )
