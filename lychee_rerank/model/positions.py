"""Qwen2.5-VL's rotary position ids in three axes; knows no network.

They are always passed explicitly: the network's own `rope_deltas` is state that a cached prefix makes wrong.
Source: Qwen2.5-VL, https://arxiv.org/abs/2502.13923, section 2.1.3.
"""

from functools import lru_cache

import torch

from lychee_rerank.model.patches import MERGE


def text_positions(start: int, tokens: int) -> torch.Tensor:
    """Positions [3, 1, tokens] of a text at `start`."""
    return torch.arange(start, start + tokens).expand(3, 1, -1)


def photo_positions(grid: torch.Tensor, *, start: int) -> tuple[torch.Tensor, int]:
    """Positions [3, 1, visual tokens] of a photo at `start`, and the position at which the text behind it goes on.

    Over the visual tokens t = start, h = start + row, w = start + column; the text goes on at start + the longer side.
    `grid` [1, 3] is (time, rows, columns) in patches.
    """
    _, rows, columns = grid[0].tolist()
    return _token_positions(rows // MERGE, columns // MERGE, start)


@lru_cache(maxsize=64)
def _token_positions(rows: int, columns: int, start: int) -> tuple[torch.Tensor, int]:
    h, w = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    photo = torch.stack([torch.zeros_like(h), h, w]).reshape(3, 1, -1) + start
    return photo, start + max(rows, columns)
