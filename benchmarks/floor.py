"""The least time that a photo can take on this machine: what the layers must multiply, at the speed it multiplies."""

from statistics import median
from typing import Any

import torch

from benchmarks.contest import time_of
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.scoring.prompts import NUMBER

SIDE, TRIES = 4096, 5


def least_seconds(model: VisionLanguageModel, size: tuple[int, int]) -> float:
    """For a photo of this (width, height) in pixels and a short query, attention left out."""
    width, height = model.fit_size(*size)
    patches = width * height // 14**2
    tokens = patches // 4 + len(model.prompt_tokens(NUMBER, "a sofa and a cup of coffee")) - 1
    visual, text = model.network.model.visual, model.network.model.language_model
    operations = 2 * (patches * _weights(visual.blocks) + tokens * _weights(text.layers))
    return operations / speed(model.network)


def speed(network: Any) -> float:
    """Operations per second of one large product of matrices, in the network's own number format."""
    side = SIDE if network.device.type == "cuda" else SIDE // 4
    square = torch.randn(side, side, dtype=network.dtype, device=network.device)

    def multiply() -> None:
        (square @ square)[0, 0].item()  # waits for the GPU

    multiply()
    return 2 * side**3 / median(time_of(multiply) for _ in range(TRIES))


def _weights(layers: Any) -> int:
    return sum(parameter.numel() for parameter in layers.parameters() if parameter.ndim == 2)
