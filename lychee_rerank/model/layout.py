"""A stretch of the prompt as the network is given it, with the example's visual features where its marks stand.

Positions are relative to the start of the stretch, so that one is laid out once for all photos. Knows no photo that is
scored, and no cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch

from lychee_rerank.model.kv_cache import EncodedPhoto
from lychee_rerank.model.network import QwenVL
from lychee_rerank.model.positions import photo_positions, text_positions


@dataclass(frozen=True, slots=True)
class Stretch:
    """Embeddings [1, L, hidden] and positions [3, 1, L] from 0; behind it the prompt goes on at position `end`."""

    embeddings: torch.Tensor
    positions: torch.Tensor
    end: int

    @property
    def tokens(self) -> int:
        """How many tokens it has, L: an example has more of them than positions."""
        return self.embeddings.shape[1]


def lay_out(model: QwenVL, tokens: Sequence[int], example: EncodedPhoto | None) -> Stretch:
    """The tokens as a stretch, in which each image token stands for the whole example; ValueError without one."""
    embeddings, positions, end = [], [], 0
    for is_example, run in _split(tokens, model.processor.image_token_id):
        if not is_example:
            embeddings.append(model.embed([run]))
            positions.append(text_positions(end, len(run)))
            end += len(run)
        elif example is None:
            raise ValueError("this prompt has a place for an example, and there is none")
        else:
            features = example.tensors[0]
            placed, end = photo_positions(example.grid, start=end)
            embeddings.append(features[None].to(model.network.device))
            positions.append(placed)
    return Stretch(torch.cat(embeddings, dim=1), torch.cat(positions, dim=2), end)


def _split(tokens: Sequence[int], image_token: int) -> Iterator[tuple[bool, list[int]]]:
    """The tokens in runs of text and single image tokens, told by True."""
    for is_image, run in groupby(tokens, key=lambda token: token == image_token):
        if is_image:
            yield from ((True, [token]) for token in run)
        else:
            yield False, list(run)
