"""What most people write: open, apply_chat_template, processor, generate, regex, empty_cache, one photo at a time."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import LogitsProcessor, LogitsProcessorList

from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.scoring.prompts import NUMBER, PromptTemplate, build_messages

NUMBER_IN_TEXT = re.compile(r"\d+(?:\.\d+)?")


class Forced(LogitsProcessor):
    """Lets `generate` say these tokens and no others."""

    def __init__(self, tokens: Sequence[int], prompt_tokens: int) -> None:
        self._tokens, self._prompt_tokens = tokens, prompt_tokens

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Raises the score of the token whose turn it is above all others."""
        scores = scores.clone()
        scores[:, self._tokens[input_ids.shape[1] - self._prompt_tokens]] = 1e9
        return scores


class PlainLoop:
    """Scores photos with the model's own `generate`; `says` are the tokens of every answer, its own unless given."""

    def __init__(
        self, model: VisionLanguageModel, *, says: Sequence[int] = (), template: PromptTemplate = NUMBER
    ) -> None:
        self._model, self._says, self._template = model, says, template

    def score(self, query: str, paths: Sequence[Path]) -> list[float]:
        """One score per photo."""
        return [self._score(query, path) for path in paths]

    def _score(self, query: str, path: Path) -> float:
        network, processor = self._model.network, self._model.processor
        inputs = self.inputs(query, Image.open(path).convert("RGB")).to(network.device)
        length = inputs["input_ids"].shape[1]
        forced = LogitsProcessorList([Forced(self._says, length)] if self._says else [])
        with torch.inference_mode():
            tokens = network.generate(
                **inputs, do_sample=False, max_new_tokens=len(self._says) or 64, logits_processor=forced
            )
        text = processor.batch_decode(tokens[:, length:], skip_special_tokens=True)[0]
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        number = NUMBER_IN_TEXT.search(text)
        return float(number[0]) if number else 0.0

    def inputs(self, query: str, picture: Image.Image) -> Any:
        """What the processor makes of the whole prompt and the photo."""
        messages = build_messages(self._template, query)
        content: Any = messages[1]["content"]
        content[[part["type"] for part in content].index("image")]["image"] = picture
        budget = {"shortest_edge": 4 * 28 * 28, "longest_edge": self._model.card.pixel_budget_px}
        return self._model.processor.apply_chat_template(
            messages,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"images_kwargs": {"size": budget}},
        )
