"""Finished results, made by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lychee_rerank.records import Photo, Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.results.ranking import Results, rank_photos

SCORE = Score(5.0, 5.0, 1.0, "5.0", Rule.WHOLE_ANSWER)


def finish(
    scores: Sequence[float], *, paths: Sequence[Path] = (), names: Sequence[str] = (), refused: Sequence[Refusal] = ()
) -> Results:
    """Results of photos with these scores, in upload order; the paths' own names unless others are given."""
    names = names or [path.name for path in paths] or [f"p{n}.jpg" for n in range(len(scores))]
    photos = tuple(Photo(name, path) for name, path in zip(names, paths or map(Path, names), strict=True))
    scored = [
        ScoredPhoto(n, photos[n].name, replace(SCORE, value=score, expected=score, answer=str(score)), "hash")
        for n, score in enumerate(scores)
    ]
    return Results(photos, rank_photos(scored), tuple(refused))
