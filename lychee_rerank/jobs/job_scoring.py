"""One job while it is scored, step by step, and kept as it goes; knows no other job and no worker."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.query import Query
from lychee_rerank.records import Outcome, Readout, ScoredPhoto
from lychee_rerank.scoring.cache_keys import ScoreKey, build_key
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import PromptTemplate, template_for
from lychee_rerank.scoring.scorer import PhotoScorer
from lychee_rerank.store.store import Store


class JobScoring:
    """A job that is being scored; what an earlier process scored of it in another way is done again.

    `template` takes the place of the readout's own prompt. Errors are those of PhotoScorer.
    """

    def __init__(
        self, job: Job, engine: Engine, store: Store, *, readout: Readout, template: PromptTemplate | None
    ) -> None:
        self._job, self._store = job, store
        card, template = engine.judge.card, template or template_for(readout)
        self._key = build_key(card, job.query, readout=readout, template=template)
        scored_by = json.dumps(asdict(self._key), sort_keys=True)
        job.begin(scored_by=scored_by, demo=card.demo)
        store.runs.start(job.id, status=Status.RUNNING, key=scored_by, demo=card.demo)
        self._scorer = PhotoScorer(
            engine,
            readout=readout,
            template=template,
            known_for=lambda query: store.scores.of(self._key_of(query)),
            gallery=hash(job.photos),
        )
        self._steps = self._scorer.steps(job.left())

    def advance(self) -> None:
        """Takes one step; it may be that nothing comes of it."""
        self._note(next(self._steps, ()))

    def finish(self) -> None:
        """Scores the photos of a job that ends early which are encoded, and lack their answers only."""
        self._note(self._scorer.finish())

    def close(self) -> None:
        """Leaves the job as it stands."""
        self._steps.close()

    def _note(self, outcomes: Sequence[Outcome]) -> None:
        job = self._job
        for outcome in outcomes:
            job.add(outcome)
            key = self._key_of(job.run.query_of(outcome.index))
            score_key = key.of(outcome.photo_hash) if isinstance(outcome, ScoredPhoto) else None
            self._store.runs.note(job.id, outcome, score_key=score_key, elapsed_s=job.progress().elapsed_s)

    def _key_of(self, query: Query) -> ScoreKey:
        return replace(self._key, query=query.cleaned)
