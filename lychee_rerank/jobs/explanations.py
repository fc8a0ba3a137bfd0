"""Explanations of scores, each in progress or over, found by run and photo; knows no worker."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from lychee_rerank.errors import LycheeError, StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.records import Refusal, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.store.explanations import Explanations

log = logging.getLogger(__name__)

MAX_AT_HAND = 200  # explanations that were over before these are read from the store again


@dataclass(frozen=True, slots=True)
class ExplanationProgress:
    """An explanation as it stands at one moment.

    `text` is what was generated so far. Once `over`, nothing changes any more: `text` is the whole, unless it was
    `cancelled`, or `refusal` or `error` is why there is none.
    """

    text: str = ""
    over: bool = False
    cancelled: bool = False
    refusal: Refusal | None = None
    error: LycheeError | None = None

    @property
    def failed(self) -> bool:
        """True where a refusal or an error ended it."""
        return self.refusal is not None or self.error is not None


class Explanation:
    """The model's own words on the score that the photo has when this is made; safe to use from any thread."""

    urgent = True  # somebody waits for it

    def __init__(self, job: Job, index: int, *, language: str = "English") -> None:
        outcome = job.outcome(index)
        self.job, self.index, self.owner, self.language = job, index, job.owner, language
        self.scored = outcome if isinstance(outcome, ScoredPhoto) else None
        self._progress = ExplanationProgress()
        self._lock = threading.Lock()
        self._over = threading.Event()

    def progress(self) -> ExplanationProgress:
        """The explanation as it stands now."""
        return self._progress

    @property
    def over(self) -> bool:
        """True once nothing changes any more."""
        return self._over.is_set()

    def update(self, text: str) -> None:
        """Takes the text so far."""
        self._change(lambda now: replace(now, text=text))

    def end(self, text: str) -> None:
        """Ends it with the whole text; the first end counts."""
        self._change(lambda now: replace(now, text=text, over=True))

    def fail(self, failure: Refusal | LycheeError) -> None:
        """Ends it with what kept the model from it."""
        if isinstance(failure, Refusal):
            self._change(lambda now: replace(now, refusal=failure, over=True))
        else:
            self._change(lambda now: replace(now, error=failure, over=True))

    def cancel(self) -> None:
        """Ends it at once, where nobody waits for it any more."""
        self._change(lambda now: replace(now, cancelled=True, over=True))

    def _change(self, change: Callable[[ExplanationProgress], ExplanationProgress]) -> None:
        with self._lock:
            if not self.over:
                self._progress = change(self._progress)
                if self._progress.over:
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
            if known is not None and known.scored == found.scored and not known.progress().cancelled:
                return known
            text = self._load(found)
            if text is None:
                return None
            found.end(text)
            self._take(found)
            return found

    def open(
        self,
        job: Job,
        index: int,
        *,
        again: bool = False,
        hindrance: LycheeError | None = None,
        language: str = "English",
    ) -> tuple[Explanation, bool]:
        """What `find` finds or a new explanation, and whether it has to be made.

        `again` leaves aside one that failed; a new one is in this `language` beside an example. A new one that nobody
        could make is over at once, with the hindrance as its error, and is not found later.
        """
        with self._lock:
            known = self.find(job, index)
            if known is not None and not (again and known.progress().failed):
                return known, False
            new = Explanation(job, index, language=language)
            hindrance = hindrance or self._closed_by
            if new.scored is None:
                hindrance = LycheeError(f"photo {index} has no score in this run")
            if hindrance is not None:
                new.fail(hindrance)
                return new, False
            self._take(new)
            return new, True

    def make(self, explanation: Explanation, engine: Engine) -> None:
        """Has the model generate it, unless it is over before that, and keeps the whole with the run.

        Raises DeviceLost, and what else keeps a model from answering.
        """
        job, index, scored = explanation.job, explanation.index, explanation.scored
        if scored is None:
            raise LycheeError(f"photo {index} has no score to explain")
        answer = explain_score(
            engine,
            job.run.query_of(index),
            job.photos[index],
            score=scored.score.value,
            language=explanation.language,
            on_text=explanation.update,
            stop=lambda: explanation.over,
            gallery=hash(job.photos),
        )
        if isinstance(answer, Refusal):
            explanation.fail(replace(answer, index=index))
        elif not explanation.over:
            self._kept.keep(job.id, index, score=scored.score.value, text=answer)
            explanation.end(answer)

    def close(self, error: LycheeError) -> None:
        """Ends all that are not over with this error, and every later one that would have to be made."""
        with self._lock:
            self._closed_by = error
            for explanation in self._at_hand.values():
                explanation.fail(error)

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
