"""The order of scored photos."""

from lychee_rerank.records import Rule, Score, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos


def scored(*scores: tuple[float, float]) -> list[ScoredPhoto]:
    """Photos with these scores and expected scores."""
    return [
        ScoredPhoto(index=i, name=f"{i}.jpg", score=Score(value, expected, 1.0, "", Rule.WHOLE_ANSWER), photo_hash="")
        for i, (value, expected) in enumerate(scores)
    ]


def test_the_best_score_comes_first_then_the_best_expected_score_then_upload_order() -> None:
    photos = scored((3.0, 3.4), (9.8, 9.1), (3.0, 3.6), (0.0, 9.9), (9.8, 9.1), (3.0, 3.5))
    ranked = rank_photos(reversed(photos))
    assert [photo.scored.index for photo in ranked] == [1, 4, 2, 5, 0, 3]
    assert [photo.rank for photo in ranked] == [1, 2, 3, 4, 5, 6]


def test_photos_that_upload_order_alone_tells_apart_are_marked_as_tied() -> None:
    photos = scored((3.0, 3.4), (9.8, 9.1), (3.0, 3.6), (9.8, 9.1), (3.0, 3.4), (2.0, 3.4))
    tied = {photo.scored.index: photo.tied for photo in rank_photos(photos)}
    assert tied == {0: True, 1: True, 2: False, 3: True, 4: True, 5: False}
