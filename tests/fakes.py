"""A judge whose scores can be worked out by hand: 10 times the share of red in the picture; and a page of one line."""

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from PIL.Image import Image
from PIL.Image import open as open_image
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from lychee_rerank.model_card import ModelCard
from lychee_rerank.photos.decode import Decoded, FitSize, decode_photo
from lychee_rerank.records import Answer, YesNoLogits
from lychee_rerank.scoring.prompts import PromptTemplate
from tests.limits import WAIT_S

CARD = ModelCard(
    name="fake",
    folder=Path("fake"),
    parameters=0,
    dtype="float32",
    device="CPU",
    attention="none",
    off_gpu_layers=0,
    pixel_budget_px=28 * 28,
    example_budget_px=28 * 28,
    demo=False,
)


@dataclass
class FakeJudge:
    """Scores the red of the picture's middle pixel over 25.5; counts queries, encoded pictures and answers.

    Of the queries in `layers`, another of its layers: 1 is green, 2 is blue. Beside an example, how near the red is to
    the example's. It notes the examples that it looks at.
    Each digit that it generates has the probability `label_mass`, and no other digit has any.
    """

    card: ModelCard = CARD
    queries: list[str] = field(default_factory=list)
    templates: list[PromptTemplate] = field(default_factory=list)
    label_mass: float = 1.0
    answers: int = 0
    before_generate: Callable[[], object] = lambda: None  # for each photo, and before its logits too
    after_token: Callable[[], object] = lambda: None
    text: str = ""  # of every answer, in place of the redness
    failure: tuple[int, Exception] | None = None
    begun: threading.Event = field(default_factory=threading.Event)
    generate_batch: int = 1
    most_new: int = 8
    encode_batch: int = 1
    encoded: int = 0
    batches: list[int] = field(default_factory=list)
    read_at: tuple[int, int] = (14, 14)
    layers: dict[str, int] = field(default_factory=dict)
    examples: list[Image] = field(default_factory=list)
    quick: "FakeJudge | None" = None
    _open: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Generates nothing until `let_go`."""
        self.before_generate = lambda: self._open.wait(WAIT_S)

    def fails_at(self, *, red: int, error: Exception) -> None:
        """Raises the error over a photo whose middle pixel has this red."""
        self.failure = red, error

    def let_go(self) -> None:
        """Ends `hold`."""
        self._open.set()

    def for_quick_looks(self, visual_tokens: int | None) -> "FakeJudge":
        """A judge that reads the corner instead, and counts on its own; `quick` from then on."""
        if self.quick is None:
            card = replace(self.card, pixel_budget_px=self.card.pixel_budget_px // 4)
            self.quick = replace(self, card=card, batches=[], read_at=(0, 0))
        return self.quick

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Every photo is scored at 28 x 28 pixels."""
        return 28, 28

    def prepare(self, picture: Image) -> Image:
        """The picture as it is."""
        return picture

    def pack(self, encoded: "FakeEncoding") -> bytes:
        """The picture as a PNG."""
        out = BytesIO()
        encoded.picture.save(out, "PNG")
        return out.getvalue()

    def unpack(self, path: Path) -> "FakeEncoding | None":
        """The picture, where it is one."""
        try:
            return FakeEncoding(open_image(path).convert("RGB"))
        except OSError:
            return None

    def encode_batch_size(self, prepared: Image) -> int:
        """As many as the test has set."""
        return self.encode_batch

    def generate_batch_size(self, encoded: "FakeEncoding", example: "FakeEncoding | None" = None) -> int:
        """As many as the test has set."""
        return self.generate_batch

    def fit_example(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Every example is looked at at 28 x 28 pixels."""
        return 28, 28

    def encode_example(self, picture: Image) -> "FakeEncoding":
        """The picture, which it notes."""
        self.examples.append(picture)
        return FakeEncoding(picture)

    def build_prompt(self, template: PromptTemplate, query: str, example: "FakeEncoding | None" = None) -> "FakePrompt":
        """A prompt that is answered by colour, whatever stands in it."""
        self.queries.append(query)
        self.templates.append(template)
        return FakePrompt(self, self.layers.get(query, 0), example)


@dataclass(frozen=True)
class FakeEncoding:
    """The picture itself."""

    picture: Image
    size_bytes: int = 100

    def on_host(self) -> "FakeEncoding":
        """It is there already."""
        return self


@dataclass
class FakePrompt:
    """A prompt of the FakeJudge."""

    judge: FakeJudge
    layer: int
    example: FakeEncoding | None = None

    def encode(self, prepared: Sequence[Image]) -> list[FakeEncoding]:
        """The pictures, which it counts."""
        self.judge.encoded += len(prepared)
        return [FakeEncoding(picture) for picture in prepared]

    def generate(
        self, encoded: Sequence[FakeEncoding], *, max_tokens: int, until: Callable[[str], bool]
    ) -> list[Answer]:
        """An answer each, which ends before the token that makes `until` true; notes the size of the batch."""
        self.judge.batches.append(len(encoded))
        return [self._generate(one.picture, max_tokens, until) for one in encoded]

    def yes_no_logits(self, encoded: Sequence[FakeEncoding]) -> list[YesNoLogits]:
        """The logits of each; notes the size of the batch."""
        self.judge.batches.append(len(encoded))
        return [self._yes_no_logits(one.picture) for one in encoded]

    def _generate(self, picture: Image, max_tokens: int, until: Callable[[str], bool]) -> Answer:
        """The red of the middle pixel, from 0.0 to 10.0, a token per character; a lone "1" counts as 1."""
        red = self._red(picture)
        text = self.judge.text or f"{red * 10:.1f}"
        digits = [tuple(self.judge.label_mass * (token == str(digit)) for digit in range(10)) for token in text]
        generated = self._decode(text[:max_tokens], until)
        return Answer(generated, tuple(digits[:max_tokens]), ten=float(text.startswith("10")))

    def _decode(self, text: str, until: Callable[[str], bool]) -> str:
        """As much of the text as comes before `until` is true, a character per token."""
        for length in range(1, len(text) + 1):
            if until(text[:length]):
                return text[: length - 1]
            self.judge.after_token()
        return text

    def _yes_no_logits(self, picture: Image) -> YesNoLogits:
        """Yes is as probable as the middle pixel is red, no as it is not, and other words have the rest."""
        red = self._red(picture)
        ln_yes, ln_no = (math.log(max(self.judge.label_mass * share, 1e-300)) for share in (red, 1 - red))
        return YesNoLogits("yes" if red > 0.5 else "no", ln_yes, ln_no)

    def _red(self, picture: Image) -> float:
        self.judge.begun.set()
        self.judge.before_generate()
        red = picture.getpixel(self.judge.read_at)[self.layer]
        if self.judge.failure and self.judge.failure[0] == red:
            raise self.judge.failure[1]
        self.judge.answers += 1
        if self.example:
            red = 255 - abs(red - self.example.picture.getpixel(self.judge.read_at)[self.layer])
        return float(red) / 255


@dataclass
class CountingDecoder:
    """Decodes as ever, and notes how many bytes each content has."""

    sizes_bytes: list[int] = field(default_factory=list)

    def __call__(self, content: bytes, *, fit: FitSize) -> Decoded:
        """The decoded picture."""
        self.sizes_bytes.append(len(content))
        return decode_photo(content, fit=fit)


async def fake_page(scope: Scope, receive: Receive, send: Send) -> None:
    """What stands behind a guard: answers every request with "the page", and opens every websocket."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
    else:
        await PlainTextResponse("the page")(scope, receive, send)
