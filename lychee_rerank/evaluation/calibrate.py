"""From the truths of a labelled set to a calibration map, and how much it helps with queries that it has not seen.

The map is scikit-learn's isotonic regression of the truth on the score; what it is written as, and how it is applied,
is scoring/calibration.py's matter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sklearn.isotonic import IsotonicRegression

from lychee_rerank.evaluation.evaluate import Evaluation, JudgedQuery
from lychee_rerank.evaluation.metrics import JudgedPhoto
from lychee_rerank.evaluation.reliability import ReliabilityBand, expected_calibration_error, reliability_bands
from lychee_rerank.model_card import ModelCard
from lychee_rerank.scoring.calibration import Calibration, Fit, map_score
from lychee_rerank.scoring.readout import MAX_SCORE

FOLDS = 5

Knots = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class FittedMap:
    """A map over all queries, and the reliability of scores through maps that had not seen their queries."""

    calibration: Calibration
    reliability: tuple[ReliabilityBand, ...]


def calibrate(evaluation: Evaluation, card: ModelCard) -> FittedMap | None:
    """The map for the scores of this evaluation, which are the model's own; None where nothing can be told of it.

    That is so where no photo was scored, or where all queries are the same one in other words. Queries with an example
    tell nothing: their prompt is another, and no map is applied to their scores.
    """
    queries = [query for query in evaluation.queries if query.labelled.query.example is None]
    groups = _group(queries)
    before = expected_calibration_error(reliability_bands(_scored(queries)))
    if len(groups) < 2 or before is None:
        return None
    unseen = reliability_bands(_map_unseen(groups))
    after = expected_calibration_error(unseen)
    photos = _scored(queries)
    fit = Fit(photos=len(photos), queries=len(queries), error_before=before, error_after=after or 0.0)
    calibration = Calibration(
        knots=fit_knots(photos),
        model_name=card.name,
        fingerprint=card.fingerprint,
        readout=evaluation.readout,
        prompt=evaluation.template.identity,
        fit=fit,
    )
    return FittedMap(calibration, unseen)


def fit_knots(photos: Sequence[JudgedPhoto]) -> Knots:
    """Where the isotonic map of these photos bends; it is straight between, and level beyond the ends."""
    fitted = IsotonicRegression(y_min=0.0, y_max=MAX_SCORE, out_of_bounds="clip").fit(
        [photo.score for photo in photos], [photo.truth for photo in photos]
    )
    knots = zip(fitted.X_thresholds_, fitted.y_thresholds_, strict=True)
    return tuple((float(own), float(shown)) for own, shown in knots)


def _group(queries: Sequence[JudgedQuery]) -> list[list[JudgedQuery]]:
    """Queries that ask for the same of the same photos, in another language, say, are together: they tell one thing."""
    groups: dict[object, list[JudgedQuery]] = {}
    for query in queries:
        groups.setdefault((query.labelled.photos, query.labelled.truths), []).append(query)
    return list(groups.values())


def _map_unseen(groups: Sequence[Sequence[JudgedQuery]]) -> list[JudgedPhoto]:
    """Every photo's score through a map of the other folds."""
    mapped: list[JudgedPhoto] = []
    for fold in range(min(FOLDS, len(groups))):
        seen = _scored(query for n, group in enumerate(groups) if n % FOLDS != fold for query in group)
        held_out = _scored(query for n, group in enumerate(groups) if n % FOLDS == fold for query in group)
        if seen:
            knots = fit_knots(seen)
            mapped += [replace(photo, score=map_score(knots, photo.score)) for photo in held_out]
    return mapped


def _scored(queries: Iterable[JudgedQuery]) -> list[JudgedPhoto]:
    return [photo for query in queries for photo in query.photos if not photo.refused]
