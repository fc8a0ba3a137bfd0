"""A model on other machines as the scorer sees it: picture sizes, prompts, batch sizes; knows no torch and no gallery.

Prompts, pictures and readouts are those of a model on this machine: what a server is sent is prepared already.
"""

import math
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Self

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model.patches import TOKEN_PX, quick_budget_px
from lychee_rerank.model.remote_prompt import Chat, RemotePrompt, SentPicture
from lychee_rerank.model.servers import RequestRefused, Servers
from lychee_rerank.model_card import EXAMPLE_BUDGET_PX, REMOTE, ModelCard
from lychee_rerank.photos.decode import Picture
from lychee_rerank.problems import ModelProblem
from lychee_rerank.scoring.photo_memory import Keepable
from lychee_rerank.scoring.prompts import PromptTemplate, build_messages
from lychee_rerank.settings import MIN_PIXEL_BUDGET_PX
from lychee_rerank.text import first_line

PIXEL_BUDGET_PX = 1280 * TOKEN_PX**2  # of Qwen2.5-VL where nothing else is set
MOST_RATIO = 200  # of the sides, which the model's own processor takes
WAITING = 2  # photos for each request that is under way


class RemoteModel:
    """A Qwen2.5-VL behind servers; `prepare` and `fit_size` are safe to use from any thread."""

    def __init__(self, chat: Chat, card: ModelCard) -> None:
        self.card, self._chat = card, chat

    def for_quick_looks(self, visual_tokens: int | None) -> Self:
        """The same servers, which see every photo at so few visual tokens, or at those of `quick_budget_px`."""
        card = replace(self.card, pixel_budget_px=quick_budget_px(self.card.pixel_budget_px, visual_tokens))
        return type(self)(self._chat, card)

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels of a photo, multiples of TOKEN_PX."""
        return _fit(width_px, height_px, budget=self.card.pixel_budget_px)

    def fit_example(self, width_px: int, height_px: int) -> tuple[int, int]:
        """As `fit_size`, of a query's example."""
        return _fit(width_px, height_px, budget=self.card.example_budget_px)

    def prepare(self, picture: Picture) -> SentPicture:
        """The picture as PNG, which loses nothing."""
        out = BytesIO()
        picture.save(out, "PNG", compress_level=1)
        return SentPicture(out.getvalue())

    def encode_example(self, picture: Picture) -> SentPicture:
        """As `prepare`: it goes with every photo."""
        return self.prepare(picture)

    def build_prompt(self, template: PromptTemplate, query: str, example: SentPicture | None = None) -> RemotePrompt:
        """The template filled with the query and its example."""
        messages = build_messages(template, _break_control_tokens(query))
        return RemotePrompt(self._chat, messages, example=example, place=template.examples_before_photo)

    def encode_batch_size(self, prepared: SentPicture) -> int:
        """As many as are asked about together: nothing is encoded here."""
        return self.most_new

    def generate_batch_size(self, encoded: Keepable, example: SentPicture | None = None) -> int:
        """The same for photos that are remembered."""
        return self.most_new

    @property
    def most_new(self) -> int:
        """How many photos are asked about together: some wait, so that no server does while others are answered."""
        return WAITING * self._chat.servers.at_once

    def pack(self, encoded: SentPicture) -> bytes:
        """The picture's file."""
        return encoded.content

    def unpack(self, path: Path) -> SentPicture | None:
        """The picture in a file; None where it cannot be read."""
        try:
            return SentPicture(path.read_bytes())
        except OSError:
            return None


def load_remote(
    servers: Servers, *, model: str | None, revision: str = "", pixel_budget_px: int | None = None
) -> RemoteModel:
    """The servers' model, or the one of that name; `revision` keeps its scores apart from those of other weights.

    Raises ServersLost, ModelUnusable.
    """
    try:
        names = [str(one["id"]) for one in servers.ask("/v1/models")["data"]]
    except (RequestRefused, KeyError, TypeError) as error:
        remedy, where = "name servers that speak OpenAI's protocol with LYCHEE_SERVERS", " ".join(servers.addresses)
        raise ModelUnusable(ModelProblem.NOT_SERVED, file=where, detail=first_line(error), remedy=remedy) from error
    name = model or next(iter(names), "")
    if name not in names:
        remedy = "see LYCHEE_SERVER_MODEL"
        raise ModelUnusable(ModelProblem.NOT_SERVED, file=name, detail=", ".join(names), remedy=remedy)
    budget_px = pixel_budget_px or PIXEL_BUDGET_PX
    card = ModelCard(
        name=name,
        folder=Path(name),
        parameters=0,
        dtype=REMOTE,
        device=REMOTE,
        attention=REMOTE,
        off_gpu_layers=0,
        pixel_budget_px=budget_px,
        example_budget_px=min(budget_px, EXAMPLE_BUDGET_PX),
        demo=False,
        fingerprint=f"{REMOTE} {name} {revision}",
    )
    return RemoteModel(Chat(servers, name), card)


def _fit(width_px: int, height_px: int, *, budget: int) -> tuple[int, int]:
    """The (width, height) in pixels within the budget: transformers' smart_resize, which needs torch there."""
    if max(width_px, height_px) > MOST_RATIO * min(width_px, height_px):
        raise ValueError(f"{width_px}x{height_px}: one side is more than {MOST_RATIO} times the other")
    sides = [round(side / TOKEN_PX) * TOKEN_PX for side in (width_px, height_px)]
    if math.prod(sides) > budget:
        scale = math.sqrt(width_px * height_px / budget)
        sides = [max(TOKEN_PX, math.floor(side / scale / TOKEN_PX) * TOKEN_PX) for side in (width_px, height_px)]
    elif math.prod(sides) < (least := min(MIN_PIXEL_BUDGET_PX, budget)):
        scale = math.sqrt(least / (width_px * height_px))
        sides = [math.ceil(side * scale / TOKEN_PX) * TOKEN_PX for side in (width_px, height_px)]
    return sides[0], sides[1]


def _break_control_tokens(query: str) -> str:
    """The query without what a server would take for the end of a turn, or for another picture."""
    return query.replace("<|", "< |")
