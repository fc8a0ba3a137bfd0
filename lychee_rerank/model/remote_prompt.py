"""A prompt that servers answer, over OpenAI's chat protocol as vLLM speaks it; knows no torch, no size of a picture."""

import base64
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, Self, TypeVar
from weakref import WeakKeyDictionary

from lychee_rerank.errors import ModelUnusable, PhotoRefused
from lychee_rerank.model.servers import RequestRefused, Servers
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.records import Answer, YesNoLogits
from lychee_rerank.text import first_line

LEAST_ONE = 1e-5  # below that probability of a "1" it does not matter what follows it
_CHAT = "/v1/chat/completions"
_HALF_A_CHARACTER = "\ufffd"

Read = TypeVar("Read", Answer, YesNoLogits)
Found = TypeVar("Found")
Rows = tuple[tuple[float, ...], ...]  # probabilities of the labels, at each token


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SentPicture:
    """A PNG file as it is sent."""

    content: bytes

    @property
    def size_bytes(self) -> int:
        """What it takes in memory."""
        return len(self.content)

    def on_host(self) -> Self:
        """The same: it is there already."""
        return self


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A part of an answer, or the whole: its text, and its tokens with the log probabilities of the labels."""

    text: str
    tokens: list[dict[str, Any]]


class Chat:
    """A model of that name behind servers, and the threads that ask them."""

    def __init__(self, servers: Servers, name: str) -> None:
        self.servers, self.name = servers, name
        self.threads = ThreadPoolExecutor(servers.at_once, thread_name_prefix="lychee-server")
        self._tokens: dict[str, int] = {}

    def label_token(self, label: str) -> int:
        """The id of a label; raises ModelUnusable where it is more than one token, otherwise what `ask` raises."""
        if label not in self._tokens:
            body = {"model": self.name, "prompt": label, "add_special_tokens": False}
            try:
                tokens = self.servers.ask("/tokenize", body)["tokens"]
            except (RequestRefused, KeyError, TypeError) as error:
                remedy = "use a server that answers /tokenize, vLLM for one"
                raise ModelUnusable(
                    ModelProblem.NOT_SERVED, file=self.name, detail=first_line(error), remedy=remedy
                ) from error
            if len(tokens) != 1:
                remedy = "use weights of the Qwen2.5-VL family"
                raise ModelUnusable(ModelProblem.SPLIT_LABELS, file=self.name, detail=label, remedy=remedy)
            self._tokens[label] = int(tokens[0])
        return self._tokens[label]

    def ask(self, body: dict[str, Any]) -> AnswerPart:
        """The whole answer; raises PhotoRefused for a picture that the server refuses, ServersLost, ModelUnusable."""
        try:
            return _part(self.servers.ask(_CHAT, body))
        except RequestRefused as error:
            raise PhotoRefused(RefusalReason.REFUSED_BY_SERVER, detail=str(error)) from error

    def follow(self, body: dict[str, Any], read: Callable[[Iterable[AnswerPart]], Found]) -> Found:
        """What `read` makes of the parts of an answer as they come; raises as `ask`."""
        try:
            return self.servers.follow(_CHAT, body | {"stream": True}, lambda events: read(map(_part, events)))
        except RequestRefused as error:
            raise PhotoRefused(RefusalReason.REFUSED_BY_SERVER, detail=str(error)) from error


class RemotePrompt:
    """A prompt about any number of pictures; what came of a picture is not asked for again.

    It stands at this `place` among the pictures of the messages, the others are the example.
    """

    def __init__(
        self, chat: Chat, messages: list[dict[str, Any]], *, example: SentPicture | None = None, place: int = 0
    ) -> None:
        self._chat, self._messages, self._place = chat, messages, place
        self._example = _send(example) if example else {}
        self._read: WeakKeyDictionary[SentPicture, Answer | YesNoLogits | PhotoRefused] = WeakKeyDictionary()

    def encode(self, prepared: Sequence[SentPicture]) -> list[SentPicture]:
        """The same: a server encodes what it is asked about."""
        return list(prepared)

    def generate(
        self, encoded: Sequence[SentPicture], *, max_tokens: int, until: Callable[[str], bool]
    ) -> list[Answer]:
        """An answer about each picture, decoded greedily; it is cut where `until` is true of its text so far.

        That about a lone picture is read as it comes, and no more of it than is wanted. Raises PhotoRefused where one
        of them is refused, ServersLost, ModelUnusable.
        """
        digits = [self._chat.label_token(str(digit)) for digit in range(10)]
        alone = len(encoded) == 1

        def read(parts: Iterable[AnswerPart]) -> tuple[str, Rows]:
            """The text up to where it is cut, and what it might have been."""
            return _read_text(parts, digits, until)

        def ask(picture: SentPicture) -> Answer:
            """The answer about one."""
            body = self._body(picture, labels=digits, max_tokens=max_tokens)
            text, rows = self._chat.follow(body, read) if alone else read([self._chat.ask(body)])
            ten = self._zero_after_one(picture, digits[:1]) if rows[0][1] > LEAST_ONE else 0.0
            return Answer(text=text, digits=rows, ten=ten)

        return self._ask_all(encoded, ask)

    def yes_no_logits(self, encoded: Sequence[SentPicture]) -> list[YesNoLogits]:
        """The logits of yes and no as the answer about each picture; raises as `generate`."""
        labels = [self._chat.label_token(label) for label in ("yes", "no")]

        def ask(picture: SentPicture) -> YesNoLogits:
            """Those about one."""
            answer = self._chat.ask(self._body(picture, labels=labels, max_tokens=1))
            ln_yes, ln_no = _first_shares(answer, labels)
            return YesNoLogits(text=answer.text, ln_yes=ln_yes, ln_no=ln_no)

        return self._ask_all(encoded, ask)

    def _ask_all(self, encoded: Sequence[SentPicture], ask: Callable[[SentPicture], Read]) -> list[Read]:
        """What comes of each, asked together; raises the first refusal only once all are answered."""

        def read(picture: SentPicture) -> None:
            """Notes what comes of one."""
            if picture not in self._read:
                try:
                    self._read[picture] = ask(picture)
                except PhotoRefused as refused:
                    self._read[picture] = refused

        list(self._chat.threads.map(read, encoded))
        found = [self._read[picture] for picture in encoded]
        for one in found:
            if isinstance(one, PhotoRefused):
                raise one
        return found  # type: ignore[return-value]  # a prompt has one readout

    def _zero_after_one(self, picture: SentPicture, zero: Sequence[int]) -> float:
        """P("0") of an answer that begins with "1"."""
        answer = self._chat.ask(self._body(picture, labels=zero, max_tokens=1, begun="1"))
        (ln_zero,) = _first_shares(answer, zero)
        return math.exp(ln_zero)

    def _fill(self, picture: SentPicture) -> list[dict[str, Any]]:
        """The messages with this picture and the example in their places."""
        sent = (_send(picture) if place == self._place else self._example for place in count())
        return [
            {**message, "content": [next(sent) if part["type"] == "image" else part for part in message["content"]]}
            for message in self._messages
        ]

    def _body(self, picture: SentPicture, *, labels: Sequence[int], max_tokens: int, begun: str = "") -> dict[str, Any]:
        """A request for an answer and the log probabilities of the labels in it; `begun` is how it starts."""
        messages = self._fill(picture)
        if begun:
            messages.append({"role": "assistant", "content": begun})
        return {
            "model": self._chat.name,
            "messages": messages,
            "max_tokens": max_tokens,
            "temperature": 0.0,
            "repetition_penalty": 1.0,  # else the checkpoint's: it would hold back digits that the prompt has
            "logprobs": True,
            "logprob_token_ids": list(labels),
            "return_tokens_as_token_ids": True,
            "continue_final_message": bool(begun),
            "add_generation_prompt": not begun,
        }


def _send(picture: SentPicture) -> dict[str, Any]:
    """The part of a message that a picture is."""
    uri = "data:image/png;base64," + base64.b64encode(picture.content).decode()
    return {"type": "image_url", "image_url": {"url": uri}}


def _part(answer: dict[str, Any]) -> AnswerPart:
    """What the server says, as a whole or in one event of many; nothing where the event is about something else."""
    if not answer["choices"]:  # what was used, where a server is set to tell it unasked
        return AnswerPart("", [])
    choice = answer["choices"][0]
    message = choice.get("message") or choice["delta"]
    return AnswerPart(message.get("content") or "", (choice.get("logprobs") or {}).get("content") or [])


def _read_text(parts: Iterable[AnswerPart], labels: Sequence[int], until: Callable[[str], bool]) -> tuple[str, Rows]:
    """The text up to where `until` is true of it, and the probabilities of the labels at each token."""
    text, whole, rows = "", "", Rows()
    for part in parts:
        content, whole = whole.encode(), whole + part.text
        for token in part.tokens:
            rows += (tuple(map(math.exp, _shares(token, labels))),)
            content += bytes(token.get("bytes") or ())
            longer = whole if token is part.tokens[-1] else content.decode("utf-8", "replace")
            if _HALF_A_CHARACTER not in longer or longer == whole:
                if until(longer):
                    return text, rows
                text = longer
    if not rows:
        raise _lacks_log_probabilities()
    return text, rows


def _first_shares(answer: AnswerPart, labels: Sequence[int]) -> list[float]:
    """ln P of the labels at the first token; raises as `_shares`."""
    if not answer.tokens:
        raise _lacks_log_probabilities()
    return _shares(answer.tokens[0], labels)


def _shares(token: dict[str, Any], labels: Sequence[int]) -> list[float]:
    """ln P of the labels at this token; raises PhotoRefused where one is no number, ModelUnusable where one lacks."""
    found = {one["token"]: one["logprob"] for one in token["top_logprobs"]}
    try:
        shares = [math.nan if (share := found[f"token_id:{label}"]) is None else float(share) for label in labels]
    except KeyError as error:  # no zero: a server that does not know `logprob_token_ids` would make up scores
        raise _lacks_log_probabilities() from error
    if any(map(math.isnan, shares)):
        raise PhotoRefused(RefusalReason.NOT_FINITE)
    return shares


def _lacks_log_probabilities() -> ModelUnusable:
    remedy = "use a server that knows `logprob_token_ids`, vLLM for one"
    return ModelUnusable(ModelProblem.NO_LOG_PROBABILITIES, file="a server", remedy=remedy)
