"""A prompt that servers answer, over OpenAI's chat protocol as vLLM speaks it; knows no torch, no size of a picture."""

import base64
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from weakref import WeakKeyDictionary

from lychee_rerank.errors import LycheeError, ModelUnusable, PhotoRefused
from lychee_rerank.model.servers import RequestRefused, Servers
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.records import Answer, YesNoLogits

LEAST_ONE = 1e-5  # below that probability of a "1" it does not matter what follows it
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

    def on_host(self) -> Self:
        """The same: it is there already."""
        return self


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
            tokens = self.servers.ask("/tokenize", body)["tokens"]
            if len(tokens) != 1:
                remedy = "use weights of the Qwen2.5-VL family"
                raise ModelUnusable(ModelProblem.SPLIT_LABELS, file=self.name, detail=label, remedy=remedy)
            self._tokens[label] = int(tokens[0])
        return self._tokens[label]


class RemotePrompt:
    """A prompt about any number of pictures; what came of a picture is not asked for again."""

    def __init__(self, chat: Chat, messages: list[dict[str, Any]]) -> None:
        self._asked, self._messages = chat, messages
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
        digits = [self._asked.label_token(str(digit)) for digit in range(10)]
        return self._ask_all(encoded, lambda picture: self._answer(picture, digits, max_tokens, until))

    def yes_no_logits(self, encoded: Sequence[SentPicture]) -> list[YesNoLogits]:
        """The logits of yes and no as the answer about each picture; raises as `generate`."""
        labels = [self._asked.label_token(label) for label in ("yes", "no")]
        return self._ask_all(encoded, lambda picture: self._answer_yes_no(picture, labels))

    def _ask_all(self, encoded: Sequence[SentPicture], ask: Callable[[SentPicture], Read]) -> list[Read]:
        """What comes of each, asked together; raises the first refusal only once all are answered."""

        def read(picture: SentPicture) -> None:
            """Notes what comes of one."""
            if picture not in self._read:
                try:
                    self._read[picture] = ask(picture)
                except PhotoRefused as refused:
                    self._read[picture] = refused

        list(self._asked.threads.map(read, encoded))
        found = [self._read[picture] for picture in encoded]
        for one in found:
            if isinstance(one, PhotoRefused):
                raise one
        return found  # type: ignore[return-value]  # a prompt has one readout

    def _answer(
        self, picture: SentPicture, digits: Sequence[int], max_tokens: int, until: Callable[[str], bool]
    ) -> Answer:
        text, content, rows = "", b"", []
        whole, tokens = self._chat(picture, labels=digits, max_tokens=max_tokens)
        for token in tokens:
            shares = _shares(token, digits)
            rows.append(tuple(map(math.exp, shares)))
            content += bytes(token.get("bytes") or ())
            longer = content.decode("utf-8", "replace")
            if not longer.endswith(_HALF_A_CHARACTER):
                if until(longer):
                    break
                text = longer
        else:  # the bytes of a token may be half a character
            text = text if until(whole) else whole
        ten = 0.0
        if rows[0][1] > LEAST_ONE:
            _, (after_one,) = self._chat(picture, labels=digits[:1], max_tokens=1, begun="1")
            ten = math.exp(_shares(after_one, digits[:1])[0])
        return Answer(text=text, digits=tuple(rows), ten=ten)

    def _answer_yes_no(self, picture: SentPicture, labels: Sequence[int]) -> YesNoLogits:
        text, (token,) = self._chat(picture, labels=labels, max_tokens=1)
        ln_yes, ln_no = _shares(token, labels)
        return YesNoLogits(text=text, ln_yes=ln_yes, ln_no=ln_no)

    def _chat(
        self, picture: SentPicture, *, labels: Sequence[int], max_tokens: int, begun: str = ""
    ) -> tuple[str, list[dict[str, Any]]]:
        """An answer, and its tokens with the log probabilities of the labels; `begun` is how it starts."""
        uri = "data:image/png;base64," + base64.b64encode(picture.content).decode()
        messages = [
            {**message, "content": [_fill(part, uri) for part in message["content"]]} for message in self._messages
        ]
        if begun:
            messages.append({"role": "assistant", "content": begun})
        body = {
            "model": self._asked.name,
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
            answer = self._asked.servers.ask("/v1/chat/completions", body)
        except RequestRefused as error:
            raise PhotoRefused(RefusalReason.BROKEN) from error
        choice = answer["choices"][0]
        tokens = (choice.get("logprobs") or {}).get("content")
        if not tokens:
            raise LycheeError("a server answered without log probabilities")
        return choice["message"]["content"], tokens


def _fill(part: dict[str, Any], uri: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": uri}} if part["type"] == "image" else part


def _shares(token: dict[str, Any], labels: Sequence[int]) -> list[float]:
    """ln P of the labels at this token; raises PhotoRefused where they are no numbers, LycheeError where one lacks."""
    found = {one["token"]: float(one["logprob"]) for one in token["top_logprobs"]}
    try:
        shares = [found[f"token_id:{label}"] for label in labels]
    except KeyError as error:  # no zero: a server that does not know `logprob_token_ids` would make up scores
        raise LycheeError("a server leaves out log probabilities that it is asked for") from error
    if any(map(math.isnan, shares)):
        raise PhotoRefused(RefusalReason.NOT_FINITE)
    return shares
