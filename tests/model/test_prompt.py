"""A prompt over small pictures, side by side and one by one, held to plain passes."""

from typing import Any

import pytest
import torch

from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.scoring.prompts import NUMBER, PromptTemplate
from tests.model.plain_passes import (
    LAYOUTS,
    LN_TOLERANCE,
    P_TOLERANCE,
    QUERY,
    draw,
    encode,
    never,
    plain_inputs,
    plain_probabilities,
)

TOKENS = 4
BATCHES = {"ragged": [(56, 56), (140, 56), (56, 56)], "even": [(84, 56)] * 2, "one": [(112, 56)]}


@pytest.mark.parametrize("template", LAYOUTS)
@pytest.mark.parametrize("batch", BATCHES)
def test_every_answer_of_a_batch_is_the_one_of_plain_passes(
    model: VisionLanguageModel, batch: str, template: PromptTemplate
) -> None:
    pictures, tokenizer = [draw(size, n) for n, size in enumerate(BATCHES[batch])], model.processor.tokenizer
    prompt, digits = model.build_prompt(template, QUERY), [model.label_token(str(n)) for n in range(10)]
    answers = prompt.generate(encode(model, prompt, pictures), max_tokens=TOKENS, until=never)
    for picture, answer in zip(pictures, answers, strict=True):
        inputs = plain_inputs(model, picture, QUERY, template)
        tokens: list[int] = []
        for row in answer.digits:
            plain = plain_probabilities(model, inputs, tokens)
            assert row == pytest.approx(plain[digits].tolist(), abs=P_TOLERANCE)
            tokens.append(int(plain.argmax()))
        assert len(tokens) == TOKENS or tokens[-1] == tokenizer.eos_token_id
        assert answer.text == tokenizer.decode(tokens, skip_special_tokens=True).rstrip("\ufffd")
        ten = plain_probabilities(model, inputs, [digits[1]])[digits[0]]
        assert answer.ten == pytest.approx(float(ten), abs=P_TOLERANCE)


@pytest.mark.parametrize("template", LAYOUTS)
@pytest.mark.parametrize("batch", BATCHES)
def test_the_yes_no_logits_of_a_batch_are_those_of_plain_passes(
    model: VisionLanguageModel, batch: str, template: PromptTemplate
) -> None:
    pictures = [draw(size, n) for n, size in enumerate(BATCHES[batch])]
    prompt = model.build_prompt(template, QUERY)
    batch_logits = prompt.yes_no_logits(encode(model, prompt, pictures))
    for picture, logits in zip(pictures, batch_logits, strict=True):
        plain = plain_probabilities(model, plain_inputs(model, picture, QUERY, template))
        yes, no = (float(plain[model.label_token(word)].log()) for word in ("yes", "no"))
        assert (logits.ln_yes, logits.ln_no) == pytest.approx((yes, no), abs=LN_TOLERANCE)
        assert logits.text == model.processor.tokenizer.decode([int(plain.argmax())])


@pytest.mark.parametrize("template", LAYOUTS)
@pytest.mark.parametrize("batch", BATCHES)
def test_every_forward_pass_has_a_position_per_token_and_a_mask_as_long_as_its_cache_where_photos_differ(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch, batch: str, template: PromptTemplate
) -> None:
    pictures, forward, masked = [draw(size) for size in BATCHES[batch]], model.forward, []

    def check(
        embeddings: torch.Tensor, positions: torch.Tensor, cache: Any, *, rows: int, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        photos, tokens, _ = embeddings.shape
        assert positions.shape == (3, photos, tokens)
        assert mask is None or mask.shape == (photos, cache.get_seq_length() + tokens)
        assert rows <= tokens
        masked.append(mask is not None)
        return forward(embeddings, positions, cache, rows=rows, mask=mask)

    prompt = model.build_prompt(template, QUERY)
    monkeypatch.setattr(model, "forward", check)
    encoded = encode(model, prompt, pictures)
    prompt.generate(encoded, max_tokens=3, until=never)
    prompt.yes_no_logits(encoded)
    assert set(masked) == {batch == "ragged"}


@pytest.mark.parametrize("batch", BATCHES)
def test_an_encoded_photo_holds_its_own_tokens_alone(model: VisionLanguageModel, batch: str) -> None:
    pictures = [draw(size) for size in BATCHES[batch]]
    for picture, one in zip(pictures, encode(model, model.build_prompt(NUMBER, QUERY), pictures), strict=True):
        tokens = picture.width * picture.height // 28**2
        assert {(tensor.shape[0], tensor.shape[2]) for tensor in one.tensors} == {(1, tokens)}
