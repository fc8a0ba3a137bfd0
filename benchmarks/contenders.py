"""A model with its photos, asked in every way that is compared."""

from collections.abc import Sequence

from benchmarks.checkpoints import forced
from benchmarks.contest import Run
from benchmarks.plain import PlainLoop
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.example import load_example
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import Photo, Readout
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import YES_NO
from lychee_rerank.scoring.readout import read_yes_no
from lychee_rerank.scoring.scorer import score_photos

MEMORY_BYTES = 1 << 32
TALKATIVE, MOST_TOKENS = 32, 64  # tokens of an answer that explains itself, and all that the plain loop allows


class Contenders:
    """The plain loop, our first pass, our next query; all of them say the same tokens, "8.5" unless told otherwise."""

    def __init__(
        self,
        model: VisionLanguageModel,
        photos: Sequence[Photo],
        decoders: DecodePool,
        *,
        example: Photo | None = None,
    ) -> None:
        self.model, self.photos, self.decoders = model, photos, decoders
        self._example = example and load_example(example)
        tokenizer = model.processor.tokenizer
        self._short = [*tokenizer.encode("8.5", add_special_tokens=False), tokenizer.eos_token_id]
        self._long = tokenizer.encode("sofa " * MOST_TOKENS, add_special_tokens=False)
        self._queries = 0

    def query(self) -> Query:
        """Another query each time, of the same length, with the same example if any."""
        self._queries += 1
        return parse_query(f"sofa and coffee {self._queries:04}", self._example)

    def plain(self, *, answer_tokens: int | None = None) -> Run:
        """The plain loop, over all photos; its answer is as short as ours, or has so many tokens."""
        loop = PlainLoop(self.model, says=self._long[:answer_tokens] if answer_tokens else self._short)
        return lambda: loop.score(self.query().text, [photo.path for photo in self.photos])

    def first(self, readout: Readout) -> Run:
        """Ours, over photos that were never seen."""
        return lambda: self._score(self.engine(), readout)

    def next(self, readout: Readout) -> Run:
        """Ours, another query over photos that are remembered, but for the first time it is run."""
        engine = self.engine()
        return lambda: self._score(engine, readout)

    def engine(self, memory_bytes: int = MEMORY_BYTES) -> Engine:
        """One that remembers nothing yet."""
        return Engine(self.model, decode=self.decoders.decode, memory=PhotoMemory[Encoded](memory_bytes))

    def _score(self, engine: Engine, readout: Readout) -> None:
        with forced(self.model, self._short):
            outcomes = list(score_photos(engine, self.query(), self.photos, readout=readout))
        if len(outcomes) != len(self.photos):
            raise RuntimeError("not every photo was scored")


class YesNo:
    """The readout yes_no from pictures that are decoded already, ours and a CrossEncoder's."""

    def __init__(self, model: VisionLanguageModel, photos: Sequence[Photo]) -> None:
        from benchmarks.peer import Peer

        self._model, self._peer = model, Peer(model)
        self._pictures = [decode_photo(photo.path.read_bytes(), fit=model.fit_size).picture for photo in photos]

    def peer(self) -> list[float]:
        """One score per picture, by the CrossEncoder."""
        return self._peer.score("sofa", self._pictures)

    def own(self) -> list[float]:
        """One score per picture, by us."""
        prompt = self._model.build_prompt(YES_NO, "sofa")
        prepared = [self._model.prepare(picture) for picture in self._pictures]
        size = self._model.encode_batch_size(prepared[0])
        parts = [prepared[start : start + size] for start in range(0, len(prepared), size)]
        encoded = [one for part in parts for one in prompt.encode(part)]
        return [read_yes_no(verdict).value for verdict in prompt.yes_no_logits(encoded)]

    def difference(self) -> float:
        """The largest one between two scores of a picture."""
        return max(abs(own - peer) for own, peer in zip(self.own(), self.peer(), strict=True))
