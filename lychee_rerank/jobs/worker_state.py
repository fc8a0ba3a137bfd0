"""What a worker says of itself: which model it has, or why it has none; knows no job."""

from dataclasses import dataclass

from lychee_rerank.errors import LycheeError
from lychee_rerank.model_card import ModelCard


@dataclass(frozen=True, slots=True)
class WorkerState:
    """The worker at one moment: `card` once the model is loaded, `error` where no model can score.

    While another process scores for the same data folder, which `elsewhere` tells, nothing is loaded.
    """

    card: ModelCard | None = None
    error: LycheeError | None = None
    elsewhere: bool = False

    @property
    def loading(self) -> bool:
        """True until the model is there, or cannot be."""
        return self.card is None and self.error is None
