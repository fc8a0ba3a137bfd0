"""Why one photo of a run got its score, as any thread may see it; knows no worker, no store and no model."""

import threading

from lychee_rerank.errors import LycheeError
from lychee_rerank.jobs import Job
from lychee_rerank.records import Refusal, ScoredPhoto


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

    def tell(self, text: str) -> None:
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
