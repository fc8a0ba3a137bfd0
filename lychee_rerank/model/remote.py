"""A model on other machines, asked over OpenAI's chat protocol as vLLM speaks it; knows no torch and no gallery.

Prompts, pictures and readouts are those of a model on this machine: what a server is sent is prepared already.
"""

import base64
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Self, TypeVar
from weakref import WeakKeyDictionary

from lychee_rerank.errors import LycheeError, ModelUnusable, PhotoRefused
from lychee_rerank.model.patches import TOKEN_PX
from lychee_rerank.model.servers import RequestRefused, Servers
from lychee_rerank.photos.decode import Picture
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.records import REMOTE, Answer, ModelCard, YesNoLogits
from lychee_rerank.scoring.photo_memory import Keepable
from lychee_rerank.scoring.prompts import PromptTemplate, build_messages
from lychee_rerank.settings import MIN_PIXEL_BUDGET_PX

PIXEL_BUDGET_PX = 1280 * TOKEN_PX**2  # of Qwen2.5-VL where nothing else is set
WAITING = 2  # photos for each request that is under way
LEAST_ONE = 1e-5  # below that probability of a "1" it does not matter what follows it
MOST_RATIO = 200  # of the sides, which the model's own processor takes
_HALF_A_CHARACTER = "\ufffd"

Read = TypeVar("Read", Answer, YesNoLogits)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SentPicture:
    """A PNG file as it is sent."""

    content: bytes

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        return len(self.content)


class RemoteModel:
    """A Qwen2.5-VL behind servers; `prepare` and `fit_size` are safe to use from any thread."""

    def __init__(self, servers: Servers, card: ModelCard, *, threads: ThreadPoolExecutor | None = None) -> None:
        self.servers, self.card = servers, card
        self.threads = threads or ThreadPoolExecutor(servers.at_once, thread_name_prefix="lychee-server")
        self.label_token = lru_cache(maxsize=None)(self._label_token)

    def for_quick_looks(self, visual_tokens: int | None) -> Self:
        """The same servers, which see every photo at so few visual tokens, or at 64."""
        budget = min((visual_tokens or 64) * TOKEN_PX**2, self.card.pixel_budget_px)
        return type(self)(self.servers, replace(self.card, pixel_budget_px=budget), threads=self.threads)

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels, multiples of TOKEN_PX: transformers' smart_resize, which needs torch there."""
        if max(width_px, height_px) > MOST_RATIO * min(width_px, height_px):
            raise ValueError(f"{width_px}x{height_px}: one side is more than {MOST_RATIO} times the other")
        budget = self.card.pixel_budget_px
        sides = [round(side / TOKEN_PX) * TOKEN_PX for side in (width_px, height_px)]
        if math.prod(sides) > budget:
            scale = math.sqrt(width_px * height_px / budget)
            sides = [max(TOKEN_PX, math.floor(side / scale / TOKEN_PX) * TOKEN_PX) for side in (width_px, height_px)]
        elif math.prod(sides) < (least := min(MIN_PIXEL_BUDGET_PX, budget)):
            scale = math.sqrt(least / (width_px * height_px))
            sides = [math.ceil(side * scale / TOKEN_PX) * TOKEN_PX for side in (width_px, height_px)]
        return sides[0], sides[1]

    def prepare(self, picture: Picture) -> SentPicture:
        """The picture as PNG, which loses nothing."""
        out = BytesIO()
        picture.save(out, "PNG", compress_level=1)
        return SentPicture(out.getvalue())

    def build_prompt(self, template: PromptTemplate, query: str) -> "RemotePrompt":
        """The template filled with the query."""
        return RemotePrompt(self, build_messages(template, _break_control_tokens(query)))

    def encode_batch_size(self, prepared: SentPicture) -> int:
        """As many as are asked about together: nothing is encoded here."""
        return self.most_new

    def generate_batch_size(self, encoded: Keepable) -> int:
        """The same for photos that are remembered."""
        return self.most_new

    @property
    def most_new(self) -> int:
        """How many photos are asked about together: some wait, so that no server does while others are answered."""
        return WAITING * self.servers.at_once

    def pack(self, encoded: SentPicture) -> bytes:
        """The picture's file."""
        return encoded.content

    def unpack(self, path: Path) -> SentPicture | None:
        """The picture in a file; None where it cannot be read."""
        try:
            return SentPicture(path.read_bytes())
        except OSError:
            return None

    def _label_token(self, label: str) -> int:
        """The id of a label; raises ModelUnusable where it is more than one token."""
        body = {"model": self.card.name, "prompt": label, "add_special_tokens": False}
        tokens = self.servers.ask("/tokenize", body)["tokens"]
        if len(tokens) != 1:
            remedy = "use weights of the Qwen2.5-VL family"
            raise ModelUnusable(ModelProblem.SPLIT_LABELS, file=self.card.name, detail=label, remedy=remedy)
        return int(tokens[0])


