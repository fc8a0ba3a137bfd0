"""The rows that are read are the same, bit by bit or nearly; the others are not computed."""

from typing import Any

import pytest
import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.last_layer import only_last_rows, skip_unread_rows


@pytest.fixture
def network() -> Any:
    torch.manual_seed(0)
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig.from_pretrained(DEMO_FOLDER)).eval()


@pytest.mark.parametrize("rows", [0, 1, 2, 9, 20])
def test_the_rows_that_are_read_are_those_of_the_plain_network(
    network: Any, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    embeddings = torch.randn(3, 9, network.config.text_config.hidden_size, generator=torch.Generator().manual_seed(0))
    computed: list[int] = []
    last = network.model.language_model.layers[-1].mlp
    project = last.down_proj.forward
    monkeypatch.setattr(last.down_proj, "forward", lambda x: computed.append(x.shape[1]) or project(x))

    def forward() -> torch.Tensor:
        with torch.inference_mode():
            return network.model.language_model(inputs_embeds=embeddings).last_hidden_state  # type: ignore[no-any-return]

    plain = forward()
    skip_unread_rows(network)
    assert torch.equal(forward(), plain)  # nobody has named the rows that are read
    computed.clear()
    with only_last_rows(network, rows=rows):
        few = forward()
    start = max(0, 9 - rows)
    assert torch.allclose(few[:, start:], plain[:, start:], atol=1e-5)
    assert sum(computed) == min(rows, 9)
    assert torch.equal(forward(), plain)


def test_what_fails_half_way_leaves_the_network_whole(network: Any) -> None:
    skip_unread_rows(network)
    with pytest.raises(ZeroDivisionError), only_last_rows(network, rows=1):
        _ = 1 / 0
    assert network.model.language_model.layers[-1].mlp.rows is None
