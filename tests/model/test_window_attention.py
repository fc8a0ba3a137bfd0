"""Windows that share a call: the same features, bit by bit, with fewer calls."""

from typing import Any

import pytest
import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from lychee_rerank.model import window_attention
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.window_attention import MOST_LAYOUTS, Layouts, share_window_calls


@pytest.fixture(scope="module")
def network() -> Any:
    """A random network whose layers attend within windows, but for one."""
    config: Any = Qwen2_5_VLConfig.from_pretrained(DEMO_FOLDER)
    config.vision_config.fullatt_block_indexes = [3]
    torch.manual_seed(0)
    return Qwen2_5_VLForConditionalGeneration(config).eval()


def visual_features(network: Any, rows: int, columns: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(rows * columns)
    pixels = torch.randn(rows * columns, 1176, generator=generator)
    with torch.inference_mode():
        encoded = network.model.get_image_features(pixels, torch.tensor([[1, rows, columns]]), return_dict=True)
        return torch.cat(encoded.pooler_output)


@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (54, 72), (10, 14), (2, 2), (2, 200), (38, 52)])
def test_the_features_are_the_same_bit_by_bit_with_a_call_per_size_of_window(
    network: Any, rows: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = visual_features(network, rows, columns)
    classes = [block.attn.__class__ for block in network.model.visual.blocks]
    calls, attend = [], torch.nn.functional.scaled_dot_product_attention

    def count(*arguments: Any, **options: Any) -> torch.Tensor:
        calls.append(arguments[0].shape)
        return attend(*arguments, **options)

    monkeypatch.setattr("lychee_rerank.model.window_attention.scaled_dot_product_attention", count)
    share_window_calls(network)
    shared = visual_features(network, rows, columns)
    for block, own in zip(network.model.visual.blocks, classes, strict=True):
        block.attn.__class__ = own
    assert torch.equal(shared, plain)
    assert len(calls) <= len(classes) * 4  # whole windows, those at the right, at the bottom, in the corner
    assert sum(shape[0] * shape[2] for shape in calls) == len(classes) * rows * columns


def test_where_patches_stand_is_found_once_per_shape_and_changes_no_feature(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, layouts = [], Layouts(network.config.vision_config)
    find = window_attention.get_vision_window_index
    monkeypatch.setattr(window_attention, "get_vision_window_index", lambda *given: found.append(1) or find(*given))
    pixels = torch.randn(2 * 10 * 14 + 6 * 4, 1176, generator=torch.Generator().manual_seed(0))
    grids = torch.tensor([[1, 10, 14], [1, 6, 4], [1, 10, 14]])
    with torch.inference_mode():
        for _ in range(2):
            reused = network.model.get_image_features(pixels, grids, return_dict=True, **layouts.of(grids.clone()))
        plain = network.model.get_image_features(pixels, grids, return_dict=True)
    assert torch.equal(torch.cat(reused.pooler_output), torch.cat(plain.pooler_output))
    assert len(found) == 1
    for rows in range(2, 2 * MOST_LAYOUTS + 4, 2):
        layouts.of(torch.tensor([[1, rows, 2]]))
    layouts.of(grids)
    assert len(found) == MOST_LAYOUTS + 3  # the longest unused one is found anew
