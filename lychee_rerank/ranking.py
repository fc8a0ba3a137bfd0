"""The order of scored photos; knows no model and no page."""

from collections.abc import Iterable

from lychee_rerank.records import RankedPhoto, ScoredPhoto


def rank_photos(scored: Iterable[ScoredPhoto]) -> tuple[RankedPhoto, ...]:
    """Best score first, upload order where scores are equal; ranks run from 1 without repeats."""
    ordered = sorted(scored, key=lambda photo: (-photo.score.value, photo.index))
    return tuple(RankedPhoto(rank=rank, scored=photo) for rank, photo in enumerate(ordered, start=1))
