"""The fast path held to plain forward passes, for pictures of many shapes: answers, probabilities, scores, batches."""

import pytest
import torch
from PIL import Image

from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.records import Answer
from lychee_rerank.scoring.prompts import NUMBER, WHOLE, PromptTemplate
from lychee_rerank.scoring.readout import number_is_over, read_expected, read_number, read_yes_no
from tests.model.plain_passes import (
    LAYOUTS,
    LN_TOLERANCE,
    P_TOLERANCE,
    PHOTO_BETWEEN,
    PHOTO_FIRST,
    PHOTO_LAST,
    QUERY,
    SCORE_TOLERANCE,
    SIZES,
    generate_one,
    never,
    picture_of,
    plain_inputs,
    plain_probabilities,
    yes_no_logits_one,
)

PLACES = 6  # of an answer, each held to a plain pass; a number takes no more


def generate_number(
    model: VisionLanguageModel, picture: Image.Image, query: str, template: PromptTemplate = NUMBER
) -> Answer:
    """The answer as the readout `number` generates it."""
    return generate_one(model.build_prompt(template, query), picture, max_tokens=64, until=number_is_over)


@pytest.mark.parametrize("template", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
def test_the_answer_is_the_one_that_generate_gives(
    model: VisionLanguageModel, size: tuple[int, int], template: PromptTemplate
) -> None:
    picture, query = picture_of(model, size), "沙发 + light bulb"
    inputs = plain_inputs(model, picture, query, template)
    model.network.model.rope_deltas = None
    plain = model.network.generate(**inputs, do_sample=False, max_new_tokens=64)
    text = model.processor.tokenizer.decode(plain[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    text = text.rstrip("\ufffd")  # a character cut in half by the last token allowed
    prompt = model.build_prompt(template, query)
    assert generate_one(prompt, picture, max_tokens=64, until=never).text == text
    assert generate_one(prompt, picture, max_tokens=64, until=never).text == text


@pytest.mark.parametrize("template", [PHOTO_FIRST, PHOTO_BETWEEN])
@pytest.mark.parametrize("size", SIZES)
def test_the_probabilities_of_a_number_are_those_of_plain_forward_passes(
    model: VisionLanguageModel, size: tuple[int, int], template: PromptTemplate
) -> None:
    picture, query = picture_of(model, size), "红色背景"
    inputs, digits = plain_inputs(model, picture, query, template), [model.label_token(str(n)) for n in range(10)]
    answer = generate_number(model, picture, query, template)
    assert len(answer.digits) >= 2
    tokens: list[int] = []
    for row in answer.digits[:PLACES]:
        plain = plain_probabilities(model, inputs, tokens)
        assert row == pytest.approx(plain[digits].tolist(), abs=P_TOLERANCE)
        tokens.append(int(plain.argmax()))
    ten = plain_probabilities(model, inputs, "1")[digits[0]]
    assert answer.ten == pytest.approx(float(ten), abs=P_TOLERANCE)
    first = plain_probabilities(model, inputs)[digits]
    assert read_number(answer).label_mass == pytest.approx(float(first.sum()), abs=P_TOLERANCE)


@pytest.mark.parametrize("size", SIZES)
def test_the_expected_score_of_a_number_is_the_one_of_plain_forward_passes(
    model: VisionLanguageModel, size: tuple[int, int]
) -> None:
    picture, query = picture_of(model, size), "red background"
    inputs, digits = plain_inputs(model, picture, query), [model.label_token(str(n)) for n in range(10)]
    score = read_number(generate_number(model, picture, query))
    first, q = plain_probabilities(model, inputs)[digits], float(plain_probabilities(model, inputs, "1")[digits[0]])
    means = torch.arange(10) + 0.45
    if "." in score.answer and not score.answer.startswith("10"):
        decimal = plain_probabilities(model, inputs, score.answer[:2])[digits]
        means[int(score.answer[0])] = int(score.answer[0]) + float(decimal @ torch.arange(10.0) / decimal.sum()) / 10
    means[1] = (1 - q) * means[1] + q * 10
    assert score.expected == pytest.approx(float(first @ means / first.sum()), abs=SCORE_TOLERANCE)


@pytest.mark.parametrize("template", [pytest.param(WHOLE, id="photo first"), PHOTO_BETWEEN])
@pytest.mark.parametrize("size", SIZES)
def test_the_readout_expected_is_one_pass_with_the_numbers_of_the_plain_one(
    model: VisionLanguageModel, size: tuple[int, int], template: PromptTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, query = picture_of(model, size), "两只狗"
    inputs, digits = plain_inputs(model, picture, query, template), [model.label_token(str(n)) for n in range(10)]
    prompt, passes = model.build_prompt(template, query), count_passes(model, monkeypatch)
    score = read_expected(generate_one(prompt, picture, max_tokens=1, until=never))
    assert passes == [2]  # rows put through the language head
    first, q = plain_probabilities(model, inputs), float(plain_probabilities(model, inputs, "1")[digits[0]])
    values = torch.tensor([0, 1 - q + 10 * q, *range(2, 10)])
    expected = float(first[digits] @ values / first[digits].sum())
    assert score.value == score.expected == pytest.approx(expected, abs=SCORE_TOLERANCE)
    assert score.label_mass == pytest.approx(float(first[digits].sum()), abs=SCORE_TOLERANCE)
    assert score.answer == model.processor.tokenizer.decode([int(first.argmax())], skip_special_tokens=True).strip()


@pytest.mark.parametrize("template", [PHOTO_LAST, pytest.param(WHOLE, id="photo first")])
@pytest.mark.parametrize("size", SIZES)
def test_the_readout_yes_no_is_one_pass_with_the_numbers_of_the_plain_one(
    model: VisionLanguageModel, size: tuple[int, int], template: PromptTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, query = picture_of(model, size), "沙发 + coffee"
    prompt, passes = model.build_prompt(template, query), count_passes(model, monkeypatch)
    score = read_yes_no(yes_no_logits_one(prompt, picture))
    assert passes == [1]
    plain = plain_probabilities(model, plain_inputs(model, picture, query, template))
    yes, no = (float(plain[model.label_token(word)]) for word in ("yes", "no"))
    assert score.value == pytest.approx(10 * yes / (yes + no), abs=SCORE_TOLERANCE)
    assert score.label_mass == pytest.approx(yes + no, abs=SCORE_TOLERANCE)
    assert score.answer == model.processor.tokenizer.decode([int(plain.argmax())], skip_special_tokens=True).strip()


def count_passes(model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one entry with each pass from now on: the rows that go through the language head."""
    head, rows = model.network.lm_head, []

    class CountingHead(torch.nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            if hidden.shape[1]:
                rows.append(hidden.shape[1])
            return head(hidden)  # type: ignore[no-any-return]

    monkeypatch.setitem(model.network._modules, "lm_head", CountingHead())
    return rows


def test_one_prompt_serves_many_photos_without_remembering_any(model: VisionLanguageModel) -> None:
    prompt = model.build_prompt(NUMBER, "cat")
    first, second = (picture_of(model, size) for size in SIZES[:2])
    alone, logits = generate_one(prompt, first, max_tokens=64, until=never), yes_no_logits_one(prompt, first)
    generate_one(prompt, second, max_tokens=64, until=never)
    yes_no_logits_one(prompt, second)
    assert generate_one(prompt, first, max_tokens=64, until=never) == alone
    assert yes_no_logits_one(prompt, first) == logits


RAGGED = [SIZES, SIZES[:1], [SIZES[0]] * 3, SIZES[::-1]]


@pytest.mark.parametrize("template", LAYOUTS)
@pytest.mark.parametrize("sizes", RAGGED, ids=["ragged", "one", "equal", "ragged the other way"])
def test_many_photos_at_once_are_answered_as_each_by_itself(
    model: VisionLanguageModel, template: PromptTemplate, sizes: list[tuple[int, int]]
) -> None:
    prompt, pictures = model.build_prompt(template, QUERY), [picture_of(model, size) for size in sizes]
    encoded = prompt.encode([model.prepare(picture) for picture in pictures])
    for until in (number_is_over, never):
        together = prompt.generate(encoded, max_tokens=12, until=until)
        alone = [generate_one(prompt, picture, max_tokens=12, until=until) for picture in pictures]
        assert [answer.text for answer in together] == [answer.text for answer in alone]
        for one, other in zip(together, alone, strict=True):
            assert len(one.digits) == len(other.digits)
            assert one.ten == pytest.approx(other.ten, abs=P_TOLERANCE)
            for row, row_alone in zip(one.digits, other.digits, strict=True):
                assert row == pytest.approx(row_alone, abs=P_TOLERANCE)
    for picture, logits in zip(pictures, prompt.yes_no_logits(encoded), strict=True):
        by_itself = yes_no_logits_one(prompt, picture)
        assert logits.text == by_itself.text
        assert (logits.ln_yes, logits.ln_no) == pytest.approx((by_itself.ln_yes, by_itself.ln_no), abs=LN_TOLERANCE)


def test_an_encoded_photo_serves_another_query_and_another_readout(model: VisionLanguageModel) -> None:
    pictures = [picture_of(model, size) for size in SIZES[:3]]
    encoded = [one.on_host() for one in model.build_prompt(NUMBER, "dog").encode([*map(model.prepare, pictures)])]
    prompt = model.build_prompt(WHOLE, "红色背景")
    together = prompt.generate(encoded, max_tokens=1, until=never)
    for answer, picture in zip(together, pictures, strict=True):
        anew = read_expected(generate_one(prompt, picture, max_tokens=1, until=never))
        assert read_expected(answer).value == pytest.approx(anew.value, abs=SCORE_TOLERANCE)
