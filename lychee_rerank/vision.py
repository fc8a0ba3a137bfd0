"""Vision attention with one call for all windows of a size, where transformers makes one call per window.

A 1024x768 photo has 1,960 windows in the 7B model's layers: as many launches on a GPU. The numbers stay the same, bit
by bit. Source: Qwen2_5_VLVisionAttention of transformers 5.23, whose queries, keys and values these are.
"""

from collections import deque
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VLVisionAttention,
    apply_rotary_pos_emb_vision,
)


class _Places:
    """The places [windows, tokens] of the windows of each size, found once per photo: its layers share two sets."""

    def __init__(self) -> None:
        self._found: deque[tuple[torch.Tensor, list[torch.Tensor]]] = deque(maxlen=2)

    def of(self, ends: torch.Tensor) -> list[torch.Tensor]:
        """Those of windows with these ends; the tensor itself tells one photo from the next."""
        for known, places in self._found:
            if known is ends:
                return places
        starts: dict[int, list[int]] = {}
        for start, end in pairwise(ends.tolist()):
            starts.setdefault(end - start, []).append(start)
        columns = ((torch.tensor(first), torch.arange(size)) for size, first in starts.items() if size)
        places = [(first[:, None] + within).to(ends.device) for first, within in columns]
        self._found.append((ends, places))
        return places


class SharedWindowAttention(Qwen2_5_VLVisionAttention):  # type: ignore[misc]
    """The same attention with fewer calls; SDPA only."""

    places: _Places

    def forward(
        self,
        hidden_states: torch.Tensor,
        cu_seqlens: torch.Tensor,
        position_embeddings: tuple[torch.Tensor, torch.Tensor],
        **_: object,
    ) -> torch.Tensor:
        """Attends within each window; `hidden_states` [tokens, hidden], `cu_seqlens` [windows + 1] their ends."""
        tokens = hidden_states.shape[0]
        queries, keys, values = self.qkv(hidden_states).reshape(tokens, 3, self.num_heads, -1).unbind(1)
        queries, keys = apply_rotary_pos_emb_vision(queries, keys, *position_embeddings)
        attended = torch.empty_like(queries)
        for places in self.places.of(cu_seqlens):
            q, k, v = (
                part[places].transpose(1, 2) for part in (queries, keys, values)
            )  # [windows, heads, tokens, width]
            attended[places] = scaled_dot_product_attention(q, k, v, scale=self.scaling).transpose(1, 2)
        projected: torch.Tensor = self.proj(attended.reshape(tokens, -1))
        return projected


def share_window_calls(network: Any) -> None:
    """Has the network's vision layers attend to all windows of a size at once."""
    places = _Places()
    for block in network.model.visual.blocks:
        block.attn.__class__ = SharedWindowAttention
        block.attn.places = places
