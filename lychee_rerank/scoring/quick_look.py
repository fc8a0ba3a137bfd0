"""Which photo is looked at next: a quick look at all of them, then a full one, the most promising first.

A quick look is a score like any other, from one forward pass over a small picture. It has a key of its own, so it is
remembered and kept like any other too. Knows the model only as a Protocol, and no store.

A calibration map is one of full scores; quick ones go through it too, as both stand in one list. What is looked at next
goes by the model's own scores, which differ where the map is level.
"""

import logging
import time
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import Query
from lychee_rerank.records import Look, Outcome, Photo, Readout, Refusal, Score
from lychee_rerank.scoring.cache_keys import ScoreKey, build_key
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import KnownScores, ScoresOfOneRun
from lychee_rerank.scoring.prompts import PromptTemplate, template_for
from lychee_rerank.scoring.scorer import PhotoScorer

log = logging.getLogger(__name__)

FEWEST = 60  # photos: below, full looks at all of them are soon over
PAYS_FROM = 3.0  # how much dearer a full look has to be
_ROUNDS, _TRIED, _LOOKED_AT = 2, 8, 4  # what is timed to find that out: quick looks, then full ones at the best of them
# A full look may yet succeed: it is the model that failed, not the photo.
_MAY_PASS = (RefusalReason.OUT_OF_MEMORY, RefusalReason.NOT_FINITE, RefusalReason.REFUSED_BY_SERVER)

Numbered = Sequence[tuple[int, Photo]]
Steps = Generator[list[Outcome], None, None]


