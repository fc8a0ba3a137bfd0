"""Photos and a query in, scores and refusals out; knows the model only as a Protocol.

The next photos are read, decoded and prepared while the model works. What the model remembers of a photo is asked
first and without looking again; answers are asked for in batches.
"""

import logging
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from lychee_rerank.ahead import make_ahead
from lychee_rerank.errors import DeviceLost, PhotoRefused
from lychee_rerank.intake import Decode, decode_picture, read_bytes
from lychee_rerank.judge import Judge, Known, OneRun, Prepared, Question, Sight
from lychee_rerank.keys import build_sight_key
from lychee_rerank.machine import trim_memory
from lychee_rerank.memory import PhotoMemory
from lychee_rerank.photo_hashes import PhotoHashes
from lychee_rerank.prompts import PromptTemplate, clean_query, template_for
from lychee_rerank.readout import number_is_over, read_expected, read_number, read_yes_no
from lychee_rerank.records import Photo, Readout, Reason, Refusal, Score, ScoredPhoto

log = logging.getLogger(__name__)

MAX_ANSWER_TOKENS = 64
NEW_AT_ONCE = 8  # photos seen for the first time that wait for their answers: about a second on a large model
_AHEAD, _THREADS = 4, 2  # photos prepared while the model works

Outcome = ScoredPhoto | Refusal


@dataclass(frozen=True, slots=True)
class Engine:
    """What scoring needs beside a query, for as long as a process has the model."""

    judge: Judge
    decode: Decode = decode_picture
    memory: "PhotoMemory[Sight]" = field(default_factory=lambda: PhotoMemory(0))
    hashes: PhotoHashes = field(default_factory=PhotoHashes)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A photo that the model can be asked about: known, remembered, or prepared."""

    photo_hash: str
    score: Score | None = None
    prepared: Prepared = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A photo that waits to be looked at, or for its answer: `held` is what it was prepared to, or what was kept."""

    index: int
    photo: Photo
    photo_hash: str
    held: Prepared | Sight


