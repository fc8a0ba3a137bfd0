"""Writes a checkpoint with the exact shapes of the 7B and random weights: what a GPU is measured with, without the hub.

    python tools/full_size_checkpoint.py FOLDER      8.29 B parameters in BF16, 16.6 GB, four shards, a few minutes

Layout and key names are those of the published folder, the tokenizer is the demo model's, the pixel limits are the
real ones. It never says a number of its own: answers are forced, as the benchmarks do.
"""

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.patches import TOKEN_PX

# https://huggingface.co/Qwen/Qwen2.5-VL-7B-Instruct/blob/main/config.json
VISION: Mapping[str, object] = {
    "depth": 32,
    "hidden_size": 1280,
    "intermediate_size": 3420,
    "num_heads": 16,
    "out_hidden_size": 3584,
    "fullatt_block_indexes": [7, 15, 23, 31],
}
TEXT: Mapping[str, object] = {
    "num_hidden_layers": 28,
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
    "max_position_embeddings": 128_000,
    "layer_types": ["full_attention"] * 28,
}
ROPE = {"mrope_section": [16, 24, 24], "rope_theta": 1_000_000.0}
PIXELS = {"shortest_edge": 4 * TOKEN_PX**2, "longest_edge": 16384 * TOKEN_PX**2}  # of the published folder
SHARDS = 4
NOISE = 0.02  # standard deviation, as Qwen initialises


def build_config(vision: Mapping[str, object], text: Mapping[str, object], rope: Mapping[str, object]) -> Any:
    """The demo model's configuration with other sizes."""
    config: Any = Qwen2_5_VLConfig.from_pretrained(DEMO_FOLDER)
    for name, value in vision.items():
        setattr(config.vision_config, name, value)
    for name, value in text.items():
        setattr(config.text_config, name, value)
    config.text_config.rope_parameters.update(rope)
    config.tie_word_embeddings = False
    return config


def write_checkpoint(folder: Path, config: Any, *, shards: int = SHARDS) -> int:
    """Writes the folder shard by shard, with no more than one of them in memory; its number of parameters."""
    ignored = shutil.ignore_patterns("*.safetensors", "README.md", "vocabulary.json")
    shutil.copytree(DEMO_FOLDER, folder, ignore=ignored)
    config.save_pretrained(folder)
    processor = json.loads((folder / "processor_config.json").read_text(encoding="utf-8"))
    processor["image_processor"]["size"] = PIXELS
    (folder / "processor_config.json").write_text(json.dumps(processor, indent=2), encoding="utf-8")
    with torch.device("meta"):
        shapes = {
            _published(name): one.shape for name, one in Qwen2_5_VLForConditionalGeneration(config).state_dict().items()
        }
    total = sum(shape.numel() for shape in shapes.values())
    places = {}
    torch.manual_seed(0)
    for number, names in enumerate(_shards(shapes, total / shards), start=1):
        file = f"model-{number:05}-of-{shards:05}.safetensors"
        save_file({name: _fill(name, shapes[name]) for name in names}, folder / file, metadata={"format": "pt"})
        places |= dict.fromkeys(names, file)
    index = {"metadata": {"total_size": 2 * total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    return total


def _published(name: str) -> str:
    """The key under which published folders have it."""
    return name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")


def _shards(shapes: Mapping[str, torch.Size], most: float) -> Iterator[list[str]]:
    """The names in their order, in groups of about so many numbers."""
    group: list[str] = []
    done, left = 0, most
    for name, shape in shapes.items():
        if group and done + shape.numel() / 2 > left:
            yield group
            group, left = [], left + most
        group.append(name)
        done += shape.numel()
    yield group


def _fill(name: str, shape: torch.Size) -> torch.Tensor:
    """Norms of one, biases of zero, small noise elsewhere, in BF16."""
    if name.endswith("bias"):
        return torch.zeros(shape, dtype=torch.bfloat16)
    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.bfloat16)
    return torch.empty(shape, dtype=torch.bfloat16).normal_(0, NOISE)


def main() -> None:
    """Writes the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if folder.exists():
        parser.error(f"{folder} is there already")
    parameters = write_checkpoint(folder, build_config(VISION, TEXT, ROPE))
    print(f"{folder}: {parameters / 1e9:.3f} B parameters")


if __name__ == "__main__":
    main()
