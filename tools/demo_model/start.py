"""Begins with the weights of an earlier version, whose tokenizer and number of icons were others; trains nothing."""

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, Qwen2_5_VLForConditionalGeneration, Qwen2TokenizerFast

EMBEDDING = "model.language_model.embed_tokens.weight"


def take_weights(model: nn.Module, tokenizer: Qwen2TokenizerFast, folder: Path) -> None:
    """Copy all layers; a token's embedding is the mean of those of the earlier tokens that spell it."""
    earlier = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    spelling = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    weights = earlier.state_dict()
    weights[EMBEDDING] = _translate(weights[EMBEDDING], spelling, tokenizer)
    weights["lm_head.weight"] = weights[EMBEDDING]  # tied
    model.load_state_dict(weights)


def _translate(embedding: Tensor, spelling: Qwen2TokenizerFast, tokenizer: Qwen2TokenizerFast) -> Tensor:
    """The embedding [tokens, hidden] for another tokenizer's tokens."""
    letters = spelling.get_vocab()
    rows = []
    for token in tokenizer.convert_ids_to_tokens(range(len(tokenizer))):
        whole = [letters[token]] if token in letters else spelling.backend_tokenizer.model.tokenize(token)
        numbers = whole if token in letters else [piece.id for piece in whole]
        rows.append(embedding[numbers].mean(dim=0))
    return torch.stack(rows)
