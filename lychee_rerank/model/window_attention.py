"""Vision layers: position ids and windows cached per photo shape, and one attention call for all windows of a size.

transformers makes one call per window, and a 1024x768 photo has 1,960 windows in the 7B model's layers: as many
launches on a GPU. The numbers stay the same, bit by bit. Source: Qwen2_5_VLVisionAttention of transformers 5.23, whose
queries, keys and values these are.
"""

from collections import OrderedDict, deque
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VLVisionAttention,
    apply_rotary_pos_emb_vision,
)
from transformers.vision_utils import get_vision_cu_seqlens, get_vision_position_ids, get_vision_window_index

MOST_LAYOUTS = 32  # a gallery has few shapes; one of eight small photos takes about 0.1 MB

Layout = dict[str, torch.Tensor]


class Layouts:
    """Position ids and windows of photos encoded together, as the vision layers take them; the last few are cached."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._kept: OrderedDict[tuple[tuple[int, ...], ...], Layout] = OrderedDict()

    def of(self, grids: torch.Tensor) -> Layout:
        """For photos of these grids [B, 3], on their device: positions, windows and the ends of both."""
        shapes = tuple(tuple(grid) for grid in grids.tolist())
        if shapes not in self._kept:
            self._kept[shapes] = self._lay_out(grids)
        self._kept.move_to_end(shapes)
        if len(self._kept) > MOST_LAYOUTS:
            self._kept.popitem(last=False)
        return self._kept[shapes]

    def _lay_out(self, grids: torch.Tensor) -> Layout:
        merge, window_px, patch_px = (
            getattr(self._config, name) for name in ("spatial_merge_size", "window_size", "patch_size")
        )
        window_index, window_ends = get_vision_window_index(grids, merge, window_px, patch_px)
        return {
            "position_ids": get_vision_position_ids(grids, merge),
            "cu_seqlens": get_vision_cu_seqlens(grids),
            "window_index": window_index,
            "cu_window_seqlens": window_ends,
        }


class _Places:
    """The places [windows, tokens] of the windows of each size, found once per photo: its layers share two sets."""

    def __init__(self) -> None:
        self._found: deque[tuple[torch.Tensor, list[torch.Tensor]]] = deque(maxlen=2)

    def of(self, ends: torch.Tensor) -> list[torch.Tensor]:
        """Those of windows with these ends; a photo is known by the identity of that tensor."""
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
