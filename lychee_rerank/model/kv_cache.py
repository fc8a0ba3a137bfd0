"""KV caches of encoded photos, and how a ragged batch of them is padded on the left; knows no prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file, save
from transformers import DynamicCache

_GRID = "grid"

Layers = Sequence[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, slots=True)
class EncodedPhoto:
    """All that later passes need of a photo, for every query of the same prompt template.

    `tensors`: where the photo stands before the query, the attention keys and values [1, heads, visual tokens, width]
    of its tokens, layer by layer; elsewhere its visual features [visual tokens, hidden], alone. `grid` [1, 3]: its
    time, rows and columns, in patches.
    """

    tensors: tuple[torch.Tensor, ...]
    grid: torch.Tensor

    @property
    def size_bytes(self) -> int:
        """The size of its tensors."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self.tensors)

    def on_host(self) -> Self:
        """A copy in host memory, pinned where it comes from a GPU, so that it is quickly there again."""
        return type(self)(tuple(_host_copy(one) for one in self.tensors), self.grid)

    def pack(self) -> bytes:
        """The tensors and the grid in the safetensors format."""
        numbered = {str(number): tensor.contiguous() for number, tensor in enumerate(self.tensors)}
        return save(numbered | {_GRID: self.grid})

    @classmethod
    def unpack(cls, path: Path) -> Self:
        """What `pack` gave, in host memory; raises OSError, SafetensorError, KeyError."""
        tensors = load_file(path)
        grid = tensors.pop(_GRID)
        return cls(tuple(tensors[str(number)] for number in range(len(tensors))), grid)

    @property
    def layers(self) -> Layers:
        """Keys and values, layer by layer."""
        return tuple(zip(self.tensors[::2], self.tensors[1::2], strict=True))


def _host_copy(tensor: torch.Tensor) -> torch.Tensor:
    try:
        host = torch.empty_like(tensor, device="cpu", pin_memory=tensor.is_cuda)
    except RuntimeError:  # the machine pins no more: the way back is slower, nothing is lost
        host = torch.empty_like(tensor, device="cpu")
    return host.copy_(tensor)


def layers_of(cache: DynamicCache) -> Layers:
    """Keys and values [B, heads, tokens, width], layer by layer."""
    return tuple((layer.keys, layer.values) for layer in cache.layers)


def build_cache(layers: Layers, config: Any) -> DynamicCache:
    """A cache that goes on from these and leaves them as they are: updates make new tensors."""
    cache = DynamicCache(config=config)
    for layer, (keys, values) in zip(cache.layers, layers, strict=True):
        layer.keys, layer.values = keys, values
        layer.dtype, layer.device, layer.is_initialized = keys.dtype, keys.device, True
    return cache


def join_layers(prefix: Layers, encoded: Sequence[EncodedPhoto]) -> Layers:
    """Keys and values [B, heads, longest, width] of the prefix and each photo behind it, padded on the left."""

    def join(layer: int, half: int) -> torch.Tensor:
        head = prefix[layer][half][0]
        return join_left([(head, one.layers[layer][half][0]) for one in encoded])

    return tuple((join(layer, 0), join(layer, 1)) for layer in range(len(prefix)))


def join_left(rows: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """One batch [B, ..., longest, width] of rows that are two pieces [..., L, width] each, with zeros to their left."""
    longest = max(first.shape[-2] + second.shape[-2] for first, second in rows)
    like = rows[0][0]
    batch = like.new_zeros((len(rows), *like.shape[:-2], longest, like.shape[-1]))
    for row, (first, second) in zip(batch, rows, strict=True):
        middle = longest - second.shape[-2]
        row[..., middle:, :] = second
        row[..., middle - first.shape[-2] : middle, :] = first
    return batch
