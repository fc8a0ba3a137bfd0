"""A judge whose scores can be worked out by hand: 10 times the share of red in the picture, one decimal."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PIL.Image import Image

from lychee_rerank.prompts import PromptTemplate
from lychee_rerank.records import ModelCard

HOLD_S = 30  # a limit for a hung test, never a pause

CARD = ModelCard(
    name="fake",
    folder=Path("fake"),
    parameters=0,
    dtype="float32",
    device="CPU",
    off_gpu_layers=0,
    pixel_budget_px=28 * 28,
    demo=False,
)


@dataclass
class FakeJudge:
    """Answers with the red of the picture's middle pixel over 25.5; counts questions and answers."""

    card: ModelCard = CARD
    questions: list[str] = field(default_factory=list)
    answers: int = 0
    before_answer: Callable[[], object] = lambda: None
    says: str = ""  # in place of the redness
    begun: threading.Event = field(default_factory=threading.Event)
    _open: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Lets no answer out until `let_go`."""
        self.before_answer = lambda: self._open.wait(HOLD_S)

    def let_go(self) -> None:
        """Ends `hold`."""
        self._open.set()

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Every photo is seen at 28 x 28."""
        return 28, 28

    def ask(self, template: PromptTemplate, query: str) -> "FakeQuestion":
        """A question that answers by colour, whatever it asks."""
        self.questions.append(query)
        return FakeQuestion(self)


@dataclass
class FakeQuestion:
    """A question of the FakeJudge."""

    judge: FakeJudge

    def answer(self, picture: Image, *, until: Callable[[str], bool]) -> str:
        """The red of the middle pixel, from 0.0 to 10.0."""
        self.judge.begun.set()
        self.judge.before_answer()
        self.judge.answers += 1
        red = picture.getpixel((14, 14))[0]
        return self.judge.says or f"{red / 25.5:.1f}"
