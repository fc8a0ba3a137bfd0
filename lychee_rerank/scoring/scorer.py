"""Photos and queries in, scores and refusals out; knows the model only as a Protocol.

The next photos are read, decoded and prepared while the model works, those of the next query too. What the model
remembers of a photo is asked first and without looking again; answers are asked for in batches.
"""

from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from lychee_rerank.errors import DeviceLost, PhotoRefused
from lychee_rerank.machine import trim_memory
from lychee_rerank.photos.decode import Decode, decode_picture, read_bytes
from lychee_rerank.photos.hashes import PhotoHashes
from lychee_rerank.problems import Reason
from lychee_rerank.records import Photo, Readout, Refusal, Score, ScoredPhoto
from lychee_rerank.scoring.cache_keys import build_sight_key
from lychee_rerank.scoring.judge import Judge, Known, OneRun, Prepared, Question, Sight
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prefetch import make_ahead
from lychee_rerank.scoring.prompts import PromptTemplate, clean_query, template_for
from lychee_rerank.scoring.readout import number_is_over, read_expected, read_number, read_yes_no
from lychee_rerank.scoring.tasks import Asking, Ready, Task, Waiting, keep_score, refuse

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


class PhotoScorer:
    """Scores the photos of one run; the same bytes are scored once per query.

    `template` takes the place of the readout's own prompt; `known_for` says what is known of photos under a query. The
    model is asked only once a photo needs it. Photos of the same `gallery` never push one another out of its memory.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        readout: Readout = Readout.NUMBER,
        template: PromptTemplate | None = None,
        known_for: Callable[[str], Known | None] = lambda query: None,
        gallery: Hashable = None,
    ) -> None:
        self._engine, self._judge, self._readout, self._gallery = engine, engine.judge, readout, gallery
        self._template, self._known_for = template or template_for(readout), known_for
        self._sight_key = build_sight_key(engine.judge.card, self._template)
        self._unseen: list[Waiting] = []
        self._waiting: list[Waiting] = []

    def steps(self, photos: Mapping[str, Sequence[tuple[int, Photo]]]) -> Generator[list[Outcome], None, None]:
        """Scores the photos of each query, with their places in upload order: what came of them, step by step.

        A step is one look at new photos, or one batch of answers; perhaps nothing comes of it. One query follows the
        other, and what is remembered comes first. A photo that cannot be scored is an outcome, never an error; raises
        QueryRefused, DeviceLost, and ModelUnusable where the vocabulary lacks a label.
        """
        with closing(make_ahead(self._prepare, self._line_up(photos), ahead=_AHEAD, threads=_THREADS)) as ahead:
            for task, ready in ahead:
                try:
                    yield from self._take(task, ready.result())
                except PhotoRefused as refused:
                    yield [refuse(task, refused)]
        yield self.finish()
        trim_memory()

    def _line_up(self, photos: Mapping[str, Sequence[tuple[int, Photo]]]) -> Iterator[Task]:
        for query, numbered in photos.items():
            known = self._known_for(query)
            asking = Asking(clean_query(query), OneRun() if known is None else known)
            for index, photo in sorted(numbered, key=lambda one: not self._is_remembered(one[1])):
                yield Task(index, photo, asking)

    def finish(self) -> list[Outcome]:
        """What comes of the photos that wait to be looked at, and for their answers."""
        return self._look() + self._answer()

    def _is_remembered(self, photo: Photo) -> bool:
        photo_hash = self._engine.hashes.find(photo.path)
        return photo_hash is not None and self._sight_key.of(photo_hash) in self._engine.memory

    def _prepare(self, task: Task) -> Ready:
        """Reads no more of a photo than has to be read; runs beside the model. Raises PhotoRefused."""
        path, content = task.photo.path, b""
        photo_hash = self._engine.hashes.find(path)
        if photo_hash is None:
            content = read_bytes(path)
            photo_hash = self._engine.hashes.take(path, content)
        score = task.asking.known.find(photo_hash)
        if score is not None or self._sight_key.of(photo_hash) in self._engine.memory:
            return Ready(photo_hash, score=score)
        picture = self._engine.decode(content or read_bytes(path), fit=self._judge.fit_size)
        return Ready(photo_hash, prepared=self._judge.prepare(picture))

    def _take(self, task: Task, ready: Ready) -> Iterator[list[Outcome]]:
        """Has one photo wait, unless its score is known; looks and asks once enough of them wait."""
        photo_hash = ready.photo_hash
        others = self._unseen + self._waiting
        if any(one.task.asking is not task.asking or one.photo_hash == photo_hash for one in others):
            yield self.finish()  # they wait for another question; or it is the same photo under another name
        score = ready.score or task.asking.own.get(photo_hash)
        if score is not None:
            yield [ScoredPhoto(index=task.index, name=task.photo.name, score=score, photo_hash=photo_hash)]
            return
        alone = task.asking.known.blamed(photo_hash)
        if alone:
            yield self.finish()
        sight = self._engine.memory.find(self._sight_key.of(photo_hash), gallery=self._gallery)
        if sight is not None:
            self._waiting.append(Waiting(task, photo_hash, sight))
            most = self._judge.batch_size(sight)
        else:
            yield self._have_seen(Waiting(task, photo_hash, ready.prepared or self._prepare_anew(task.photo)))
            most = min([NEW_AT_ONCE, *(self._judge.batch_size(one.held) for one in self._waiting[:1])])
        if alone or len(self._waiting) >= most:
            yield self.finish()

    def _have_seen(self, one: Waiting) -> list[Outcome]:
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

    def _look_at(self, batch: Sequence[Waiting]) -> list[Outcome]:
        """Remembers what is seen where there is room; it waits for its answers now."""
        sights = self._ask(batch).look_all([one.held for one in batch])
        for one, sight in zip(batch, sights, strict=True):
            self._waiting.append(replace(one, held=sight))
            self._engine.memory.keep(self._sight_key.of(one.photo_hash), sight, gallery=self._gallery)
        return []

    def _answer(self) -> list[Outcome]:
        """What comes of the photos that wait for their answers."""
        waiting, self._waiting = self._waiting, []
        return self._try(waiting, self._ask_about)

    def _ask_about(self, batch: Sequence[Waiting]) -> list[Outcome]:
        scores = _score_sights([one.held for one in batch], self._ask(batch), self._readout)
        return [keep_score(one, score) for one, score in zip(batch, scores, strict=True)]

    def _try(self, batch: Sequence[Waiting], act: Callable[[Sequence[Waiting]], list[Outcome]]) -> list[Outcome]:
        """What `act` gives; where a batch fails its halves are tried, down to the photo at fault, which is refused.

        Where memory lacks, what is remembered of other photos is given back first."""
        try:
            return act(batch) if batch else []
        except DeviceLost:
            for one in batch:
                one.task.asking.known.blame(one.photo_hash)
            raise
        except PhotoRefused as refused:
            if len(batch) > 1:
                half = len(batch) // 2
                return self._try(batch[:half], act) + self._try(batch[half:], act)
            if refused.reason is Reason.OUT_OF_MEMORY and self._engine.memory.used_bytes:
                self._engine.memory.clear()
                return self._try(batch, act)
            return [refuse(batch[0].task, refused)]

    def _ask(self, batch: Sequence[Waiting]) -> Question:
        """The question of these photos, which wait for the same."""
        asking = batch[0].task.asking
        if asking.question is None:
            asking.question = self._judge.ask(self._template, asking.query)
        return asking.question


def score_photos(
    engine: Engine,
    query: str,
    photos: Sequence[Photo],
    *,
    readout: Readout = Readout.NUMBER,
    template: PromptTemplate | None = None,
    known: Known | None = None,
) -> Iterator[Outcome]:
    """One outcome per photo, as they come; errors are those of PhotoScorer, QueryRefused at once."""
    query = clean_query(query)
    scorer = PhotoScorer(engine, readout=readout, template=template, known_for=lambda _: known)
    return (outcome for step in scorer.steps({query: list(enumerate(photos))}) for outcome in step)


def _score_sights(sights: Sequence[Sight], question: Question, readout: Readout) -> list[Score]:
    if readout is Readout.YES_NO:
        return list(map(read_yes_no, question.decide_all(sights)))
    if readout is Readout.EXPECTED:
        return list(map(read_expected, question.answer_all(sights, max_tokens=1, until=_never)))
    return list(map(read_number, question.answer_all(sights, max_tokens=MAX_ANSWER_TOKENS, until=number_is_over)))


def _never(_: str) -> bool:
    return False
