"""The tool that writes a checkpoint of the 7B's shapes, at sizes that a test can hold."""

import json
from pathlib import Path

import torch
from transformers import Qwen2_5_VLForConditionalGeneration

from lychee_rerank.model.checkpoint import check_folder, count_parameters
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice
from tools.full_size_checkpoint import ROPE, TEXT, VISION, build_config, write_checkpoint

SMALL_VISION = {
    "depth": 3,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_heads": 4,
    "out_hidden_size": 96,
    "fullatt_block_indexes": [2],
}
SMALL_TEXT = {
    "num_hidden_layers": 3,
    "hidden_size": 96,
    "intermediate_size": 128,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "layer_types": ["full_attention"] * 3,
}


def test_the_shapes_of_the_7b_have_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        network = Qwen2_5_VLForConditionalGeneration(build_config(VISION, TEXT, ROPE))
    assert sum(parameter.numel() for parameter in network.parameters()) == 8_292_166_656


def test_what_is_written_is_a_whole_folder_in_shards_that_loads_in_bf16(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    config = build_config(SMALL_VISION, SMALL_TEXT, {"mrope_section": [2, 3, 3]})
    parameters = write_checkpoint(folder, config, shards=3)
    check_folder(folder)
    assert count_parameters(folder) == parameters
    weight_map = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    assert len(set(weight_map.values())) == 3
    assert {name.split(".")[0] for name in weight_map} == {"visual", "model", "lm_head"}
    choice = ModelChoice(folder, "random", demo=False, reason=ChoiceReason.REQUESTED)
    model = load_model(choice, dtype="bfloat16", pixel_budget_px=None, empty_cache=EmptyCache.NEVER)
    assert (model.card.parameters, model.card.dtype) == (parameters, "bfloat16")
    assert model.fit_size(1024, 768) == (1036, 756)