class PhotoScorer:
    """Scores the photos of one run; the same bytes are scored once. Raises QueryRefused.

    `template` takes the place of the readout's own prompt. The model is asked only once a photo needs it. Photos of the
    same `gallery` never push one another out of the model's memory.
    """

    def __init__(
        self,
        engine: Engine,
        query: str,
        *,
        readout: Readout = Readout.NUMBER,
        template: PromptTemplate | None = None,
        known: Known | None = None,
        gallery: Hashable = None,
    ) -> None:
        self._engine, self._judge, self._readout, self._gallery = engine, engine.judge, readout, gallery
        self._query, self._template = clean_query(query), template or template_for(readout)
        self._known = OneRun() if known is None else known
        self._sight_key = build_sight_key(engine.judge.card, self._template)
        self._question: Question | None = None
        self._own: dict[str, Score] = {}
        self._unseen: list[_Waiting] = []
        self._waiting: list[_Waiting] = []

    def steps(self, photos: Sequence[tuple[int, Photo]]) -> Generator[list[Outcome], None, None]:
        """Scores the photos, each with its place in upload order: what came of them, step by step, perhaps nothing yet.

        A step is one look at new photos, or one batch of answers. What is remembered comes first. A photo that cannot
        be scored is an outcome, never an error; raises ModelUnusable where the vocabulary lacks a label, DeviceLost.
        """
        in_order = sorted(photos, key=lambda one: not self._is_remembered(one[1]))
        with closing(make_ahead(self._prepare, in_order, ahead=_AHEAD, threads=_THREADS)) as ahead:
            for (index, photo), ready in ahead:
                try:
                    yield from self._take(index, photo, ready.result())
                except PhotoRefused as refused:
                    yield [_refuse(photo, refused, index=index)]
        yield self.finish()
        trim_memory()

    def finish(self) -> list[Outcome]:
        """What comes of the photos that wait to be looked at, and for their answers."""
        return self._look() + self._answer()

    def _is_remembered(self, photo: Photo) -> bool:
        photo_hash = self._engine.hashes.find(photo.path)
        return photo_hash is not None and self._sight_key.of(photo_hash) in self._engine.memory

    def _prepare(self, numbered: tuple[int, Photo]) -> _Ready:
        """Reads no more of a photo than has to be read; runs beside the model. Raises PhotoRefused."""
        path, content = numbered[1].path, b""
        photo_hash = self._engine.hashes.find(path)
        if photo_hash is None:
            content = read_bytes(path)
            photo_hash = self._engine.hashes.take(path, content)
        score = self._known.find(photo_hash)
        if score is not None or self._sight_key.of(photo_hash) in self._engine.memory:
            return _Ready(photo_hash, score=score)
        picture = self._engine.decode(content or read_bytes(path), fit=self._judge.fit_size)
        return _Ready(photo_hash, prepared=self._judge.prepare(picture))

    def _take(self, index: int, photo: Photo, ready: _Ready) -> Iterator[list[Outcome]]:
        """Lines one photo up, unless its score is known; looks and asks once enough of them wait."""
        photo_hash = ready.photo_hash
        if any(one.photo_hash == photo_hash for one in self._unseen + self._waiting):  # the same under another name
            yield self.finish()
        score = ready.score or self._own.get(photo_hash)
        if score is not None:
            yield [ScoredPhoto(index=index, name=photo.name, score=score, photo_hash=photo_hash)]
            return
        alone = self._known.blamed(photo_hash)
        if alone:
            yield self.finish()
        sight = self._engine.memory.find(self._sight_key.of(photo_hash), gallery=self._gallery)
        if sight is not None:
            self._waiting.append(_Waiting(index, photo, photo_hash, sight))
            most = self._judge.batch_size(sight)
        else:
            yield self._line_up(_Waiting(index, photo, photo_hash, ready.prepared or self._prepare_anew(photo)))
            most = min([NEW_AT_ONCE, *(self._judge.batch_size(one.held) for one in self._waiting[:1])])
        if alone or len(self._waiting) >= most:
            yield self.finish()

    def _line_up(self, one: _Waiting) -> list[Outcome]:
        """Looks at the new photos once they are enough; the refused ones."""
        self._unseen.append(one)
        return self._look() if len(self._unseen) >= self._judge.look_size(one.held) else []

    def _prepare_anew(self, photo: Photo) -> Prepared:
        """For a photo that was remembered a moment ago."""
        return self._judge.prepare(self._engine.decode(read_bytes(photo.path), fit=self._judge.fit_size))

    def _look(self) -> list[Outcome]:
        """Looks at the photos that were not seen yet; the refused ones."""
        unseen, self._unseen = self._unseen, []
        return self._try(unseen, self._look_at)

    def _look_at(self, batch: Sequence[_Waiting]) -> list[Outcome]:
        """Remembers what is seen where there is room; it waits for its answers now."""
        sights = self._ask().look_all([one.held for one in batch])
        for one, sight in zip(batch, sights, strict=True):
            self._waiting.append(replace(one, held=sight))
            self._engine.memory.keep(self._sight_key.of(one.photo_hash), sight, gallery=self._gallery)
        return []

    def _answer(self) -> list[Outcome]:
        """What comes of the photos that wait for their answers."""
        waiting, self._waiting = self._waiting, []
        return self._try(waiting, self._ask_about)

    def _ask_about(self, batch: Sequence[_Waiting]) -> list[Outcome]:
        scores = _score_sights([one.held for one in batch], self._ask(), self._readout)
        return [self._keep(one, score) for one, score in zip(batch, scores, strict=True)]

    def _try(self, batch: Sequence[_Waiting], act: Callable[[Sequence[_Waiting]], list[Outcome]]) -> list[Outcome]:
        """What `act` gives; where a batch fails its halves are tried, down to the photo at fault, which is refused.

        Where memory lacks, what is remembered of other photos is given back first."""
        try:
            return act(batch) if batch else []
        except DeviceLost:
            for one in batch:
                self._known.blame(one.photo_hash)
            raise
        except PhotoRefused as refused:
            if len(batch) > 1:
                half = len(batch) // 2
                return self._try(batch[:half], act) + self._try(batch[half:], act)
            if refused.reason is Reason.OUT_OF_MEMORY and self._engine.memory.used_bytes:
                self._engine.memory.clear()
                return self._try(batch, act)
            return [_refuse(batch[0].photo, refused, index=batch[0].index)]

    def _ask(self) -> Question:
        if self._question is None:
            self._question = self._judge.ask(self._template, self._query)
        return self._question

    def _keep(self, one: _Waiting, score: Score) -> ScoredPhoto:
        self._own[one.photo_hash] = score
        self._known.keep(one.photo_hash, score)
        return ScoredPhoto(index=one.index, name=one.photo.name, score=score, photo_hash=one.photo_hash)


def score_photos(
    engine: Engine,
    query: str,
    photos: Sequence[Photo],
    *,
    readout: Readout = Readout.NUMBER,
    template: PromptTemplate | None = None,
    known: Known | None = None,
) -> Iterator[Outcome]:
    """One outcome per photo, as they come; arguments and errors are those of PhotoScorer."""
    scorer = PhotoScorer(engine, query, readout=readout, template=template, known=known)
    return (outcome for step in scorer.steps(list(enumerate(photos))) for outcome in step)


def _score_sights(sights: Sequence[Sight], question: Question, readout: Readout) -> list[Score]:
    if readout is Readout.YES_NO:
        return list(map(read_yes_no, question.decide_all(sights)))
    if readout is Readout.EXPECTED:
        return list(map(read_expected, question.answer_all(sights, max_tokens=1, until=_never)))
    return list(map(read_number, question.answer_all(sights, max_tokens=MAX_ANSWER_TOKENS, until=number_is_over)))


def _refuse(photo: Photo, refused: PhotoRefused, *, index: int) -> Refusal:
    log.debug("photo %d refused: %s", index, refused, exc_info=refused)
    return Refusal(index=index, name=photo.name, reason=refused.reason, kind=refused.kind)


def _never(_: str) -> bool:
    return False
