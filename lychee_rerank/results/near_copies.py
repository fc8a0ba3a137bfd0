"""Groups photos that are the same shot: resized, re-encoded, lightly cropped or toned, or taken within seconds.

A group is what is near its face, the first of it in upload order, so that no chain of small steps joins unlike photos,
and photos that come later change no group that is there. Knows fingerprints and times, no picture; asks for numpy.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from lychee_rerank.facts import PhotoFacts
from lychee_rerank.records import RankedPhoto

# What the largest difference in any spot may be, in the units of results/likeness.py. benchmarks/near_copies.py chooses
# both on one half of its groups and tells what came of them on the other half.
LIMIT = 13.0
BURST_LIMIT = 19.0
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class NearCopies:
    """The groups of a ranking: the rank of the best of each photo's group, by the photo's place in upload order."""

    best: Mapping[int, int] = field(default_factory=dict)

    def group_of(self, photo: RankedPhoto) -> int:
        """The rank of the best of the photo's group: its own where it is alone, or the best."""
        return self.best.get(photo.scored.index, photo.rank)

    def group_sizes(self) -> Counter[int]:
        """How many photos each group has, by the rank of its best; a group of one may be missing."""
        return Counter(self.best.values())


def find_near_copies(ranked: Sequence[RankedPhoto], facts: Mapping[int, PhotoFacts]) -> NearCopies:
    """The groups of the ranked photos, best first, by the facts of their places."""
    known = sorted((photo for photo in ranked if photo.scored.index in facts), key=lambda photo: photo.scored.index)
    told = [facts[photo.scored.index] for photo in known]
    numbers = _number(tuple(each.fingerprint for each in told), tuple(each.clock for each in told))
    best: dict[int, int] = {}
    for photo, number in zip(known, numbers, strict=True):
        best[number] = min(best.get(number, photo.rank), photo.rank)
    return NearCopies({photo.scored.index: best[number] for photo, number in zip(known, numbers, strict=True)})


def group_near_copies(
    fingerprints: Sequence[bytes | None],
    times: Sequence[datetime | None],
    *,
    limit: float = LIMIT,
    burst_limit: float = BURST_LIMIT,
) -> tuple[int, ...]:
    """The number of each photo's group, counted from 0 in upload order; without a fingerprint it is alone in its group.

    Photos of equal fingerprints are always together. `burst_limit` holds for photos taken within seconds of each other.
    """
    twins = _find_twins(fingerprints)
    unlike = sorted({place for place, print_ in zip(twins, fingerprints, strict=True) if print_ is not None})
    known = _join_times(twins, times)
    faces = {}
    if len(unlike) > 1:
        from lychee_rerank.results.faces import find_faces

        prints = b"".join(print_ for place in unlike if (print_ := fingerprints[place]) is not None)
        seconds = [known.get(place, float("nan")) for place in unlike]
        found = find_faces(prints, seconds, limit=limit, burst_limit=burst_limit)
        faces = {place: unlike[face] for place, face in zip(unlike, found, strict=True)}
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(faces.get(twin, twin), len(numbers)) for twin in twins)


@lru_cache(maxsize=4)  # a page is drawn again at each click, and its photos are the same
def _number(fingerprints: tuple[bytes, ...], times: tuple[datetime | None, ...]) -> tuple[int, ...]:
    return group_near_copies(fingerprints, times)


def _find_twins(fingerprints: Sequence[bytes | None]) -> list[int]:
    """For each photo the first place with the same fingerprint; its own without one."""
    first: dict[bytes, int] = {}
    return [place if print_ is None else first.setdefault(print_, place) for place, print_ in enumerate(fingerprints)]


def _join_times(twins: Sequence[int], times: Sequence[datetime | None]) -> dict[int, float]:
    """The first known time among the photos of equal fingerprints, by the place of the first one, in seconds.

    Cameras write the time on their clock: a time zone, where there is one, is left out.
    """
    known: dict[int, float] = {}
    for twin, time in zip(twins, times, strict=True):
        if time is not None:
            known.setdefault(twin, (time.replace(tzinfo=None) - _EPOCH).total_seconds())
    return known
