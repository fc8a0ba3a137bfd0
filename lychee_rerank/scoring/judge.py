"""What the scorer needs of a model and of the scores known already: the protocols that both have to meet."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from lychee_rerank.model_card import ModelCard
from lychee_rerank.photos.decode import Picture
from lychee_rerank.records import Answer, Score, YesNoLogits
from lychee_rerank.scoring.cache_keys import EncodingKey
from lychee_rerank.scoring.photo_memory import Keepable
from lychee_rerank.scoring.prompts import PromptTemplate

Prepared = Any  # the model's own: its input for a picture
Encoded = Any  # the model's own: a picture after its forward pass; Keepable where it is a photo
MOST_BLAMED = 2  # a photo that was being scored so often when the GPU was lost is not tried again


class Prompt(Protocol):
    """A prompt template filled with a query, to be used with any number of photos."""

    def encode(self, prepared: Sequence[Prepared]) -> list[Encoded]:
        """Each picture as later passes go on from it; raises PhotoRefused where one of them fails, DeviceLost."""

    def generate(self, encoded: Sequence[Encoded], *, max_tokens: int, until: Callable[[str], bool]) -> list[Answer]:
        """An answer about each picture; each ends early once `until` is true of its text so far.

        Raises PhotoRefused where one of them fails, DeviceLost.
        """

    def yes_no_logits(self, encoded: Sequence[Encoded]) -> list[YesNoLogits]:
        """The logits of yes and no as the answer about each picture; raises as `generate`."""


class Judge(Protocol):
    """A model that answers prompts about pictures."""

    @property
    def card(self) -> ModelCard:
        """What the model is and where it runs."""

    def for_quick_looks(self, visual_tokens: int | None) -> Self:
        """The same model, which takes every photo at so few visual tokens; None: at as few as suit it.

        Its pixel budget is never larger than this one's.
        """

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which it takes a photo of this size."""

    def prepare(self, picture: Picture) -> Prepared:
        """Its input for a picture; any thread may call this."""

    def fit_example(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which it takes an example of this size, at quick looks too."""

    def encode_example(self, picture: Picture) -> Encoded:
        """An example as prompts take it, those for quick looks too; raises PhotoRefused, DeviceLost."""

    def build_prompt(self, template: PromptTemplate, query: str, example: Encoded | None = None) -> Prompt:
        """The template filled with the query, and with its example where the template has a place for one.

        Raises PhotoRefused, DeviceLost.
        """

    def encode_batch_size(self, prepared: Prepared) -> int:
        """How many pictures like this one are best encoded together, at least 1."""

    def pack(self, encoded: Encoded) -> bytes:
        """The encoded picture as a file has it."""

    def unpack(self, path: Path) -> Encoded | None:
        """The encoded picture in a file; None where it cannot be read. Any thread may ask."""

    @property
    def most_new(self) -> int:
        """How many photos just encoded are best asked about together."""

    def generate_batch_size(self, encoded: Keepable, example: Encoded | None = None) -> int:
        """How many photos like this one fit into one batch of answers, each with the example; at least 1."""


class KeptEncodings(Protocol):
    """Encoded photos that outlive the process.

    Any thread may ask.
    """

    def find(self, key: EncodingKey, *, gallery: Hashable) -> Path | None:
        """The file of a photo, which belongs to this gallery from now on."""

    def keep(self, key: EncodingKey, size_bytes: int, content: Callable[[], bytes], *, gallery: Hashable) -> None:
        """Writes the content of about this size, where there is room."""

    def drop(self, key: EncodingKey) -> None:
        """Deletes a file, which cannot be read."""


class KnownScores(Protocol):
    """Scores by the SHA-256 of a photo's bytes, under all that one run's scores depend on.

    Any thread may ask.
    """

    def find(self, photo_hash: str) -> Score | None:
        """The score of a photo, if there is one; raises PhotoRefused for one that must not be tried again.

        Where scores are to go through a map, it may be the model's own score, which is still to go through it.
        """

    def keep(self, photo_hash: str, score: Score) -> None:
        """Remembers a new score."""

    def blame(self, photo_hash: str) -> None:
        """Remembers that the GPU was lost over this photo, or over others beside it."""

    def blamed(self, photo_hash: str) -> bool:
        """True where it was: the photo is to be tried by itself."""


class ScoresOfOneRun(dict[str, Score]):
    """The scores of one run, kept nowhere else."""

    def find(self, photo_hash: str) -> Score | None:
        """The score that the run gave."""
        return self.get(photo_hash)

    def keep(self, photo_hash: str, score: Score) -> None:
        """Remembers it until the run ends."""
        self[photo_hash] = score

    def blame(self, photo_hash: str) -> None:
        """A run by itself does not outlive the GPU."""

    def blamed(self, photo_hash: str) -> bool:
        """Nothing is known of earlier runs."""
        return False
