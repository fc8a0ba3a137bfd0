"""Qwen2.5-VL's forward passes: visual features of pictures, logits of tokens at explicit positions.

Knows torch and transformers; does not know prompts, folders, galleries, scores or any door.
"""

from collections.abc import Sequence
from typing import Any

import torch
from qwen_vl_utils import process_vision_info
from transformers import DynamicCache

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model.last_layer import only_last_rows
from lychee_rerank.model.window_attention import Layouts
from lychee_rerank.model_card import EmptyCache, ModelCard
from lychee_rerank.photos.decode import Picture
from lychee_rerank.problems import ModelProblem

PRESSURE = 0.1  # share of the GPU's memory below which EmptyCache.PRESSURE gives memory back

Network = Any  # transformers' model classes carry no usable types
Processor = Any
Patches = tuple[torch.Tensor, torch.Tensor]  # [patches, 1176], float32; their grid [1, 3]: time, rows, columns
NetworkInput = Patches | Picture


class QwenVL:
    """A loaded Qwen2.5-VL; one thread at a time may use it, but for `prepare`."""

    def __init__(self, network: Network, processor: Processor, *, card: ModelCard, empty_cache: EmptyCache) -> None:
        self.card = card
        self.network = network
        self.processor = processor
        self._empty_cache = empty_cache
        self._layouts = Layouts(network.config.vision_config)

    def label_token(self, text: str) -> int:
        """The one token that a label is; raises ModelUnusable where the vocabulary splits it."""
        tokens: list[int] = self.processor.tokenizer.encode(text, add_special_tokens=False)
        if len(tokens) != 1:
            detail, remedy = f"{text!r} is {len(tokens)} tokens", "choose another readout or another model"
            raise ModelUnusable(ModelProblem.SPLIT_LABELS, file=str(self.card.folder), detail=detail, remedy=remedy)
        return tokens[0]

    def prepare(self, picture: Picture) -> NetworkInput:
        """What can be done for a picture of `fit_size` beside the network's work; any thread may ask for it.

        Nothing where the network runs on a CPU: torch in two threads at once gets in its own way, at 5 ms a photo.
        """
        return picture if self.network.device.type == "cpu" else prepare_picture(self.processor, picture)

    def patches(self, prepared: NetworkInput) -> Patches:
        """What the network is given for a picture."""
        return prepared if isinstance(prepared, tuple) else prepare_picture(self.processor, prepared)

    def visual_features(self, patches: Sequence[Patches]) -> list[torch.Tensor]:
        """Visual features [visual tokens, hidden] of each picture; a batch changes none of them."""
        device, dtype = self.network.device, self.network.dtype
        pixels, grids = (torch.cat(parts) for parts in zip(*patches, strict=True))
        pixels, grids = pixels.to(device, dtype), grids.to(device)
        encoded = self.network.model.get_image_features(pixels, grids, return_dict=True, **self._layouts.of(grids))
        return [features.to(device, dtype) for features in encoded.pooler_output]

    def embed(self, tokens: Sequence[Sequence[int]]) -> torch.Tensor:
        """Embeddings [B, tokens, hidden]."""
        embeddings: torch.Tensor = self.network.get_input_embeddings()(torch.tensor(tokens, device=self.network.device))
        return embeddings

    def forward(
        self,
        embeddings: torch.Tensor,
        positions: torch.Tensor,
        cache: DynamicCache,
        *,
        rows: int,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Logits [B, rows, vocabulary] at the end of `embeddings` [B, L, hidden] at `positions` [3, B, L]; grows cache.

        `mask` [B, cached + L] is 0 where there is padding.
        """
        with only_last_rows(self.network, rows=rows):
            hidden = self.network.model.language_model(
                inputs_embeds=embeddings,
                position_ids=positions.to(embeddings.device),
                attention_mask=mask,
                past_key_values=cache,
                use_cache=True,
            ).last_hidden_state
        logits: torch.Tensor = self.network.lm_head(hidden[:, hidden.shape[1] - rows :])
        return logits

    def release_memory(self) -> None:
        """Gives memory that no tensor uses back to the GPU, as `empty_cache` asks."""
        if self.network.device.type != "cuda" or self._empty_cache is EmptyCache.NEVER:
            return
        free, total = torch.cuda.mem_get_info(self.network.device)
        if self._empty_cache is EmptyCache.PHOTO or free < PRESSURE * total:
            torch.cuda.empty_cache()


def prepare_picture(processor: Processor, picture: Picture) -> Patches:
    """Patches and grid of a picture of `fit_size`."""
    content = {"type": "image", "image": picture, "resized_width": picture.width, "resized_height": picture.height}
    pictures, _ = process_vision_info([{"role": "user", "content": [content]}])
    prepared = processor.image_processor(pictures, do_resize=False, return_tensors="pt")
    return prepared["pixel_values"], prepared["image_grid_thw"]
