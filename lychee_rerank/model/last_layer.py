"""The last layer's MLP for the rows alone whose logits are asked for: nothing reads the others behind it.

A photo that is only looked at needs none of them, a query its last one or two. With few layers that is much: an
eighth of a query on the bundled model, a fortieth on the 7B one. The rows that count stay what they were.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2MLP


class LastRowsMLP(Qwen2MLP):  # type: ignore[misc]
    """The same MLP over the last `rows` rows, zeros before them; over all where that is None."""

    rows: int | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[B, L, hidden] -> [B, L, hidden]."""
        if self.rows is None or self.rows >= x.shape[1]:
            return super().forward(x)  # type: ignore[no-any-return]
        behind, start = torch.zeros_like(x), x.shape[1] - self.rows
        if self.rows:
            behind[:, start:] = super().forward(x[:, start:])
        return behind


def skip_unread_rows(network: Any) -> None:
    """Lets the network's last layer be told which rows are read behind it."""
    network.model.language_model.layers[-1].mlp.__class__ = LastRowsMLP


@contextmanager
def reading(network: Any, *, rows: int) -> Iterator[None]:
    """While this lasts, only the last `rows` rows of what comes out of the network's layers mean anything."""
    mlp = network.model.language_model.layers[-1].mlp
    mlp.rows = rows
    try:
        yield
    finally:
        mlp.rows = None
