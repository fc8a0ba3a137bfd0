"""A bulk run, or the rest of it, by workers whose judge answers at once and whose photos are not decoded.

python -m benchmarks.instant_judge LIST OUT
"""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from PIL import Image

from lychee_rerank.bulk.bulk_run import BulkRun, begin_run
from lychee_rerank.bulk.cluster import cluster
from lychee_rerank.bulk.part_scorer import Tools
from lychee_rerank.bulk.photo_list import list_photos
from lychee_rerank.bulk.staff import Staff
from lychee_rerank.facts import PhotoFacts
from lychee_rerank.model_card import ModelCard
from lychee_rerank.photos.decode import Decoded, FitSize, Picture
from lychee_rerank.query import parse_query
from lychee_rerank.records import Answer, YesNoLogits
from lychee_rerank.scoring.prompts import PromptTemplate
from lychee_rerank.settings import Settings, load_settings

CARD = ModelCard("instant", Path("instant"), 0, "float32", "CPU", "none", 0, 28 * 28, 28 * 28, demo=False)
STAFF = Staff(workers=2, cpus=1, gpus=0, per_machine=2)
SEVEN = tuple(float(digit == 7) for digit in range(10))


@dataclass(frozen=True, slots=True, eq=False)
class Nothing:
    """A picture."""

    size_bytes: int = 1

    def on_host(self) -> Self:
        """Itself."""
        return self


class InstantPrompt:
    """A 7, whatever is asked."""

    def encode(self, prepared: Sequence[Nothing]) -> list[Nothing]:
        """The same."""
        return list(prepared)

    def generate(self, encoded: Sequence[Nothing], *, max_tokens: int, until: Callable[[str], bool]) -> list[Answer]:
        """A 7 each."""
        return [Answer(text="7", digits=(SEVEN,), ten=0.0) for _ in encoded]

    def yes_no_logits(self, encoded: Sequence[Nothing]) -> list[YesNoLogits]:
        """As likely as not."""
        return [YesNoLogits(text="no", ln_yes=math.log(0.5), ln_no=math.log(0.5)) for _ in encoded]


class InstantJudge:
    """Answers at once."""

    card, most_new = CARD, 32

    def for_quick_looks(self, visual_tokens: int | None) -> Self:
        """Itself."""
        return self

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """One token."""
        return 28, 28

    def prepare(self, picture: Picture) -> Nothing:
        """Nothing of it."""
        return Nothing()

    def fit_example(self, width_px: int, height_px: int) -> tuple[int, int]:
        """One token."""
        return 28, 28

    def encode_example(self, picture: Picture) -> Nothing:
        """Nothing of it."""
        return Nothing()

    def build_prompt(self, template: PromptTemplate, query: str, example: Nothing | None = None) -> InstantPrompt:
        """The same for all."""
        return InstantPrompt()

    def encode_batch_size(self, prepared: Nothing) -> int:
        """Some."""
        return 32

    def generate_batch_size(self, encoded: Nothing, example: Nothing | None = None) -> int:
        """Some."""
        return 32

    def pack(self, encoded: Nothing) -> bytes:
        """Nothing."""
        return b""

    def unpack(self, path: Path) -> None:
        """Nothing."""


def load_instant(_: Settings) -> Tools:
    """What scores at once."""
    facts = PhotoFacts(28, 28, taken=None, camera="", fingerprint=b"")
    decoded = Decoded(Image.new("RGB", (28, 28)), facts)

    def decode(content: bytes, *, fit: FitSize) -> Decoded:
        """The same picture, whatever the bytes are."""
        return decoded

    return Tools(InstantJudge(), decode)


def main() -> None:
    """Scores what is not there."""
    run = BulkRun(sys.argv[2], (parse_query("sofa"),), load_settings({}))
    begin_run(run, list_photos(sys.argv[1]), resume=True)
    with cluster(None):
        from lychee_rerank.bulk.workers import score_parts

        left = sorted(set(range(run.open_list().parts)) - run.open_parts().finished())
        for _ in score_parts(run, left, STAFF, load=load_instant):
            pass


if __name__ == "__main__":
    main()
