"""A larger random checkpoint, made on the spot, and a head that has it say what a benchmark wants."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model.patches import TOKEN_PX
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice

LARGER_TOKENS = 256  # visual tokens of a photo: the larger model's pixel budget
VISION = {"depth": 16, "hidden_size": 640, "intermediate_size": 1720, "num_heads": 8}
LANGUAGE = {
    "num_hidden_layers": 14,
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "vocab_size": 8192,
}


def load_demo(*, visual_tokens: int | None = None) -> VisionLanguageModel:
    """The bundled model, at its own pixel budget or at one of so many visual tokens."""
    return _load(DEMO_FOLDER, "demo", pixel_budget_px=visual_tokens and visual_tokens * TOKEN_PX**2)


def load_larger(folder: Path) -> VisionLanguageModel:
    """A random Qwen2.5-VL of 0.4 B parameters, float32, with the tokenizer of the bundled model; seeded."""
    shutil.copytree(DEMO_FOLDER, folder, ignore=shutil.ignore_patterns("*.safetensors", "config.json", "README.md"))
    config: Any = Qwen2_5_VLConfig.from_pretrained(DEMO_FOLDER)
    for name, value in VISION.items():
        setattr(config.vision_config, name, value)
    config.vision_config.out_hidden_size = LANGUAGE["hidden_size"]
    config.vision_config.fullatt_block_indexes = [3, 7, 11, 15]
    for name, value in LANGUAGE.items():
        setattr(config.text_config, name, value)
    head_px = LANGUAGE["hidden_size"] // LANGUAGE["num_attention_heads"] // 2
    config.text_config.layer_types = ["full_attention"] * LANGUAGE["num_hidden_layers"]
    rope = config.text_config.rope_parameters
    rope["mrope_section"] = [head_px - 2 * (head_px * 3 // 8), head_px * 3 // 8, head_px * 3 // 8]
    torch.manual_seed(0)
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    return _load(folder, "larger", pixel_budget_px=LARGER_TOKENS * TOKEN_PX**2)


@contextmanager
def forced(model: VisionLanguageModel, tokens: Sequence[int]) -> Iterator[None]:
    """Has every answer of our own decoding say these tokens; the real head is computed all the same."""
    own = model.network.lm_head
    model.network.lm_head = _ForcedHead(own, tokens)
    try:
        yield
    finally:
        model.network.lm_head = own


class _ForcedHead(torch.nn.Module):
    """Two rows begin an answer (its first token, and what would follow a 1), one row goes on with it."""

    def __init__(self, own: torch.nn.Module, tokens: Sequence[int]) -> None:
        super().__init__()
        self._own, self._tokens, self._place = own, tokens, 0

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._own(hidden)
        if logits.shape[1]:
            self._place = 0 if logits.shape[1] == 2 else self._place + 1
            logits[:, 0, self._tokens[min(self._place, len(self._tokens) - 1)]] = 1e9
        return logits


def _load(folder: Path, name: str, *, pixel_budget_px: int | None = None) -> VisionLanguageModel:
    choice = ModelChoice(folder=folder, name=name, demo=True, reason=ChoiceReason.REQUESTED)
    return load_model(choice, dtype=None, pixel_budget_px=pixel_budget_px, empty_cache=EmptyCache.PHOTO)
