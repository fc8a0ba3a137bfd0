"""A run, and the list of pairs that its photos and texts may come from: frozen records that cross module borders."""

from dataclasses import dataclass

from lychee_rerank.problems import RowProblem
from lychee_rerank.records import Photo


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo and its text; `line` counts from 1, `fits` is the label, None without one."""

    line: int
    photo: Photo
    text: str
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
    """The rows of one list, in its order."""

    good: tuple[Pair, ...]
    bad: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One query over the photos of one gallery (None: the mounted folder), begun by one owner; seconds since 1970.

    With `pairs` every photo has a text of its own: `photos` are theirs, in their order, and `query` is the list's name.
    """

    id: str
    owner: str
    gallery: str | None
    query: str
    photos: tuple[Photo, ...]
    begun_s: float
    pairs: Pairs | None = None

    def query_of(self, index: int) -> str:
        """What the photo at this place is scored against."""
        return self.pairs.good[index].text if self.pairs else self.query