class QuickLooks(StrEnum):
    """Whether a run takes a quick look at every photo first: where it pays, always, or never."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class QuickLookPlan:
    """Whether quick looks are taken, and at how many visual tokens; None: at as many as suit the model."""

    when: QuickLooks = QuickLooks.AUTO
    tokens: int | None = None

    def to_settle(self) -> "QuickLookPlan":
        """The plan of a run that ends once its first photos are likely settled: quick looks pay, whatever they cost."""
        return self if self.when is QuickLooks.NEVER else replace(self, when=QuickLooks.ALWAYS)


NO_QUICK_LOOKS = QuickLookPlan(QuickLooks.NEVER)


class MostPromisingFirst:
    """Scores the photos of one run, in the order that quick looks at them suggest; `look` tells which kind is due.

    `known_for` gives the scores known under a key. Everything else is as PhotoScorer has it, and so are the scores.
    """

    def __init__(
        self,
        engine: Engine,
        plan: QuickLookPlan,
        *,
        readout: Readout = Readout.NUMBER,
        template: PromptTemplate | None = None,
        calibration: Calibration | None = None,
        known_for: Callable[[ScoreKey], KnownScores] = lambda key: ScoresOfOneRun(),
        gallery: Hashable = None,
        clock_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        template = template or template_for(readout)
        one_pass = Readout.EXPECTED if readout is Readout.NUMBER else readout
        small = replace(engine, judge=engine.judge.for_quick_looks(plan.tokens))
        how = partial(_Way, template=template, calibration=calibration, known_for=known_for)
        full, quick = how(replace(engine, files=None), readout), how(small, one_pass)  # files: full ones are too large
        self._ways = {Look.FULL: full, Look.QUICK: quick}
        self._full = full.build_scorer(full.known, gallery=gallery)
        self._quick = quick.build_scorer(self._known_either_way, gallery=gallery)
        smaller = small.judge.card.pixel_budget_px < engine.judge.card.pixel_budget_px
        self._when, self._clock_s = plan.when if smaller else QuickLooks.NEVER, clock_s
        self._known_fully: set[str] = set()  # hashes of photos that are over without a full look
        self._promise: dict[int, float] = {}  # quick scores, by place
        self._over: set[int] = set()  # the places of photos that need no full look any more
        self.look = Look.FULL

    def key_of(self, query: Query, look: Look) -> ScoreKey:
        """What the scores of a query's photos depend on, by the kind of look."""
        return self._ways[look].key(query)

    def steps(self, photos: Mapping[Query, Numbered]) -> Steps:
        """As PhotoScorer.steps; a photo of a single query may have a score from a quick look first.

        What is remembered in full comes before all others, what is known in full is not looked at. A photo refused at
        a quick look is not tried again, unless it was for want of memory.
        """
        if len(photos) != 1:
            yield from self._full.steps(photos)
            return
        ((query, numbered),) = photos.items()
        yield from self._look_fully(query, [one for one in numbered if self._full.remembers(query, one[1])])
        new = self._left(numbered)
        if self._when is QuickLooks.ALWAYS or (self._when is QuickLooks.AUTO and len(new) >= FEWEST):
            self.look = Look.QUICK
            if self._when is QuickLooks.ALWAYS or (yield from self._pays(query, new)):
                yield from self._look_quickly(query, self._unseen(new))
            self.look = Look.FULL
        yield from self._look_fully(query, self._most_promising(self._left(new)))

    def finish(self) -> list[Outcome]:
        """What comes of the photos that wait to be encoded, and for their answers."""
        return [*self._sort_out(self._quick.finish()), *self._full.finish()]

    def _known_either_way(self, query: Query) -> "_QuickScores":
        quick, full = (self._ways[look].known(query) for look in (Look.QUICK, Look.FULL))
        return _QuickScores(quick, full, self._known_fully)

    def _look_quickly(self, query: Query, numbered: Numbered) -> Steps:
        with closing(self._quick.steps({query: numbered})) as steps:
            for outcomes in steps:
                yield list(self._sort_out(outcomes))

    def _look_fully(self, query: Query, numbered: Numbered) -> Steps:
        self._over.update(index for index, _ in numbered)
        if numbered:
            yield from self._full.steps({query: numbered})

    def _sort_out(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """What came of quick looks: provisional scores, and what needs no full look."""
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                if outcome.reason in _MAY_PASS:
                    continue
            elif outcome.photo_hash not in self._known_fully:
                self._promise[outcome.index] = outcome.score.own
                yield replace(outcome, look=Look.QUICK)
                continue
            self._over.add(outcome.index)
            yield outcome

    def _pays(self, query: Query, numbered: Numbered) -> Generator[list[Outcome], None, bool]:
        """Looks both ways at some of the photos; True where a full look costs PAYS_FROM times as much and more."""
        least_s: dict[Look, float] = {}
        for _ in range(_ROUNDS):
            some = self._unseen(numbered)[:_TRIED]
            quick_s = yield from self._time(self._look_quickly(query, some))
            best = self._most_promising(self._left(some))[:_LOOKED_AT]
            full_s = yield from self._time(self._look_fully(query, best))
            for look, seconds, count in ((Look.QUICK, quick_s, len(some)), (Look.FULL, full_s, len(best))):
                if count:
                    least_s[look] = min(least_s.get(look, seconds), seconds / count)
        quick_s, full_s = least_s.get(Look.QUICK, 0.0), least_s.get(Look.FULL, 0.0)
        log.info("A quick look takes %.1f ms, a full one %.1f ms", quick_s * 1000, full_s * 1000)
        return full_s >= PAYS_FROM * quick_s

    def _time(self, steps: Steps) -> Generator[list[Outcome], None, float]:
        """The steps, and the seconds that they took; what others do between them does not count."""
        taken_s, begun_s = 0.0, self._clock_s()
        for outcomes in steps:
            taken_s += self._clock_s() - begun_s
            yield outcomes
            begun_s = self._clock_s()
        return taken_s + self._clock_s() - begun_s

    def _left(self, numbered: Numbered) -> Numbered:
        return [one for one in numbered if one[0] not in self._over]

    def _unseen(self, numbered: Numbered) -> Numbered:
        return [one for one in self._left(numbered) if one[0] not in self._promise]

    def _most_promising(self, numbered: Numbered) -> Numbered:
        """By quick score, then upload order; what has none comes last."""
        return sorted(numbered, key=lambda one: (-self._promise.get(one[0], -1.0), one[0]))


class _Way:
    """One kind of look: with which engine, read how, and the scores known under its keys."""

    def __init__(
        self,
        engine: Engine,
        readout: Readout,
        *,
        template: PromptTemplate,
        calibration: Calibration | None,
        known_for: Callable[[ScoreKey], KnownScores],
    ) -> None:
        self._engine, self._readout, self._template, self._known_for = engine, readout, template, known_for
        self._calibration = calibration
        self._key: ScoreKey | None = None
        self._known: dict[Query, KnownScores] = {}

    def key(self, query: Query) -> ScoreKey:
        """What the scores of the query's photos depend on."""
        if self._key is None:  # versions of packages are read from the disk
            self._key = build_key(
                self._engine.judge.card,
                query,
                readout=self._readout,
                template=self._template,
                calibration=self._calibration,
            )
        return self._key.about(query, self._engine.judge.card, self._template)

    def known(self, query: Query) -> KnownScores:
        """The scores known under this key, the same each time."""
        if query not in self._known:
            self._known[query] = self._known_for(self.key(query))
        return self._known[query]

    def build_scorer(self, known_for: Callable[[Query], KnownScores], *, gallery: Hashable) -> PhotoScorer:
        """One that looks this way."""
        return PhotoScorer(
            self._engine,
            readout=self._readout,
            template=self._template,
            calibration=self._calibration,
            known_for=known_for,
            gallery=gallery,
        )


class _QuickScores:
    """The known scores of quick looks; where a photo's full score is known it takes their place, and is noted."""

    def __init__(self, quick: KnownScores, full: KnownScores, known_fully: set[str]) -> None:
        self._quick, self._full, self._known_fully = quick, full, known_fully
        self.blame, self.blamed = quick.blame, quick.blamed

    def find(self, photo_hash: str) -> Score | None:
        """The score of a photo, if there is one; raises PhotoRefused for one that must not be tried again."""
        score = self._full.find(photo_hash)
        if score is None:
            return self._quick.find(photo_hash)
        self._known_fully.add(photo_hash)
        return score

    def keep(self, photo_hash: str, score: Score) -> None:
        """Remembers a new quick score, or a full one just mapped."""
        (self._full if photo_hash in self._known_fully else self._quick).keep(photo_hash, score)
