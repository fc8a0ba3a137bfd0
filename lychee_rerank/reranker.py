"""The Python door: a model loaded once, photos ranked as often as one likes; knows no store and no page.

Scores, prompts, readouts and refusals are those of the page and the command line. The words (rank, query, top_k) are
those of sentence-transformers' CrossEncoder (https://sbert.net/docs/package_reference/cross_encoder).
"""

import tempfile
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from lychee_rerank.errors import ExampleRefused, PhotoRefused, SettingInvalid
from lychee_rerank.machine import photo_memory_bytes
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.example import load_example
from lychee_rerank.photos.in_memory import PhotoSource, check_source, check_sources, read_source
from lychee_rerank.query import Example, Query, parse_query
from lychee_rerank.records import Look, Outcome, Photo, RankedPhoto, Readout, Refusal
from lychee_rerank.results.ranking import add_facts, collect_results
from lychee_rerank.results.selection import View
from lychee_rerank.results.settled import likely_settled
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.scoring.judge import Encoded
from lychee_rerank.scoring.known_facts import FactsInMemory
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.quick_look import NO_QUICK_LOOKS, MostPromisingFirst
from lychee_rerank.settings import DEVICES, Settings, is_device, load_settings
from lychee_rerank.store.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Result:
    """A scored photo. `rank` 1 is best and ranks never repeat; `score` and `expected` go from 0 to 10.

    `group` is the rank of the best of the photos that are nearly the same, its own where it is alone.

    `expected` is the expected value over the model's probabilities, `label_mass`, from 0 to 1, the probability that it
    answers with a score at all; `index` is the photo's place in what was given, from 0; `answer` is the model's own.
    `raw` is the model's own score, where `score` has been through the map of LYCHEE_CALIBRATION.
    """

    rank: int
    score: float
    expected: float
    label_mass: float
    index: int
    name: str
    answer: str
    group: int
    raw: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What came of the photos: each is in `results`, best first, or in `refused`, in the order given.

    `full_looks` counts the photos that were scored in full: fewer than all where the first few settled before.
    """

    results: tuple[Result, ...]
    refused: tuple[Refusal, ...]
    full_looks: int


class Reranker:
    """A loaded model and what it remembers of photos; safe to use from any thread, one ranking at a time.

    Close it, or use it as a context manager, to give its memory back.
    """

    def __init__(self, engine: Engine, settings: Settings, decoders: DecodePool) -> None:
        self._facts = FactsInMemory()
        self._engine, self._settings, self._decoders = replace(engine, facts=self._facts), settings, decoders
        self._folder = tempfile.TemporaryDirectory(prefix="lychee-")
        self._uploads = Uploads(Path(self._folder.name), decode=decoders.decode)
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls,
        model: str | PathLike[str] | None = None,
        *,
        readout: str = "number",
        memory_bytes: int | None = None,
        device: str | None = None,
    ) -> Self:
        """Loads a model folder, a hub name in the local cache, "demo", or what the LYCHEE_ settings lead to.

        `readout`: "number", "expected" or "yes_no". `memory_bytes` bounds what is remembered of photos in host memory:
        a quarter of the machine's unless given, 0 for nothing. `device`: "cpu", "cuda", "cuda:1", or as the
        machine has it. Raises SettingInvalid, ModelUnusable, CalibrationRefused.
        """
        if readout not in set(Readout):
            raise SettingInvalid("readout", readout, "one of " + ", ".join(Readout))
        if device is not None and not is_device(device):
            raise SettingInvalid("device", device, DEVICES)
        settings = replace(load_settings(), readout=Readout(readout))
        settings = replace(settings, model=str(model) if model is not None else settings.model)
        settings = replace(settings, device=device or settings.device)
        most_bytes = settings.memory_bytes if memory_bytes is None else memory_bytes
        memory = PhotoMemory[Encoded](photo_memory_bytes(most_bytes))
        decoders = DecodePool()
        return cls(Engine(ModelLoader(settings).load(), decoders.decode, memory), settings, decoders)

    def rank(
        self,
        query: str,
        photos: Iterable[PhotoSource],
        *,
        like: PhotoSource | None = None,
        top_k: int | None = None,
        settle: bool = False,
        distinct: bool = False,
    ) -> Report:
        """Scores every photo against the query: paths, bytes, open binary files, PIL pictures, or uint8 arrays.

        `like` is a photo as the question: "" asks for photos like it, words change or narrow it ("but in blue").
        Best first: score, then expected score, then the order given. `top_k` cuts the results, never the refused.
        `distinct` keeps of photos that are nearly the same the best alone, before `top_k` counts. With `settle` every
        photo has a quick look first, at a small picture of it, and the most promising are scored in full until no other
        is likely to come before the `top_k` best: a likelihood, not a proof. A photo that cannot be scored is refused,
        never an error. Raises QueryRefused, ExampleRefused, DeviceLost; StorageFailed where what is no file cannot
        be put into the temporary folder; TypeError for what is no list, or holds no photo.
        """
        if top_k is not None and top_k < 1:
            raise SettingInvalid("top_k", str(top_k), "a whole number of at least 1")
        if settle and top_k is None:
            raise SettingInvalid("settle", str(settle), "top_k beside it")
        if settle and distinct:
            raise SettingInvalid("settle", str(settle), "no distinct beside it")
        parsed = parse_query(query, self._take_example(like))
        sources = check_sources(photos)
        with self._lock:
            given = [self._take(source, index) for index, source in enumerate(sources)]
            outcomes = self._score(parsed, given, settle=top_k if settle else None)
        full = [one for one in outcomes if isinstance(one, Refusal) or one.look is Look.FULL]
        results = collect_results((), full)
        results = add_facts(results, self._facts.of(photo.scored.photo_hash for photo in results.ranked))
        chosen = View(top_k=top_k or 0, distinct=distinct).choose(results)
        return Report(
            results=tuple(_result(photo, group=results.near_copies.group_of(photo)) for photo in chosen),
            refused=tuple(sorted(results.refused, key=lambda refusal: refusal.index)),
            full_looks=len(results.ranked),
        )

    def why(self, query: str, photo: PhotoSource, *, like: PhotoSource | None = None) -> str:
        """The photo's score against the query, explained by the model in its own words.

        They are in the language of the query, beside an example in English. Raises PhotoRefused where the photo cannot
        be scored, otherwise what `rank` raises.
        """
        parsed = parse_query(query, self._take_example(like))
        (source,) = check_sources([photo])
        with self._lock:
            explanation = self._explain(parsed, self._take(source, 0))
        if isinstance(explanation, Refusal):
            raise PhotoRefused(explanation.reason, detail=explanation.detail)
        return explanation

    def close(self) -> None:
        """Gives back what is remembered and ends the processes that decode photos."""
        with self._lock:
            self._engine.memory.clear()
            self._engine.examples.clear()
            self._decoders.close()
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def _score(self, query: Query, given: Sequence[Photo | Refusal], *, settle: int | None = None) -> list[Outcome]:
        """What came of the photos, until the first `settle` are likely settled where that is asked for."""
        settings = self._settings
        plan = settings.quick_looks.to_settle() if settle else NO_QUICK_LOOKS
        scorer = MostPromisingFirst(
            self._engine,
            plan,
            readout=settings.readout,
            template=settings.template,
            calibration=settings.calibration,
        )
        photos = [(index, photo) for index, photo in enumerate(given) if isinstance(photo, Photo)]
        outcomes: list[Outcome] = [refusal for refusal in given if isinstance(refusal, Refusal)]
        with closing(scorer.steps({query: photos})) as steps:
            for step in steps:
                outcomes += step
                if settle and step and likely_settled(outcomes, photos=len(given), first=settle):
                    break
        return outcomes

    def _explain(self, query: Query, given: Photo | Refusal) -> str | Refusal:
        if isinstance(given, Refusal):
            return given
        (outcome,) = self._score(query, [given])
        if isinstance(outcome, Refusal):
            return outcome
        return explain_score(self._engine, query, given, score=outcome.score.value)

    def _take(self, source: PhotoSource, index: int) -> Photo | Refusal:
        """The source as a photo on disk, under its own name or its number; raises TypeError."""
        name = f"photo {index}"
        try:
            return self._keep(source, name)
        except PhotoRefused as refused:
            return Refusal(index, name, refused.reason, refused.detail)

    def _keep(self, source: PhotoSource, name: str) -> Photo:
        """The source as a photo on disk, under its own name where it has one; raises PhotoRefused, TypeError."""
        if isinstance(source, str | PathLike):
            return Photo(name=str(source), path=Path(source))
        return self._uploads.keep(name, read_source(source))

    def _take_example(self, source: PhotoSource | None) -> Example | None:
        """The source as an example; raises ExampleRefused, TypeError."""
        if source is None:
            return None
        check_source(source, name="like")
        try:
            return load_example(self._keep(source, "the example"), hashes=self._engine.hashes)
        except PhotoRefused as refused:
            raise ExampleRefused(refused.reason, detail=refused.detail) from refused


def _result(ranked: RankedPhoto, *, group: int) -> Result:
    scored = ranked.scored
    return Result(
        rank=ranked.rank,
        score=scored.score.value,
        expected=scored.score.expected,
        label_mass=scored.score.label_mass,
        index=scored.index,
        name=scored.name,
        answer=scored.score.answer,
        group=group,
        raw=scored.score.raw,
    )
