"""What the scorer needs of a model and of what is known already: the protocols that both have to meet."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from lychee_rerank.photos.decode import Picture
from lychee_rerank.records import Answer, ModelCard, Score, Verdict
from lychee_rerank.scoring.photo_memory import Keepable
from lychee_rerank.scoring.prompts import PromptTemplate

Prepared = Any  # the model's own: what it is given for a picture
Sight = Any  # the model's own: what it keeps of a picture; Keepable


class Question(Protocol):
    """One prompt, ready to be put to any number of photos."""

    def look_all(self, prepared: Sequence[Prepared]) -> list[Sight]:
        """What the model keeps of each picture; raises PhotoRefused where one of them fails, DeviceLost."""

    def answer_all(self, sights: Sequence[Sight], *, max_tokens: int, until: Callable[[str], bool]) -> list[Answer]:
        """What the model says about each picture; each ends early once `until` is true of its text so far.

        Raises PhotoRefused where one of them fails, DeviceLost.
        """

    def decide_all(self, sights: Sequence[Sight]) -> list[Verdict]:
        """How far the model would answer with yes about each, and how far with no; raises as `answer_all`."""


class Judge(Protocol):
    """A model that answers questions about pictures of the size it asks for."""

    @property
    def card(self) -> ModelCard:
        """What the model is and where it runs."""

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which it wants to see a photo of this size."""

    def prepare(self, picture: Picture) -> Prepared:
        """What it wants to be given for a picture; any thread may ask for it."""

    def ask(self, template: PromptTemplate, query: str) -> Question:
        """A question about any number of photos."""

    def look_size(self, prepared: Prepared) -> int:
        """How many pictures like this one are best looked at together, at least 1."""

    def batch_size(self, sight: Keepable) -> int:
        """How many photos like this one can be answered at once, at least 1."""


class Known(Protocol):
    """What is known of photos by the SHA-256 of their bytes, under all that one run's scores depend on.

    Any thread may ask.
    """

    def find(self, photo_hash: str) -> Score | None:
        """The score of a photo, if there is one; raises PhotoRefused for one that must not be tried again."""

    def keep(self, photo_hash: str, score: Score) -> None:
        """Remembers a new score."""

    def blame(self, photo_hash: str) -> None:
        """Remembers that the GPU was lost over this photo, or over others beside it."""

    def blamed(self, photo_hash: str) -> bool:
        """True where it was: the photo is to be tried by itself."""


class OneRun(dict[str, Score]):
    """What one run knows by itself."""

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
