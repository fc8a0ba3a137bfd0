"""sentence-transformers' CrossEncoder on the same checkpoint, with the same prompt and the same prepared pictures.

https://sbert.net: a cross encoder whose score is the logit of yes less the logit of no behind the whole prompt.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from sentence_transformers import CrossEncoder
from sentence_transformers.base.modules import Transformer
from sentence_transformers.cross_encoder.modules import LogitScore

from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.scoring.prompts import PHOTO, QUERY, YES_NO

_PARTS = (
    "{% for message in messages %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}MIDDLE<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endfor %}"
)


class Peer:
    """Ranks pictures with a CrossEncoder; its scores go from 0 to 10, as ours do."""

    def __init__(self, model: VisionLanguageModel) -> None:
        folder = Path(model.card.folder)
        transformer: Any = Transformer(
            str(folder),
            transformer_task="any-to-any",
            model_kwargs={"dtype": model.network.dtype, "local_files_only": True},
            processing_kwargs={"chat_template": {"add_generation_prompt": True}},
        )
        transformer.processor.chat_template = _chat_template()
        budget = {"shortest_edge": 4 * 28 * 28, "longest_edge": model.card.pixel_budget_px}
        transformer.processor.image_processor.size = budget
        head = LogitScore(model.label_token("yes"), model.label_token("no"))
        self.encoder = CrossEncoder(modules=[transformer, head], device=str(model.network.device))

    def score(self, query: str, pictures: Sequence[Image.Image]) -> list[float]:
        """One score per picture, in their order."""
        ranked = self.encoder.rank(query, list(pictures), activation_fn=torch.nn.Sigmoid(), batch_size=1)
        scores = {int(row["corpus_id"]): 10 * float(row["score"]) for row in ranked}
        return [scores[index] for index in range(len(pictures))]


def _chat_template() -> str:
    """Our prompt of the readout yes_no, for a CrossEncoder's roles; as literals, since Jinja trims lines."""
    before, _, rest = YES_NO.user.partition(QUERY)
    start = f"<|im_start|>system\n{YES_NO.system}<|im_end|>\n<|im_start|>user\n{before}"
    end = "<|im_end|>\n<|im_start|>assistant\n"
    middle = rest.removesuffix(PHOTO)
    return _literal(start) + _PARTS.replace("MIDDLE", _literal(middle)) + _literal(end)


def _literal(text: str) -> str:
    return "{{ " + repr(text) + " }}"
