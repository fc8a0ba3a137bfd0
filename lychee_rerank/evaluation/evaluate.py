"""Scores a labelled set and measures how well, per language; prints nothing and loads no model."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from lychee_rerank.evaluation.labelled_set import ALL_LANGUAGES, LabelledQuery
from lychee_rerank.evaluation.metrics import (
    BandFigures,
    JudgedPhoto,
    RankFigures,
    band_figures,
    pooled_spearman,
    rank_figures,
    tied_share,
)
from lychee_rerank.evaluation.reliability import ReliabilityBand, expected_calibration_error, reliability_bands
from lychee_rerank.records import Outcome, Readout, Refusal, Rule, Score, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import PromptTemplate
from lychee_rerank.scoring.scorer import score_photos


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A labelled query with an outcome per photo, in its order; `ranks` is None where every truth is the same."""

    labelled: LabelledQuery
    outcomes: tuple[Outcome, ...]
    photos: tuple[JudgedPhoto, ...]
    ranks: RankFigures | None
    seconds_s: float

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """The photos that were not scored."""
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Refusal))

    @property
    def scores(self) -> tuple[Score, ...]:
        """The scores of the others."""
        return tuple(outcome.score for outcome in self.outcomes if isinstance(outcome, ScoredPhoto))


@dataclass(frozen=True, slots=True)
class LanguageFigures:
    """The figures over some queries; None for what is undefined there. nDCG, MRR, R@1 and Somers' D are means.

    `one_truth` counts the queries that these four leave out, as all photos have the same truth.
    """

    language: str
    queries: int
    one_truth: int
    photos: int
    refused: int
    no_number: int
    ndcg_at_10: float | None
    mrr: float | None
    recall_at_1: float | None
    somers_d: float | None
    spearman: float | None
    tied_share: float
    label_mass: float | None
    seconds_per_photo: float
    bands: tuple[BandFigures, ...]
    calibration_error: float | None
    reliability: tuple[ReliabilityBand, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A labelled set scored with one readout: every query, and the figures per language, `all` last."""

    readout: Readout
    template: PromptTemplate
    queries: tuple[JudgedQuery, ...]
    figures: tuple[LanguageFigures, ...]


def evaluate(
    engine: Engine,
    labels: Sequence[LabelledQuery],
    *,
    readout: Readout,
    template: PromptTemplate,
    on_photo: Callable[[], object] = lambda: None,
) -> Evaluation:
    """Scores every query as `rank` does, each photo encoded anew; `on_photo` is called after each."""
    queries = tuple(
        _judge_query(engine, labelled, readout=readout, template=template, on_photo=on_photo) for labelled in labels
    )
    return Evaluation(readout=readout, template=template, queries=queries, figures=_figures_by_language(queries))


def _judge_query(
    engine: Engine,
    labelled: LabelledQuery,
    *,
    readout: Readout,
    template: PromptTemplate,
    on_photo: Callable[[], object],
) -> JudgedQuery:
    """The query's photos scored in their order, and timed."""
    outcomes: list[Outcome] = []
    start_s = time.perf_counter()
    for outcome in score_photos(engine, labelled.query, labelled.photos, readout=readout, template=template):
        outcomes.append(outcome)
        on_photo()
    seconds_s = time.perf_counter() - start_s
    outcomes.sort(key=lambda outcome: outcome.index)
    photos = tuple(_judged(truth, outcome) for truth, outcome in zip(labelled.truths, outcomes, strict=True))
    return JudgedQuery(
        labelled=labelled, outcomes=tuple(outcomes), photos=photos, ranks=rank_figures(photos), seconds_s=seconds_s
    )


def _judged(truth: float, outcome: Outcome) -> JudgedPhoto:
    if isinstance(outcome, Refusal):
        return JudgedPhoto(truth=truth, score=0.0, expected=0.0, refused=True)
    return JudgedPhoto(truth=truth, score=outcome.score.value, expected=outcome.score.expected)


def _figures_by_language(queries: Sequence[JudgedQuery]) -> tuple[LanguageFigures, ...]:
    """The figures of each language, in the order in which they first appear, then of all together."""
    languages = dict.fromkeys(query.labelled.language for query in queries)
    each = [aggregate(name, [query for query in queries if query.labelled.language == name]) for name in languages]
    return (*each, aggregate(ALL_LANGUAGES, queries))


def aggregate(language: str, queries: Sequence[JudgedQuery]) -> LanguageFigures:
    """The figures over the queries, of which there is at least one."""
    ranks = [query.ranks for query in queries if query.ranks is not None]
    photos = [photo for query in queries for photo in query.photos]
    scores = [score for query in queries for score in query.scores]
    reliability = reliability_bands(photos)
    return LanguageFigures(
        language=language,
        queries=len(queries),
        one_truth=len(queries) - len(ranks),
        photos=len(photos),
        refused=sum(photo.refused for photo in photos),
        no_number=sum(score.rule is Rule.NONE for score in scores),
        ndcg_at_10=_mean(rank.ndcg_at_10 for rank in ranks),
        mrr=_mean(rank.reciprocal_rank for rank in ranks),
        recall_at_1=_mean(rank.recall_at_1 for rank in ranks),
        somers_d=_mean(rank.somers_d for rank in ranks),
        spearman=pooled_spearman(photos),
        tied_share=tied_share([query.photos for query in queries]),
        label_mass=_mean(score.label_mass for score in scores),
        seconds_per_photo=sum(query.seconds_s for query in queries) / len(photos),
        bands=band_figures(photos),
        calibration_error=expected_calibration_error(reliability),
        reliability=reliability,
    )


def _mean(values: Iterable[float]) -> float | None:
    """The mean, None of nothing."""
    found = list(values)
    return fmean(found) if found else None
