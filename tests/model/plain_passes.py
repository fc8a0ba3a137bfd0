"""Pictures and prompts for the bundled model, and plain passes: without the KV cache, prompt and photo in one pass."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from PIL import Image

from lychee_rerank.model.kv_cache import EncodedPhoto
from lychee_rerank.model.prompt import PrefilledPrompt
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.records import Answer, Readout, YesNoLogits
from lychee_rerank.scoring.prompts import (
    NUMBER,
    NUMBER_LIKE,
    WHOLE_LIKE,
    YES_NO,
    YES_NO_LIKE,
    PromptTemplate,
    build_messages,
    template_for,
)

SCORE_TOLERANCE, P_TOLERANCE, LN_TOLERANCE = 1e-4, 1e-5, 1e-4  # on a score, a probability, its logarithm; float32
SIZES = [(1024, 768), (768, 1024), (1920, 1080), (500, 500), (1, 1), (4000, 40)]
QUERY = "两只狗 + sofa"
PHOTO_FIRST = pytest.param(NUMBER, id="photo first")
PHOTO_LAST = pytest.param(YES_NO, id="photo last")
PHOTO_BETWEEN = pytest.param(
    template_for(Readout.NUMBER, user="<query>{query}</query> {photo} Score it from 0 to 10."), id="photo between"
)
LAYOUTS = [PHOTO_FIRST, PHOTO_LAST, PHOTO_BETWEEN]
LIKE_LAYOUTS = [
    pytest.param(NUMBER_LIKE, id="photo first"),
    pytest.param(WHOLE_LIKE, id="photo first, whole"),
    pytest.param(YES_NO_LIKE, id="photo last"),
    *(
        pytest.param(template_for(Readout.NUMBER, user=user, like=True), id=name)
        for name, user in (
            ("photo between", "<query>{query}</query> {photo} Score it from 0 to 10."),
            ("example first", "{example} Is {photo} like it, but {query}? From 0 to 10:"),
            ("example last", "{query} {photo} From 0 to 10, is it like {example}"),
            ("example twice", "{example} is {query} {photo} From 0 to 10, is it like {example}?"),
        )
    ),
]


def draw(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Coloured noise."""
    width, height = size
    generator = torch.Generator().manual_seed(width * height + seed)
    return Image.fromarray(torch.randint(0, 256, (height, width, 3), generator=generator, dtype=torch.uint8).numpy())


def picture_of(model: VisionLanguageModel, size: tuple[int, int]) -> Image.Image:
    """Coloured noise at the size to which the model scales a photo of `size`."""
    return draw(model.fit_size(*size))


def plain_inputs(
    model: VisionLanguageModel,
    picture: Image.Image,
    query: str,
    template: PromptTemplate = NUMBER,
    example: Image.Image | None = None,
) -> Any:
    """What the processor itself makes of the whole prompt, the photo and the example, on the model's device."""
    messages = build_messages(template, query)
    content: Any = messages[1]["content"]
    for place, part in enumerate(part for part in content if part["type"] == "image"):
        part["image"] = picture if place == template.examples_before_photo else example
    return model.processor.apply_chat_template(
        messages,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        sanitize_control_tokens=True,
        processor_kwargs={"images_kwargs": {"do_resize": False}},
    ).to(model.network.device)


def plain_probabilities(model: VisionLanguageModel, inputs: Any, appended: str | list[int] = "") -> torch.Tensor:
    """P [vocabulary] of the token behind the whole prompt and what is appended, from one plain forward pass."""
    encode = model.processor.tokenizer.encode
    tokens = encode(appended, add_special_tokens=False) if isinstance(appended, str) else appended
    longer = dict(inputs)
    for name, filling in (("input_ids", tokens), ("attention_mask", [1] * len(tokens)), ("mm_token_type_ids", None)):
        more = torch.tensor([filling or [0] * len(tokens)], dtype=inputs[name].dtype, device=inputs[name].device)
        longer[name] = torch.cat([inputs[name], more], dim=1)
    model.network.model.rope_deltas = None
    with torch.inference_mode():
        return torch.softmax(model.network(**longer).logits[0, -1].float(), dim=-1).cpu()


def never(_: str) -> bool:
    """Lets an answer go on."""
    return False


def generate_one(
    prompt: PrefilledPrompt, picture: Image.Image, *, max_tokens: int, until: Callable[[str], bool]
) -> Answer:
    """The answer that the fast path generates about one picture."""
    (answer,) = prompt.generate(prompt.encode([picture]), max_tokens=max_tokens, until=until)
    return answer


def yes_no_logits_one(prompt: PrefilledPrompt, picture: Image.Image) -> YesNoLogits:
    """The logits of yes and no that the fast path gives for one picture."""
    (logits,) = prompt.yes_no_logits(prompt.encode([picture]))
    return logits


def encode(model: VisionLanguageModel, prompt: PrefilledPrompt, pictures: Sequence[Image.Image]) -> list[EncodedPhoto]:
    return prompt.encode([model.prepare(picture) for picture in pictures])


def encode_noise(model: VisionLanguageModel, photos: int = 1) -> tuple[PrefilledPrompt, list[EncodedPhoto]]:
    """A prompt, and so many small pictures encoded for it."""
    prompt = model.build_prompt(NUMBER, QUERY)
    return prompt, encode(model, prompt, [draw((56, 56))] * photos)


class ScriptedHead(torch.nn.Module):
    """Stands in for the language head: each photo of a batch is given tokens of its own, one per pass."""

    def __init__(self, scripts: Sequence[Sequence[int]], vocabulary: int) -> None:
        super().__init__()
        self.scripts, self.vocabulary, self.passes = scripts, vocabulary, 0

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(len(hidden), hidden.shape[1], self.vocabulary)
        for row, script in zip(logits, self.scripts, strict=False):
            row[:, script[min(self.passes, len(script) - 1)]] = 1.0
        self.passes += hidden.shape[1] > 0
        return logits
