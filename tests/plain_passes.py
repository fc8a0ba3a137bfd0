"""The bundled model, asked about one picture, and without the engine's shortcuts: prompt and photo in one pass."""

from collections.abc import Callable
from typing import Any

import torch
from PIL import Image

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model.prompt import PrefilledPrompt
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.records import Answer, ChoiceReason, EmptyCache, ModelChoice, YesNoLogits
from lychee_rerank.scoring.prompts import NUMBER, PromptTemplate, build_messages


def load_demo_model() -> VisionLanguageModel:
    """The bundled model as the app loads it."""
    choice = ModelChoice(folder=DEMO_FOLDER, name="demo", demo=True, reason=ChoiceReason.REQUESTED)
    return load_model(choice, dtype=None, pixel_budget_px=None, empty_cache=EmptyCache.PHOTO)


def picture_of(model: VisionLanguageModel, size: tuple[int, int]) -> Image.Image:
    """Coloured noise at the size at which the model sees a photo of `size`."""
    width, height = model.fit_size(*size)
    generator = torch.Generator().manual_seed(width * height)
    pixels = torch.randint(0, 256, (height, width, 3), generator=generator, dtype=torch.uint8)
    return Image.fromarray(pixels.numpy())


def plain_inputs(
    model: VisionLanguageModel, picture: Image.Image, query: str, template: PromptTemplate = NUMBER
) -> Any:
    """What the processor itself makes of the whole prompt and the photo."""
    messages = build_messages(template, query)
    content: Any = messages[1]["content"]
    content[[part["type"] for part in content].index("image")]["image"] = picture
    return model.processor.apply_chat_template(
        messages,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        sanitize_control_tokens=True,
        processor_kwargs={"images_kwargs": {"do_resize": False}},
    )


def plain_probabilities(model: VisionLanguageModel, inputs: Any, appended: str | list[int] = "") -> torch.Tensor:
    """P [vocabulary] of the token behind the whole prompt and what is appended, from one plain forward pass."""
    encode = model.processor.tokenizer.encode
    tokens = encode(appended, add_special_tokens=False) if isinstance(appended, str) else appended
    longer = dict(inputs)
    for name, filling in (("input_ids", tokens), ("attention_mask", [1] * len(tokens)), ("mm_token_type_ids", None)):
        more = torch.tensor([filling or [0] * len(tokens)], dtype=inputs[name].dtype)
        longer[name] = torch.cat([inputs[name], more], dim=1)
    model.network.model.rope_deltas = None
    with torch.inference_mode():
        return torch.softmax(model.network(**longer).logits[0, -1].float(), dim=-1)


def never(_: str) -> bool:
    """Lets an answer go on."""
    return False


def answer_one(
    prompt: PrefilledPrompt, picture: Image.Image, *, max_tokens: int, until: Callable[[str], bool]
) -> Answer:
    """What the engine answers about one picture."""
    (answer,) = prompt.generate(prompt.encode([picture]), max_tokens=max_tokens, until=until)
    return answer


def decide_one(prompt: PrefilledPrompt, picture: Image.Image) -> YesNoLogits:
    """The engine's verdict about one picture."""
    (verdict,) = prompt.yes_no_logits(prompt.encode([picture]))
    return verdict


class ScriptedHead(torch.nn.Module):
    """Stands in for the language head: says the given tokens, one per pass, whatever came before; counts passes."""

    def __init__(self, tokens: list[int], vocabulary: int) -> None:
        super().__init__()
        self.tokens, self.vocabulary, self.passes = tokens, vocabulary, 0

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        if not hidden.shape[1]:  # nothing is to be said yet
            return hidden
        row = torch.zeros(len(hidden), hidden.shape[1], self.vocabulary)
        row[..., self.tokens[min(self.passes, len(self.tokens) - 1)]] = 1.0
        self.passes += 1
        return row
