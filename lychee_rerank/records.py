"""The frozen records that cross rooms; knows nothing of how any of them comes about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from lychee_rerank.problems import PassedOver, RefusalReason, RowProblem
from lychee_rerank.query import Query


class Readout(StrEnum):
    """How a score is read from the model: a decoded number, the mean of its probabilities, or yes against no."""

    NUMBER = "number"
    EXPECTED = "expected"
    YES_NO = "yes_no"


class Rule(StrEnum):
    """Which reading of the answer gave the score (see scoring/readout.py); NONE: the answer holds no number."""

    PERCENT = "percent"
    LABELLED = "labelled"
    OUT_OF_TEN = "out_of_ten"
    POINTS = "points"
    WHOLE_ANSWER = "whole_answer"
    FIRST_NUMBER = "first_number"
    EXPECTED = "expected"
    YES_NO = "yes_no"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Photo:
    """A candidate picture: its name as the user knows it, and where its bytes lie."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class PassedOverFiles:
    """How many files of a folder were passed over for a reason; `folder` is its path below the one that was walked."""

    folder: str
    reason: PassedOver
    files: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A generated answer about a photo, and the probability of each digit at every token of it.

    `digits[k]` are the probabilities of "0" to "9" as token k; there is at least one row, as the end of the answer has
    one too. `ten` is that of "0" behind a "1" which starts the answer. All are shares of the whole vocabulary.
    """

    text: str
    digits: tuple[tuple[float, ...], ...]
    ten: float


@dataclass(frozen=True, slots=True)
class YesNoLogits:
    """ln P of `yes` and `no` as the first token of an answer, over the whole vocabulary, and the most probable one."""

    text: str
    ln_yes: float
    ln_no: float


@dataclass(frozen=True, slots=True)
class Score:
    """A relevance score from 0 to 10, the model's raw answer, and the rule that read the one from the other.

    `expected` is the expected value, from 0 to 10, over the model's probabilities; `label_mass`, from 0 to 1, is the
    probability that it answers with a label at all; `raw`: the model's own score, where `value` has been through a map.
    Raises ValueError out of range: NaN is an error, not a score.
    """

    value: float
    expected: float
    label_mass: float
    answer: str
    rule: Rule
    raw: float | None = None

    @property
    def own(self) -> float:
        """The model's own score: it orders photos as `value` does, and tells more of them apart."""
        return self.value if self.raw is None else self.raw

    def __post_init__(self) -> None:
        """Holds every score to its range."""
        if not (all(0 <= one <= 10 for one in (self.value, self.expected, self.own)) and 0 <= self.label_mass <= 1):
            raise ValueError(f"no score: {self.value}, expected {self.expected}, label mass {self.label_mass}")


class Look(StrEnum):
    """What a score was read from: the photo in full, or a quick look at a small picture of it, in one forward pass."""

    FULL = "full"
    QUICK = "quick"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A photo that was not scored; `index` is its place in upload order, from 0, `detail` that of PhotoRefused."""

    index: int
    name: str
    reason: RefusalReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScoredPhoto:
    """A photo with its score; `index` is its place in upload order, from 0, `photo_hash` SHA-256 of its bytes.

    A score from a quick look is provisional: nothing has come of the photo yet.
    """

    index: int
    name: str
    score: Score
    photo_hash: str
    look: Look = Look.FULL


Outcome = ScoredPhoto | Refusal


@dataclass(frozen=True, slots=True)
class RankedPhoto:
    """A scored photo and its rank; rank 1 is best, ranks never repeat.

    `tied`: a neighbour has the same score and the same expected score, so that upload order alone decides.
    """

    rank: int
    scored: ScoredPhoto
    tied: bool


@dataclass(frozen=True, slots=True)
class StarsByHand:
    """What a user gave the photos of a run, by their places in upload order: one to five stars, or a rejection."""

    stars: Mapping[int, int] = field(default_factory=dict)
    rejected: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """True where anything was given."""
        return bool(self.stars or self.rejected)

    def rating_of(self, index: int) -> int | None:
        """The stars for the copies of this photo, none where it is rejected; None where its score decides."""
        return 0 if index in self.rejected else self.stars.get(index)


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo and the text to score it against; `line` counts from 1, `fits` is the label, None without one."""

    line: int
    photo: Photo
    query: Query
    fits: bool | None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is passed over: its line, what its first two columns hold, and why."""

    line: int
    file: str
    text: str
    problem: RowProblem


@dataclass(frozen=True, slots=True)
class Pairs:
    """The rows of one list, in its order, and what its bytes were read as, where that is still known."""

    good: tuple[Pair, ...]
    bad: tuple[BadRow, ...]
    encoding: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Run:
    """One query over the photos of one gallery (None: the mounted folder), begun by one owner; seconds since 1970.

    With `pairs` every photo has a text of its own: `photos` are theirs, in their order, and `query` is the list's name.
    `passed_over` counts the files beside the photos that were none when it was begun, None where nobody counted.
    """

    id: str
    owner: str
    gallery: str | None
    query: Query
    photos: tuple[Photo, ...]
    begun_s: float
    pairs: Pairs | None = None
    passed_over: Mapping[PassedOver, int] | None = None

    def query_of(self, index: int) -> Query:
        """What the photo at this place is scored against."""
        return self.pairs.good[index].query if self.pairs else self.query
