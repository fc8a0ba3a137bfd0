"""One job while it is scored, step by step, and kept as it goes; knows no other job and no worker."""

import json
from collections.abc import Sequence

from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.records import Look, Outcome, Readout, ScoredPhoto
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import PromptTemplate
from lychee_rerank.scoring.quick_look import NO_QUICK_LOOKS, MostPromisingFirst, QuickLookPlan
from lychee_rerank.store.store import Store


class JobScoring:
    """A job that is being scored; what an earlier process scored of it in another way is done again.

    `template` takes the place of the readout's own prompt. Errors are those of PhotoScorer.
    """

    def __init__(
        self,
        job: Job,
        engine: Engine,
        store: Store,
        *,
        readout: Readout,
        template: PromptTemplate | None,
        calibration: Calibration | None,
        quick_looks: QuickLookPlan,
    ) -> None:
        self._job, self._store = job, store
        self._scorer = MostPromisingFirst(
            engine,
            # Which pair comes first tells nothing, and of a run that is not kept nobody sees more than its end.
            NO_QUICK_LOOKS if job.run.pairs or not job.kept else quick_looks,
            readout=readout,
            template=template,
            calibration=calibration,
            known_for=store.scores.of,
            gallery=hash(job.photos),
        )
        demo = engine.judge.card.demo
        scored_by = json.dumps(self._scorer.key_of(job.query, Look.FULL).fields, sort_keys=True)
        job.begin(scored_by=scored_by, demo=demo)
        store.runs.start(job.id, status=Status.RUNNING, key=scored_by, demo=demo)
        self._steps = self._scorer.steps(job.left())

    def advance(self) -> Sequence[Outcome]:
        """Takes one step; what came of it, which may be nothing."""
        outcomes = next(self._steps, ())
        self._note(outcomes)
        self._job.due(self._scorer.look)
        return outcomes

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
            key = None
            if isinstance(outcome, ScoredPhoto):
                key = self._scorer.key_of(job.run.query_of(outcome.index), outcome.look).of(outcome.photo_hash)
            self._store.runs.note(job.id, outcome, score_key=key, elapsed_s=job.elapsed_s)
