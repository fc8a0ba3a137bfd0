"""The order of scored photos; knows no model and no page."""

from collections import Counter
from collections.abc import Iterable

from lychee_rerank.records import RankedPhoto, ScoredPhoto


def rank_photos(scored: Iterable[ScoredPhoto]) -> tuple[RankedPhoto, ...]:
    """Best score first, then best expected score, then upload order; ranks run from 1 without repeats."""
    ordered = sorted(scored, key=lambda photo: (-photo.score.value, -photo.score.expected, photo.index))
    alike = Counter((photo.score.value, photo.score.expected) for photo in ordered)
    return tuple(
        RankedPhoto(rank=rank, scored=photo, tied=alike[photo.score.value, photo.score.expected] > 1)
        for rank, photo in enumerate(ordered, start=1)
    )
