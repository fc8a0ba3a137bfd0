"""What the model has seen of the examples of the last queries, so that each is looked at once; knows no model."""

from collections import OrderedDict
from collections.abc import Callable

from lychee_rerank.errors import ExampleRefused, PhotoRefused
from lychee_rerank.query import Example
from lychee_rerank.scoring.judge import Encoded

MOST = 8  # about 2 MB each on a large model


class EncodedExamples:
    """Examples by the SHA-256 of their bytes; for the one thread that has the model."""

    def __init__(self) -> None:
        self._encoded: OrderedDict[str, Encoded] = OrderedDict()

    def find(self, example: Example, encode: Callable[[Example], Encoded]) -> Encoded:
        """What `encode` makes of it, or made of it; raises ExampleRefused where `encode` raises PhotoRefused."""
        encoded = self._encoded.get(example.photo_hash)
        if encoded is None:
            try:
                encoded = encode(example)
            except PhotoRefused as refused:
                raise ExampleRefused(refused.reason, detail=refused.detail) from refused
            self._encoded[example.photo_hash] = encoded
        self._encoded.move_to_end(example.photo_hash)
        if len(self._encoded) > MOST:
            self._encoded.popitem(last=False)
        return encoded

    def clear(self) -> None:
        """Forgets them all."""
        self._encoded.clear()
