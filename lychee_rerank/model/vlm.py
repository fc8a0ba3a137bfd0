"""The vision-language model as the scorer sees it: asks questions about pictures of the size that it wants.

Knows torch and transformers; does not know folders, galleries, scores or any door.
"""

import torch
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from lychee_rerank.model.network import Prepared, Reader
from lychee_rerank.model.question import Question
from lychee_rerank.scoring.photo_memory import Keepable
from lychee_rerank.scoring.prompts import PromptTemplate, build_messages

MIN_PIXELS_PX = 4 * 28 * 28  # qwen_vl_utils resizes again what is smaller
PATCHES_AT_ONCE = 1024  # of 14 pixels: a 448x448 photo. More at once gained nothing on two cores
MOST_AT_ONCE, MOST_ON_CPU = 32, 16  # photos in a batch of answers: more gain nothing, on a CPU they leave its cache
COPIES = (
    6  # of what is kept of a photo: joined, grown by the query, grown by a token, each old and new; half of the rest
)


class VisionLanguageModel(Reader):
    """A loaded Qwen2.5-VL; one thread at a time may use it, but for `prepare` and `fit_size`."""

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which the model sees a photo of this size; both are multiples of 28."""
        budget = self.card.pixel_budget_px
        least = min(max(self.processor.image_processor.size["shortest_edge"], MIN_PIXELS_PX), budget)
        height, width = smart_resize(height_px, width_px, factor=28, min_pixels=least, max_pixels=budget)
        return width, height

    def ask(self, template: PromptTemplate, query: str) -> Question:
        """A question about any number of photos; what they have in common is computed here, once."""
        tokens = self.prompt_tokens(template, query)
        place = tokens.index(self.processor.image_token_id)
        return Question(self, before=tokens[:place], after=tokens[place + 1 :], photo_first=template.photo_before_query)

    def prompt_tokens(self, template: PromptTemplate, query: str) -> list[int]:
        """The tokens of the whole prompt, one of them the photo's place; control tokens in the query stay text."""
        tokens: list[int] = self.processor.tokenizer.apply_chat_template(
            build_messages(template, query),
            chat_template=self.processor.chat_template,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
            sanitize_control_tokens=True,
        )
        return tokens

    def look_size(self, prepared: Prepared) -> int:
        """How many pictures like this one are best looked at together: few where one keeps the machine busy alone."""
        patches = len(prepared[0]) if isinstance(prepared, tuple) else prepared.width * prepared.height // 14**2
        return max(1, PATCHES_AT_ONCE // max(1, patches))

    def batch_size(self, sight: Keepable) -> int:
        """How many photos like this one can be answered at once: what the machine is good for."""
        if self.network.device.type != "cuda":
            return MOST_ON_CPU
        free_bytes, _ = torch.cuda.mem_get_info()
        return max(1, min(MOST_AT_ONCE, free_bytes // (COPIES * max(sight.size_bytes, 1))))
