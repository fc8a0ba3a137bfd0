"""What quick looks cost and save, most of it on the larger random model; every photo is of 1024x768."""

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.checkpoints import load_demo, load_larger
from benchmarks.contenders import Contenders
from benchmarks.contest import HEAD, Bar, Run, hold
from benchmarks.galleries import draw_photos
from benchmarks.scene_galleries import POOL
from lychee_rerank.evaluation.labelled_set import load_labels
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.query import parse_query
from lychee_rerank.records import Look, Outcome, Photo, Readout, ScoredPhoto
from lychee_rerank.results.ranking import collect_results
from lychee_rerank.results.settled import FIRST, likely_settled
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import template_for
from lychee_rerank.scoring.quick_look import NO_QUICK_LOOKS, MostPromisingFirst, QuickLookPlan, QuickLooks

ALWAYS = QuickLookPlan(QuickLooks.ALWAYS)
SIZE = (1024, 768)
MOST_APART = 1e-4  # between two expected scores of one photo
SCENE_TOKENS = 100  # four times those of a quick look; the demo model was trained at 36 and still sees at so many
MEMORIES = 4  # how many photo memories full looks at the whole gallery would take

Over = Callable[[Sequence[Outcome]], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many photos there are: a few, all that get a quick look, of a whole run, of a large gallery."""

    rounds: int
    looks: int
    provisional: int
    plain: int
    whole: int
    large: int
    first: int  # photos that are to be settled in the large gallery
    scenes: int  # in the gallery of the last row


MANY = Plan(rounds=3, looks=8, provisional=200, plain=16, whole=48, large=64, first=2, scenes=800)
FEW = Plan(rounds=1, looks=4, provisional=16, plain=4, whole=8, large=16, first=1, scenes=200)


def bench_times(folder: Path, decoders: DecodePool, plan: Plan, scenes: Path) -> None:
    """The table of times; `scenes` is a folder of benchmarks.scene_galleries."""
    model = load_larger(folder / "larger")
    photos = draw_photos(folder / "photos", max(plan.provisional, plan.whole, plan.large), SIZE)
    print(f"\n{HEAD}")
    bench_one(model, photos, decoders, plan)
    bench_provisional(model, photos, decoders, plan)
    bench_whole(model, photos, decoders, plan)
    large = Contenders(model, photos[: plan.large], decoders)
    bench_next(large, f"larger, {plan.large} photos", first=plan.first, rounds=plan.rounds)
    bench_scenes(scenes, decoders, plan)


def bench_one(model: VisionLanguageModel, photos: Sequence[Photo], decoders: DecodePool, plan: Plan) -> None:
    """A quick look against a full one, both at photos that were never seen."""
    few = photos[: plan.looks]
    contenders = {
        "full": Contenders(model, few, decoders).first(Readout.EXPECTED),
        "quick": Contenders(model.for_quick_looks(None), few, decoders).first(Readout.EXPECTED),
    }
    bars = (Bar(f"larger, {len(few)} photos, a quick look against a full one, `expected`", "full", "quick", 4),)
    hold(contenders, bars, photos=len(few), rounds=plan.rounds)


def bench_provisional(model: VisionLanguageModel, photos: Sequence[Photo], decoders: DecodePool, plan: Plan) -> None:
    """Until every photo has a provisional score, against all scores of the plain loop; by what one photo takes."""
    few, many = (Contenders(model, photos[:count], decoders) for count in (plan.plain, plan.provisional))
    counts = {"plain": plan.plain, "provisional": plan.provisional}

    def provisional() -> None:
        look(many.engine(), ALWAYS, many, until=lambda outcomes: len(outcomes) == plan.provisional)

    name = (
        f"larger, {plan.provisional} photos, until each has a provisional score, against 4 tokens "
        f"(timed on {plan.plain} photos, by what one takes)"
    )
    contenders = {"plain": few.plain(), "provisional": provisional}
    hold(contenders, (Bar(name, "plain", "provisional", 5),), photos=counts, rounds=plan.rounds)


def bench_whole(model: VisionLanguageModel, photos: Sequence[Photo], decoders: DecodePool, plan: Plan) -> None:
    """Every photo looked at quickly and fully, against fully alone; raises RuntimeError where their results differ."""
    bench = Contenders(model, photos[: plan.whole], decoders)
    found: dict[str, list[Outcome]] = {}

    def run(name: str, looks: QuickLookPlan) -> Run:
        return lambda: found.update({name: look(bench.engine(), looks, bench, query="sofa and coffee")})

    contenders = {"without": run("without", NO_QUICK_LOOKS), "with": run("with", ALWAYS)}
    name = f"larger, {plan.whole} photos, first pass, `expected`, with quick looks against without"
    hold(contenders, (Bar(name, "without", "with", 1 / 1.3),), photos=plan.whole, rounds=plan.rounds)
    check_same(found["without"], found["with"], tuple(bench.photos))


def check_same(one: Sequence[Outcome], other: Sequence[Outcome], photos: tuple[Photo, ...]) -> None:
    """Raises RuntimeError where they are not the same photos in the same order with the same answers and scores."""
    pairs = list(zip(*(collect_results(photos, outcomes).ranked for outcomes in (one, other)), strict=True))
    apart = max(abs(a.scored.score.expected - b.scored.score.expected) for a, b in pairs)
    if apart > MOST_APART or any(_told(a.scored) != _told(b.scored) for a, b in pairs) or len(pairs) != len(photos):
        raise RuntimeError(f"quick looks changed the results: expected scores up to {apart:.1g} apart, or the order")


def _told(photo: ScoredPhoto) -> tuple[int, str, str]:
    return photo.index, photo.score.answer, photo.look


def bench_next(bench: Contenders, name: str, *, first: int, rounds: int, queries: Sequence[str] = ()) -> None:
    """Another query over more photos than the memory holds, until the first are likely settled, against all looks.

    Each round asks another one of the `queries`, of which there is one more; without any, what says nothing.
    """
    photos = len(bench.photos)
    sizes = [encoded_bytes(judge, bench) for judge in (bench.model, bench.model.for_quick_looks(None))]
    remembered = photos // MEMORIES
    memory_bytes = remembered * sizes[0] + photos * sizes[1]
    own, base = bench.engine(memory_bytes), bench.engine(memory_bytes)
    look(own, ALWAYS, bench)  # the whole first query, so that the memory is full; the other's is the unmeasured round
    own_queries, base_queries = iter(queries), iter(queries)

    def settle() -> None:
        outcomes = look(own, ALWAYS, bench, query=next(own_queries, ""), until=settled)
        full = sum(isinstance(outcome, ScoredPhoto) and outcome.look is Look.FULL for outcome in outcomes)
        print(f"settled: {settled(outcomes)}, after {full} full looks", file=sys.stderr, flush=True)

    def settled(outcomes: Sequence[Outcome]) -> bool:
        return likely_settled(outcomes, photos=photos, first=first)

    contenders: dict[str, Run] = {
        "all": lambda: look(base, NO_QUICK_LOOKS, bench, query=next(base_queries, "")),
        "settled": settle,
    }
    measure = (
        f"{name}, memory for {remembered}, next query, `expected`, until the first {first} are likely settled, against "
        "all full looks"
    )
    hold(contenders, (Bar(measure, "all", "settled", 3),), photos=photos, rounds=rounds)


def bench_scenes(scenes: Path, decoders: DecodePool, plan: Plan) -> None:
    """The same with a model whose quick scores say something of its full ones, over scenes that are asked about."""
    asked = load_labels(scenes)[: plan.rounds + 1]
    own = {photo.path: photo for query in asked for photo in query.photos if not photo.name.startswith(POOL)}
    pool = [photo for photo in asked[0].photos if photo.name.startswith(POOL)]
    photos = [*own.values(), *pool][: plan.scenes]
    Random(0).shuffle(photos)
    bench = Contenders(load_demo(visual_tokens=SCENE_TOKENS), photos, decoders)
    name = f"demo at {SCENE_TOKENS} visual tokens, {len(photos)} scenes"
    bench_next(bench, name, first=FIRST, rounds=plan.rounds, queries=[query.query.text for query in asked])


def encoded_bytes(model: VisionLanguageModel, bench: Contenders) -> int:
    """What one of the photos takes in the photo memory."""
    engine = Engine(model, decode=bench.decoders.decode)
    prepared = engine.prepare(engine.hash(bench.photos[0]))
    (encoded,) = model.build_prompt(template_for(Readout.EXPECTED), "sofa").encode([prepared])
    return encoded.size_bytes


def look(
    engine: Engine,
    plan: QuickLookPlan,
    bench: Contenders,
    *,
    query: str = "",
    until: Over = lambda outcomes: False,
) -> list[Outcome]:
    """The outcomes of a run of our own, `expected`; the model says what it likes. Another query each time."""
    scorer = MostPromisingFirst(engine, plan, readout=Readout.EXPECTED)
    outcomes: list[Outcome] = []
    with closing(
        scorer.steps({parse_query(query) if query else bench.query(): list(enumerate(bench.photos))})
    ) as steps:
        for step in steps:
            outcomes += step
            if step and until(outcomes):
                break
    return outcomes
