"""One job while it is scored, step by step, and kept as it goes; knows no other job and no worker.

Where every photo has a text of its own, the photos of one text are scored together, and one text after the other.
"""

import json
from collections.abc import Generator, Sequence
from dataclasses import asdict

from lychee_rerank.jobs import Job, Status
from lychee_rerank.keys import build_key
from lychee_rerank.prompts import PromptTemplate, template_for
from lychee_rerank.records import Readout, ScoredPhoto
from lychee_rerank.scorer import Engine, Outcome, PhotoScorer
from lychee_rerank.store import Store


class JobScoring:
    """A job that is being scored; what an earlier process scored of it in another way is done again.

    `template` takes the place of the readout's own prompt. Errors are those of PhotoScorer.
    """

    def __init__(
        self, job: Job, engine: Engine, store: Store, *, readout: Readout, template: PromptTemplate | None
    ) -> None:
        self._job, self._engine, self._store = job, engine, store
        self._readout, self._template = readout, template or template_for(readout)
        card = engine.judge.card
        self._key = build_key(card, job.query, readout=readout, template=self._template)
        scored_by = json.dumps(asdict(self._key), sort_keys=True)
        job.begin(scored_by=scored_by, demo=card.demo)
        store.runs.start(job.id, status=Status.RUNNING, key=scored_by, demo=card.demo)
        self._scorer: PhotoScorer | None = None
        self._steps = self._score()

    def advance(self) -> None:
        """Takes one step; it may be that nothing comes of it."""
        self._note(next(self._steps, ()))

    def finish(self) -> None:
        """Keeps what was seen of a job that ends early, and lacks its answer only."""
        if self._scorer is not None:
            self._note(self._scorer.finish())

    def close(self) -> None:
        """Leaves the job as it stands."""
        self._steps.close()

    def _score(self) -> Generator[Sequence[Outcome], None, None]:
        card, readout, template = self._engine.judge.card, self._readout, self._template
        gallery = hash(self._job.photos)
        for query, photos in self._job.left().items():
            self._key = build_key(card, query, readout=readout, template=template)
            known = self._store.scores.of(self._key)
            self._scorer = PhotoScorer(
                self._engine, query, readout=readout, template=template, known=known, gallery=gallery
            )
            yield from self._scorer.steps(photos)

    def _note(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self._job.add(outcome)
            key = self._key.of(outcome.photo_hash) if isinstance(outcome, ScoredPhoto) else None
            self._store.runs.note(self._job.id, outcome, score_key=key, elapsed_s=self._job.progress().elapsed_s)
