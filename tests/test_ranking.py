"""The order of scored photos."""

from lychee_rerank.ranking import rank_photos
from lychee_rerank.readout import parse_score
from lychee_rerank.records import ScoredPhoto


def scored(*answers: str) -> list[ScoredPhoto]:
    return [ScoredPhoto(index=i, name=f"{i}.jpg", score=parse_score(answer)) for i, answer in enumerate(answers)]


def test_the_best_score_comes_first_and_ties_keep_upload_order() -> None:
    ranked = rank_photos(reversed(scored("3.0", "9.8", "3.0", "0.0", "9.8")))
    assert [photo.scored.index for photo in ranked] == [1, 4, 0, 2, 3]
    assert [photo.rank for photo in ranked] == [1, 2, 3, 4, 5]
