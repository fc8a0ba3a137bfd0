"""Why one photo of a run got its score: one explanation, and all of them by run and photo; knows no worker."""

import logging
import threading
from dataclasses import replace

from lychee_rerank.errors import LycheeError, StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.records import Refusal, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.store.explanations import Explanations

log = logging.getLogger(__name__)

MAX_AT_HAND = 200  # explanations that were over before these are read from the store again


class Explanation:
    """The model's own words on the score that the photo has when this is made; safe to ask from any thread.

    `text` is what was said so far. Once `over`, nothing changes any more: `text` is the whole, unless it was
    `cancelled`, or `refusal` or `error` tells why there is none. Ask `over` before the others.
    """

    urgent = True  # somebody waits for it

    def __init__(self, job: Job, index: int) -> None:
        outcome = job.outcome(index)
        self.job, self.index, self.owner = job, index, job.owner
        self.scored = outcome if isinstance(outcome, ScoredPhoto) else None
        self._text = ""
        self._refusal: Refusal | None = None
        self._error: LycheeError | None = None
        self._cancelled = False
        self._lock = threading.Lock()
        self._over = threading.Event()

    @property
    def text(self) -> str:
        """What was said so far."""
        return self._text

    @property
    def over(self) -> bool:
        """True once nothing more is said."""
        return self._over.is_set()

    @property
    def refusal(self) -> Refusal | None:
        """Why the photo could not be looked at, where it could not."""
        return self._refusal

    @property
    def error(self) -> LycheeError | None:
        """What else kept the model from saying it, where something did."""
        return self._error

    @property
    def failed(self) -> bool:
        """True where a refusal or an error ended it."""
        return self._refusal is not None or self._error is not None

    @property
    def cancelled(self) -> bool:
        """True where `cancel` ended it."""
        return self._cancelled

    def update(self, text: str) -> None:
        """Takes the text so far."""
        with self._lock:
            if not self.over:
                self._text = text

    def end(self, text: str | None = None, *, refusal: Refusal | None = None, error: LycheeError | None = None) -> None:
        """Ends it with the whole text, or with what kept the model from it; the first end counts."""
        with self._lock:
            if not self.over:
                self._text = self._text if text is None else text
                self._refusal, self._error = refusal, error
                self._over.set()

    def cancel(self) -> None:
        """Ends it at once, where nobody waits for it any more: what is not said yet is not said."""
        with self._lock:
            if not self.over:
                self._cancelled = True
                self._over.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Returns once it is over; False when that takes longer than `timeout_s`."""
        return self._over.wait(timeout_s)


class ExplanationBook:
    """Finds explanations; safe to use from any thread."""

    def __init__(self, kept: Explanations) -> None:
        self._kept = kept
        self._at_hand: dict[tuple[str, int], Explanation] = {}
        self._closed_by: LycheeError | None = None
        self._lock = threading.RLock()

    def find(self, job: Job, index: int) -> Explanation | None:
        """The explanation of the score that the photo has now: under way, failed, or whole and kept with the run."""
        with self._lock:
            found, known = Explanation(job, index), self._at_hand.get((job.id, index))
            if known is not None and known.scored == found.scored and not known.cancelled:
                return known
            text = self._load(found)
            if text is None:
                return None
            found.end(text)
            self._take(found)
            return found

    def open(
        self, job: Job, index: int, *, again: bool = False, hindrance: LycheeError | None = None
    ) -> tuple[Explanation, bool]:
        """What `find` finds or a new explanation, and whether it has to be made.

        `again` leaves aside one that failed. A new one that nobody could make is over at once, with the hindrance as
        its error, and is not found later.
        """
        with self._lock:
            known = self.find(job, index)
            if known is not None and not (again and known.failed):
                return known, False
            new = Explanation(job, index)
            hindrance = hindrance or self._closed_by
            if new.scored is None:
                hindrance = LycheeError(f"photo {index} has no score in this run")
            if hindrance is not None:
                new.end(error=hindrance)
                return new, False
            self._take(new)
            return new, True

    def make(self, explanation: Explanation, engine: Engine) -> None:
        """Has the model say it, unless it is over before that, and keeps the whole with the run.

        Raises DeviceLost, and what else keeps a model from answering.
        """
        job, index, scored = explanation.job, explanation.index, explanation.scored
        if scored is None:
            raise LycheeError(f"photo {index} has no score to explain")
        said = explain_score(
            engine,
            job.run.query_of(index),
            job.photos[index],
            score=scored.score.value,
            on_text=explanation.update,
            stop=lambda: explanation.over,
            gallery=hash(job.photos),
        )
        if isinstance(said, Refusal):
            explanation.end(refusal=replace(said, index=index))
        elif not explanation.over:
            self._kept.keep(job.id, index, score=scored.score.value, text=said)
            explanation.end(said)

    def close(self, error: LycheeError) -> None:
        """Ends all that are not over with this error, and every later one that would have to be made."""
        with self._lock:
            self._closed_by = error
            for explanation in self._at_hand.values():
                explanation.end(error=error)

    def _load(self, explanation: Explanation) -> str | None:
        scored = explanation.scored
        if scored is None:
            return None
        try:
            return self._kept.find(explanation.job.id, explanation.index, score=scored.score.value)
        except StorageFailed as error:
            log.error("an explanation cannot be read: %s", error)
            return None

    def _take(self, explanation: Explanation) -> None:
        """Puts it in the place of one that is out of date."""
        key = (explanation.job.id, explanation.index)
        stale = self._at_hand.pop(key, None)
        if stale is not None:
            stale.cancel()
        self._at_hand[key] = explanation
        for old in [other for other, one in self._at_hand.items() if one.over][:-MAX_AT_HAND]:
            del self._at_hand[old]
