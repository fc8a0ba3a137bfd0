"""Photos and queries in, scores and refusals out; knows the model only as a Protocol.

The next photos are read, decoded and prepared while the model works, those of the next query too. A photo that the
model remembers comes first and is not encoded again; answers are generated in batches.
"""

from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TypeVar

from lychee_rerank.errors import DeviceLost, PhotoRefused
from lychee_rerank.machine import trim_memory
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import Query
from lychee_rerank.records import Outcome, Pair, Photo, Readout, Score, ScoredPhoto
from lychee_rerank.scoring.active_query import ActiveQueries
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.scoring.engine import Engine, HashedPhoto
from lychee_rerank.scoring.judge import Encoded, KnownScores, Prompt
from lychee_rerank.scoring.prefetch import prefetch
from lychee_rerank.scoring.prompts import PromptTemplate, template_for
from lychee_rerank.scoring.readout import number_is_over, read_expected, read_number, read_yes_no
from lychee_rerank.scoring.tasks import EncodedTask, LoadedPhoto, PreparedTask, Task, keep_score, refuse

MAX_ANSWER_TOKENS = 64
_PREFETCHED, _THREADS = 4, 2  # photos prepared while the model works

Waiting = TypeVar("Waiting", PreparedTask, EncodedTask)


class PhotoScorer:
    """Scores the photos of one run; the same bytes are scored once per query.

    `template` takes the place of the readout's own prompt. Every score goes through the map of `calibration`, but for
    queries with an example, which have a prompt of their own.
    `known_for` gives the scores known under a query. The model is used only once a photo needs it. Photos of the same
    `gallery` never push one another out of its memory.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        readout: Readout = Readout.NUMBER,
        template: PromptTemplate | None = None,
        calibration: Calibration | None = None,
        known_for: Callable[[Query], KnownScores | None] = lambda query: None,
        gallery: Hashable = None,
    ) -> None:
        self._engine, self._judge, self._readout, self._gallery = engine, engine.judge, readout, gallery
        self._template = template or template_for(readout)
        self._queries = ActiveQueries(engine, self._template, calibration=calibration, known_for=known_for)
        self._depth = max(_PREFETCHED, engine.judge.most_new // 2)
        self._prepared: list[PreparedTask] = []
        self._encoded: list[EncodedTask] = []

    def steps(self, photos: Mapping[Query, Sequence[tuple[int, Photo]]]) -> Generator[list[Outcome], None, None]:
        """Scores the photos of each query, with their places in upload order: what came of them, step by step.

        A step encodes new photos, or gets a batch of answers; perhaps nothing comes of it. One query follows the
        other, and what is remembered comes first. A photo that cannot be scored is an outcome, never an error; raises
        DeviceLost, ExampleRefused, and ModelUnusable where the vocabulary lacks a label.
        """
        with closing(prefetch(self._load, self._line_up(photos), depth=self._depth, threads=_THREADS)) as prefetched:
            for task, loaded in prefetched:
                try:
                    yield from self._take(task, loaded.result())
                except PhotoRefused as refused:
                    yield [refuse(task, refused)]
        yield self.finish()
        trim_memory()

    def _line_up(self, photos: Mapping[Query, Sequence[tuple[int, Photo]]]) -> Iterator[Task]:
        for query, numbered in photos.items():
            active = self._queries.activate(query)
            for index, photo in sorted(numbered, key=lambda one: not self.remembers(query, one[1])):
                yield Task(index, photo, active)

    def finish(self) -> list[Outcome]:
        """What comes of the photos that wait to be encoded, and for their answers."""
        return self._encode() + self._score()

    def remembers(self, query: Query, photo: Photo) -> bool:
        """True for a photo that need not be read again, nor encoded."""
        photo_hash = self._engine.hashes.find(photo.path)
        return photo_hash is not None and self._queries.encoding_key_of(query).of(photo_hash) in self._engine.memory

    def _load(self, task: Task) -> LoadedPhoto:
        """Runs beside the model; raises PhotoRefused."""
        hashed = self._engine.hash(task.photo)
        score, key = task.active.known.find(hashed.photo_hash), task.active.encoding_key.of(hashed.photo_hash)
        if score is not None or key in self._engine.memory:
            self._engine.note_facts(hashed)
            return LoadedPhoto(hashed.photo_hash, score=score)
        encoded = self._engine.find_file(key, gallery=self._gallery)
        if encoded is not None:
            self._engine.memory.keep(key, encoded, gallery=self._gallery)
            self._engine.note_facts(hashed)
            return LoadedPhoto(hashed.photo_hash, encoded=encoded)
        return LoadedPhoto(hashed.photo_hash, prepared=self._engine.prepare(hashed))

    def _take(self, task: Task, loaded: LoadedPhoto) -> Iterator[list[Outcome]]:
        """Has one photo wait, unless its score is known; encodes and scores once enough of them wait."""
        photo_hash = loaded.photo_hash
        if any(one.task.active is not task.active or one.photo_hash == photo_hash for one in self._waiting()):
            yield self.finish()  # they wait for another query's answers; or it is the same photo under another name
        score = loaded.score or task.active.own.get(photo_hash)
        if score is not None:
            yield [self._reuse(task, photo_hash, score)]
            return
        self._queries.look_at_example(task.active)
        alone = task.active.known.blamed(photo_hash)
        if alone:
            yield self.finish()
        key, example = task.active.encoding_key.of(photo_hash), task.active.example
        encoded = self._engine.memory.find(key, gallery=self._gallery) or loaded.encoded
        if encoded is not None:
            self._encoded.append(EncodedTask(task, photo_hash, encoded))
            most = self._judge.generate_batch_size(encoded, example)
        else:
            yield self._take_new(task, loaded)
            fits = [self._judge.generate_batch_size(one.encoded, example) for one in self._encoded[:1]]
            most = min([self._judge.most_new, *fits])
        if alone or len(self._encoded) >= most:
            yield self.finish()

    def _reuse(self, task: Task, photo_hash: str, known: Score) -> ScoredPhoto:
        """A known score, which may have been found before it went through the map."""
        score = task.active.calibrate(known)
        if score is not known:
            task.active.known.keep(photo_hash, score)
        return ScoredPhoto(index=task.index, name=task.photo.name, score=score, photo_hash=photo_hash)

    def _waiting(self) -> list[PreparedTask | EncodedTask]:
        return [*self._prepared, *self._encoded]

    def _take_new(self, task: Task, loaded: LoadedPhoto) -> list[Outcome]:
        """Encodes the new photos once they are enough; the refused ones."""
        prepared = loaded.prepared
        if prepared is None:  # it was remembered a moment ago
            prepared = self._engine.prepare(HashedPhoto(task.photo, loaded.photo_hash))
        self._prepared.append(PreparedTask(task, loaded.photo_hash, prepared))
        return self._encode() if len(self._prepared) >= self._judge.encode_batch_size(prepared) else []

    def _encode(self) -> list[Outcome]:
        """Encodes the photos that wait for it; the refused ones."""
        batch, self._prepared = self._prepared, []
        return self._try(batch, self._encode_batch)

    def _encode_batch(self, batch: Sequence[PreparedTask]) -> list[Outcome]:
        """Has them wait for their answers, and remembers them where there is room."""
        encoded = self._prompt_of(batch).encode([one.prepared for one in batch])
        for one, photo in zip(batch, encoded, strict=True):
            self._encoded.append(EncodedTask(one.task, one.photo_hash, photo))
            self._engine.keep(one.task.active.encoding_key.of(one.photo_hash), photo, gallery=self._gallery)
        return []

    def _score(self) -> list[Outcome]:
        """What comes of the photos that wait for their answers."""
        batch, self._encoded = self._encoded, []
        return self._try(batch, self._score_batch)

    def _score_batch(self, batch: Sequence[EncodedTask]) -> list[Outcome]:
        scores = self._read([one.encoded for one in batch], self._prompt_of(batch))
        return [keep_score(one, one.task.active.calibrate(score)) for one, score in zip(batch, scores, strict=True)]

    def _read(self, encoded: Sequence[Encoded], prompt: Prompt) -> list[Score]:
        if self._readout is Readout.YES_NO:
            return list(map(read_yes_no, prompt.yes_no_logits(encoded)))
        if self._readout is Readout.EXPECTED:
            answers = prompt.generate(encoded, max_tokens=1, until=_never)
            return [read_expected(answer, decimals=self._template.decimals) for answer in answers]
        return list(map(read_number, prompt.generate(encoded, max_tokens=MAX_ANSWER_TOKENS, until=number_is_over)))

    def _try(self, batch: Sequence[Waiting], act: Callable[[Sequence[Waiting]], list[Outcome]]) -> list[Outcome]:
        """What `act` gives; where a batch fails its halves are tried, down to the photo at fault, which is refused.

        Where memory lacks, what is remembered of other photos is given back first.
        """
        try:
            return act(batch) if batch else []
        except DeviceLost:
            for one in batch:
                one.task.active.known.blame(one.photo_hash)
            raise
        except PhotoRefused as refused:
            if len(batch) > 1:
                half = len(batch) // 2
                return self._try(batch[:half], act) + self._try(batch[half:], act)
            if refused.reason is RefusalReason.OUT_OF_MEMORY and self._engine.memory.used_bytes:
                self._engine.memory.clear()
                return self._try(batch, act)
            return [refuse(batch[0].task, refused)]

    def _prompt_of(self, batch: Sequence[PreparedTask] | Sequence[EncodedTask]) -> Prompt:
        """The prompt of these photos, which share a query."""
        return self._queries.prompt_of(batch[0].task.active)


def score_photos(
    engine: Engine,
    query: Query,
    photos: Sequence[Photo],
    *,
    readout: Readout = Readout.NUMBER,
    template: PromptTemplate | None = None,
    calibration: Calibration | None = None,
    known: KnownScores | None = None,
) -> Iterator[Outcome]:
    """One outcome per photo, as they come; errors are those of PhotoScorer."""
    scorer = PhotoScorer(engine, readout=readout, template=template, calibration=calibration, known_for=lambda _: known)
    return (outcome for step in scorer.steps({query: list(enumerate(photos))}) for outcome in step)


def score_pairs(
    engine: Engine,
    pairs: Sequence[Pair],
    *,
    readout: Readout = Readout.NUMBER,
    template: PromptTemplate | None = None,
    calibration: Calibration | None = None,
    known_for: Callable[[Query], KnownScores | None] = lambda query: None,
) -> Iterator[Outcome]:
    """One outcome per pair, as they come; `index` is the place of its pair. Errors are those of PhotoScorer."""
    photos: dict[Query, list[tuple[int, Photo]]] = {}
    for place, pair in enumerate(pairs):
        photos.setdefault(pair.query, []).append((place, pair.photo))
    scorer = PhotoScorer(engine, readout=readout, template=template, calibration=calibration, known_for=known_for)
    return (outcome for step in scorer.steps(photos) for outcome in step)


def _never(_: str) -> bool:
    return False
