"""How soon the first ten are there: a quick look at every photo, then full looks, the most promising first.

    python -m benchmarks.first_ten [--quick]
    python -m benchmarks.first_ten [--quick] [--style fluent-3d|twemoji] [--readout number|expected|yes_no]
    python -m benchmarks.first_ten [--quick] --times

Full looks are counted with the bundled model, over the galleries of benchmarks.scene_galleries, which are drawn where
they are not there; times are measured with a larger random model. With a style or a readout that part of the counts
alone, with `--times` the times alone; `--quick`: small numbers, to try it.
"""

import argparse
import sys
import tempfile
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks.checkpoints import load_demo
from benchmarks.contenders import MEMORY_BYTES
from benchmarks.quick_looks import FEW, MANY, bench_times
from benchmarks.scene_galleries import DRAWN, OUT, draw_style
from lychee_rerank.evaluation.labelled_set import LABELS_NAME, LabelledQuery, load_labels
from lychee_rerank.model.vlm import MOST_NEW
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.records import Look, Outcome, RankedPhoto, Readout, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.results.settled import FIRST, likely_settled
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.quick_look import MostPromisingFirst, QuickLookPlan, QuickLooks

ALWAYS = QuickLookPlan(QuickLooks.ALWAYS)
QUICK_QUERIES, QUICK_PHOTOS = 2, 120
BEST_BAR, SETTLED_BAR, RIGHT_BAR = 20, 0.12, 0.9  # medians of full looks and of their share; share of the queries

HEAD = """\
| full looks, median (worst) | until the best photo | until the first ten are likely settled | share of the gallery \
| they were the first ten | with the same scores |
|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Looks:
    """Of one run: how many full looks it took to the photo that ends up first, and until the first ones were settled.

    `photos`: they were those that end up first, in that order; `scores`: the scores shown beside them were the same.
    """

    until_best: int
    until_settled: int
    photos: bool
    scores: bool


def count_looks(outcomes: Sequence[Outcome], *, photos: int, first: int = FIRST, at_once: int = MOST_NEW) -> Looks:
    """What a whole run would have shown on its way; its outcomes in the order in which they came.

    Whether the first are settled is asked after every `at_once` full looks, as these come in a first pass.
    """
    full = [outcome for outcome in outcomes if _is_full(outcome)]
    scored = [outcome for outcome in full if isinstance(outcome, ScoredPhoto)]
    final = rank_photos(scored)
    settled = _until_settled(outcomes, photos=photos, first=first, at_once=at_once)
    then, now = rank_photos(scored[:settled])[:first], final[:first]
    return Looks(
        until_best=[photo.index for photo in scored].index(final[0].scored.index) + 1,
        until_settled=settled,
        photos=[one.scored.index for one in then] == [one.scored.index for one in now],
        scores=_shown(then) == _shown(now),
    )


def _is_full(outcome: Outcome) -> bool:
    return isinstance(outcome, ScoredPhoto) and outcome.look is Look.FULL


def _until_settled(outcomes: Sequence[Outcome], *, photos: int, first: int, at_once: int) -> int:
    """All full looks where the first were never settled before the end."""
    ends = [end for end, outcome in enumerate(outcomes, start=1) if _is_full(outcome)]
    for count in range(at_once, len(ends), at_once):
        if likely_settled(outcomes[: ends[count - 1]], photos=photos, first=first):
            return count
    return len(ends)


def _shown(ranked: Sequence[RankedPhoto]) -> list[float]:
    return [round(photo.scored.score.value, 1) for photo in ranked]


class FirstQueryMemory(PhotoMemory[Encoded]):
    """Gives what it remembers and owns up to none of it: every query looks at the photos as if it were the first.

    What is remembered would be looked at in full before all quick looks.
    """

    def __contains__(self, key: Hashable) -> bool:
        return False


def bench_looks(folders: Sequence[Path], decoders: DecodePool, readouts: Sequence[Readout], *, quick: bool) -> None:
    """The table of counts: a row per readout over the galleries of each style."""
    model = load_demo()
    print(HEAD)
    for folder, readout in product(folders, readouts):
        labelled = load_labels(folder)[: QUICK_QUERIES if quick else None]
        photos = min(QUICK_PHOTOS if quick else len(query.photos) for query in labelled)
        engine = Engine(model, decode=decoders.decode, memory=FirstQueryMemory(MEMORY_BYTES))
        looks = []
        for query in labelled:
            looks.append(count_looks(_run_whole(engine, query, photos, readout), photos=photos))
            print(f"{folder.name}, {readout}, {query.id}: {looks[-1]}", file=sys.stderr, flush=True)
        name = f"demo, {len(looks)} x {photos} photos, {folder.name}, `{readout}`"
        barred = readout is Readout.NUMBER and folder.name == DRAWN[0].name
        print_looks(name, looks, photos, barred=barred)


def _run_whole(engine: Engine, labelled: LabelledQuery, photos: int, readout: Readout) -> list[Outcome]:
    """Every outcome of a quick look and of a full one."""
    scorer = MostPromisingFirst(engine, ALWAYS, readout=readout)
    numbered = list(enumerate(labelled.photos[:photos]))
    outcomes = [outcome for step in scorer.steps({labelled.query: numbered}) for outcome in step]
    if sum(map(_is_full, outcomes)) != photos or len(outcomes) != 2 * photos:
        raise RuntimeError("not every photo was looked at twice")
    return outcomes


def print_looks(name: str, looks: Sequence[Looks], photos: int, *, barred: bool) -> None:
    """One row, with the bars where it has them."""
    best, settled = [one.until_best for one in looks], [one.until_settled for one in looks]
    right, shown = sum(one.photos for one in looks), sum(one.scores for one in looks)
    share = median(settled) / photos
    cells = [
        f"{median(best):g} ({max(best)})" + _bar(median(best) <= BEST_BAR, f"{BEST_BAR}", barred),
        f"{median(settled):g} ({max(settled)})",
        f"{share:.1%} ({max(settled) / photos:.1%})" + _bar(share <= SETTLED_BAR, f"{SETTLED_BAR:.0%}", barred),
        f"{right} of {len(looks)}" + _bar(right >= RIGHT_BAR * len(looks), f"{RIGHT_BAR:.0%}", barred),
        f"{shown} of {len(looks)}",
    ]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _bar(held: bool, bar: str, barred: bool) -> str:
    return f"; bar {bar}{'' if held else ' **missed**'}" if barred else ""


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description="How soon the first ten are there.")
    parser.add_argument("--quick", action="store_true", help="small numbers, to try it")
    parser.add_argument("--style", choices=[style.name for style in DRAWN], help="of these galleries alone")
    parser.add_argument("--readout", type=Readout, choices=list(Readout), help="with this readout alone")
    parser.add_argument("--times", action="store_true", help="the times alone")
    options = parser.parse_args()
    part = options.style or options.readout
    with DecodePool() as decoders, tempfile.TemporaryDirectory() as folder:
        if part or not options.times:
            readouts = [options.readout] if options.readout else list(Readout)
            styles = [options.style] if options.style else [style.name for style in DRAWN]
            bench_looks([_galleries_of(name) for name in styles], decoders, readouts, quick=options.quick)
        if options.times or not part:
            bench_times(Path(folder), decoders, FEW if options.quick else MANY, _galleries_of(DRAWN[0].name))


def _galleries_of(name: str) -> Path:
    """The folder of a style, drawn where it is not there."""
    folder, (style,) = OUT / name, [style for style in DRAWN if style.name == name]
    return folder if (folder / LABELS_NAME).is_file() else draw_style(style)


if __name__ == "__main__":
    main()
