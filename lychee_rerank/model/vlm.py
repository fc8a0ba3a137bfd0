"""The vision-language model as the scorer sees it: picture sizes, prompts, batch sizes.

Knows torch and transformers; does not know folders, galleries, scores or any door.
"""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from lychee_rerank.model.attempts import attempt
from lychee_rerank.model.kv_cache import EncodedPhoto
from lychee_rerank.model.network import NetworkInput, QwenVL
from lychee_rerank.model.patches import PATCH_PX, TOKEN_PX, quick_budget_px
from lychee_rerank.model.prompt import PrefilledPrompt
from lychee_rerank.photos.decode import Picture
from lychee_rerank.scoring.photo_memory import Keepable
from lychee_rerank.scoring.prompts import PromptTemplate, build_messages
from lychee_rerank.settings import MIN_PIXEL_BUDGET_PX

log = logging.getLogger(__name__)

PATCHES_AT_ONCE = 1024  # a 448x448 photo. More at once gained nothing on two cores
MOST_NEW = 8  # photos just encoded that wait for their answers: about a second on a large model
MOST_AT_ONCE, MOST_ON_CPU = 32, 16  # photos in a batch of answers: more gain nothing, on a CPU they leave its cache
# Peak memory of a batch, in KV caches of its photos: joining the photos, growing by the query and growing by a token
# each hold an old copy and a new one.
PEAK_COPIES = 6


class VisionLanguageModel(QwenVL):
    """A loaded Qwen2.5-VL; one thread at a time may use it, but for `prepare` and `fit_size`."""

    def for_quick_looks(self, visual_tokens: int | None) -> Self:
        """The same network, which sees every photo at so few visual tokens, or at those of `quick_budget_px`."""
        card = replace(self.card, pixel_budget_px=quick_budget_px(self.card.pixel_budget_px, visual_tokens))
        return type(self)(self.network, self.processor, card=card, empty_cache=self._empty_cache)

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which the model sees a photo of this size, both multiples of TOKEN_PX."""
        return self._fit(width_px, height_px, budget=self.card.pixel_budget_px)

    def fit_example(self, width_px: int, height_px: int) -> tuple[int, int]:
        """As `fit_size`, of a query's example."""
        return self._fit(width_px, height_px, budget=self.card.example_budget_px)

    def _fit(self, width_px: int, height_px: int, *, budget: int) -> tuple[int, int]:
        least = min(max(self.processor.image_processor.size["shortest_edge"], MIN_PIXEL_BUDGET_PX), budget)
        height, width = smart_resize(height_px, width_px, factor=TOKEN_PX, min_pixels=least, max_pixels=budget)
        return width, height

    def encode_example(self, picture: Picture) -> EncodedPhoto:
        """The visual features of a picture of `fit_example`; raises PhotoRefused, DeviceLost."""
        return attempt(lambda: self._encode_example(picture), release=self.release_memory)

    @torch.inference_mode()
    def _encode_example(self, picture: Picture) -> EncodedPhoto:
        patches = self.patches(picture)
        (features,) = self.visual_features([patches])
        return EncodedPhoto((features,), patches[1])

    def build_prompt(
        self, template: PromptTemplate, query: str, example: EncodedPhoto | None = None
    ) -> PrefilledPrompt:
        """The template filled with the query and its example, its prefix prefilled; raises PhotoRefused, DeviceLost."""
        tokens = self.prompt_tokens(template, query)
        pictures = [place for place, token in enumerate(tokens) if token == self.processor.image_token_id]
        photo = pictures[template.examples_before_photo]
        return PrefilledPrompt(
            self,
            before=tokens[:photo],
            after=tokens[photo + 1 :],
            photo_first=template.photo_before_query,
            example=example,
        )

    def prompt_tokens(self, template: PromptTemplate, query: str) -> list[int]:
        """The tokens of the whole prompt, one for each picture's place; control tokens in the query stay text."""
        tokens: list[int] = self.processor.tokenizer.apply_chat_template(
            build_messages(template, query),
            chat_template=self.processor.chat_template,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
            sanitize_control_tokens=True,
        )
        return tokens

    def encode_batch_size(self, prepared: NetworkInput) -> int:
        """How many pictures like this one are best encoded together: few where one keeps the machine busy alone."""
        patches = len(prepared[0]) if isinstance(prepared, tuple) else prepared.width * prepared.height // PATCH_PX**2
        return max(1, PATCHES_AT_ONCE // max(1, patches))

    def pack(self, encoded: EncodedPhoto) -> bytes:
        """The encoded photo as a file has it."""
        return encoded.pack()

    def unpack(self, path: Path) -> EncodedPhoto | None:
        """The encoded photo in a file; None where it cannot be read."""
        try:
            return EncodedPhoto.unpack(path)
        except (OSError, SafetensorError, KeyError) as error:
            log.warning("%s cannot be read: %s", path, error)
            return None

    @property
    def most_new(self) -> int:
        """How many photos just encoded are asked about together."""
        return MOST_NEW

    def generate_batch_size(self, encoded: Keepable, example: EncodedPhoto | None = None) -> int:
        """How many photos like this one fit into one batch of answers, each with the example's tokens beside it."""
        if self.network.device.type != "cuda":
            return MOST_ON_CPU
        each_bytes = encoded.size_bytes + (len(example.tensors[0]) * self._token_bytes if example else 0)
        free_bytes, _ = torch.cuda.mem_get_info(self.network.device)
        return max(1, min(MOST_AT_ONCE, free_bytes // (PEAK_COPIES * max(each_bytes, 1))))

    @property
    def _token_bytes(self) -> int:
        """What a token takes in the KV cache."""
        text = self.network.config.text_config
        width = text.hidden_size // text.num_attention_heads * text.num_key_value_heads
        return 2 * int(text.num_hidden_layers * width) * int(self.network.dtype.itemsize)