class RemotePrompt:
    """A prompt about any number of pictures; what came of a picture is not asked for again."""

    def __init__(self, model: RemoteModel, messages: list[dict[str, Any]]) -> None:
        self._model, self._messages = model, messages
        self._read: WeakKeyDictionary[SentPicture, Answer | YesNoLogits | PhotoRefused] = WeakKeyDictionary()

    def encode(self, prepared: Sequence[SentPicture]) -> list[SentPicture]:
        """The same: a server encodes what it is asked about."""
        return list(prepared)

    def generate(
        self, encoded: Sequence[SentPicture], *, max_tokens: int, until: Callable[[str], bool]
    ) -> list[Answer]:
        """An answer about each picture, decoded greedily; it is cut where `until` is true of its text so far.

        Raises PhotoRefused where one of them is refused, ServersLost, ModelUnusable.
        """
        digits = [self._model.label_token(str(digit)) for digit in range(10)]
        return self._ask_all(encoded, lambda picture: self._answer(picture, digits, max_tokens, until))

    def yes_no_logits(self, encoded: Sequence[SentPicture]) -> list[YesNoLogits]:
        """The logits of yes and no as the answer about each picture; raises as `generate`."""
        labels = [self._model.label_token(label) for label in ("yes", "no")]
        return self._ask_all(encoded, lambda picture: self._answer_yes_no(picture, labels))

    def _ask_all(self, encoded: Sequence[SentPicture], ask: Callable[[SentPicture], Read]) -> list[Read]:
        """What comes of each, asked together; raises the first refusal only once all are answered."""

        def read(picture: SentPicture) -> None:
            if picture not in self._read:
                try:
                    self._read[picture] = ask(picture)
                except PhotoRefused as refused:
                    self._read[picture] = refused

        list(self._model.threads.map(read, encoded))
        found = [self._read[picture] for picture in encoded]
        for one in found:
            if isinstance(one, PhotoRefused):
                raise one
        return found  # type: ignore[return-value]  # a prompt has one readout

    def _answer(
        self, picture: SentPicture, digits: Sequence[int], max_tokens: int, until: Callable[[str], bool]
    ) -> Answer:
        text, content, rows = "", b"", []
        for token in self._chat(picture, labels=digits, max_tokens=max_tokens):
            shares = _shares(token, digits)
            rows.append(tuple(map(math.exp, shares)))
            content += bytes(token.get("bytes") or ())
            longer = content.decode("utf-8", "replace")
            if not longer.endswith(_HALF_A_CHARACTER):
                if until(longer):
                    break
                text = longer
        ten = 0.0
        if rows[0][1] > LEAST_ONE:
            (after_one,) = self._chat(picture, labels=digits[:1], max_tokens=1, begun="1")
            ten = math.exp(_shares(after_one, digits[:1])[0])
        return Answer(text=text, digits=tuple(rows), ten=ten)

    def _answer_yes_no(self, picture: SentPicture, labels: Sequence[int]) -> YesNoLogits:
        (token,) = self._chat(picture, labels=labels, max_tokens=1)
        ln_yes, ln_no = _shares(token, labels)
        text = bytes(token.get("bytes") or ()).decode("utf-8", "replace")
        return YesNoLogits(text=text, ln_yes=ln_yes, ln_no=ln_no)

    def _chat(
        self, picture: SentPicture, *, labels: Sequence[int], max_tokens: int, begun: str = ""
    ) -> list[dict[str, Any]]:
        """The tokens of an answer with the log probabilities of the labels; `begun` is how the answer starts."""
        uri = "data:image/png;base64," + base64.b64encode(picture.content).decode()
        messages = [
            {**message, "content": [_fill(part, uri) for part in message["content"]]} for message in self._messages
        ]
        if begun:
            messages.append({"role": "assistant", "content": begun})
        body = {
            "model": self._model.card.name,
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": 0.0,
            "logprobs": True,
            "logprob_token_ids": list(labels),
            "return_tokens_as_token_ids": True,
            "continue_final_message": bool(begun),
            "add_generation_prompt": not begun,
        }
        try:
            answer = self._model.servers.ask("/v1/chat/completions", body)
        except RequestRefused as error:
            raise PhotoRefused(RefusalReason.BROKEN) from error
        tokens: list[dict[str, Any]] = answer["choices"][0]["logprobs"]["content"]
        if not tokens:
            raise LycheeError("a server answered without log probabilities")
        return tokens


def load_remote(
    servers: Servers, *, model: str | None, revision: str = "", pixel_budget_px: int | None = None
) -> RemoteModel:
    """The servers' model, or the one of that name; `revision` keeps its scores apart from those of other weights.

    Raises ServersLost, ModelUnusable.
    """
    names = [str(one["id"]) for one in servers.ask("/v1/models")["data"]]
    name = model or names[0]
    if name not in names:
        raise ModelUnusable(ModelProblem.MISSING, file=name, detail=", ".join(names), remedy="see LYCHEE_SERVER_MODEL")
    card = ModelCard(
        name=name,
        folder=Path(name),
        parameters=0,
        dtype=REMOTE,
        device=REMOTE,
        attention=REMOTE,
        off_gpu_layers=0,
        pixel_budget_px=pixel_budget_px or PIXEL_BUDGET_PX,
        demo=False,
        fingerprint=f"{REMOTE} {name} {revision}",
    )
    return RemoteModel(servers, card)


def _fill(part: dict[str, Any], uri: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": uri}} if part["type"] == "image" else part


def _shares(token: dict[str, Any], labels: Sequence[int]) -> list[float]:
    """ln P of the labels at this token; raises PhotoRefused where they are no numbers."""
    found = {one["token"]: float(one["logprob"]) for one in token["top_logprobs"]}
    shares = [found.get(f"token_id:{label}", -math.inf) for label in labels]
    if any(map(math.isnan, shares)):
        raise PhotoRefused(RefusalReason.NOT_FINITE)
    return shares


def _break_control_tokens(query: str) -> str:
    """The query without what a server would take for the end of a turn, or for another picture."""
    return query.replace("<|", "< |")
