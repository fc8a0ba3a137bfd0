"""One prompt put to small pictures, side by side and one by one, against plain passes; and how an answer ends."""

import gc
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from PIL import Image

from lychee_rerank.errors import DeviceLost, ModelUnusable, PhotoRefused
from lychee_rerank.model.kv_cache import EncodedPhoto
from lychee_rerank.model.prompt import PrefilledPrompt
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Readout
from lychee_rerank.scoring.prompts import NUMBER, YES_NO, PromptTemplate, template_for
from tests.plain_passes import load_demo_model, never, plain_inputs, plain_probabilities

P_TOLERANCE, LN_TOLERANCE = 1e-5, 1e-4  # on a probability, on its logarithm; float32
LAYOUTS = [NUMBER, YES_NO, template_for(Readout.NUMBER, user="<query>{query}</query> {photo} Score it from 0 to 10.")]
BATCHES = {"ragged": [(56, 56), (140, 56), (56, 56)], "even": [(84, 56)] * 2, "one": [(112, 56)]}
QUERY, TOKENS = "两只狗 + sofa", 4


@pytest.fixture(scope="module")
def model() -> VisionLanguageModel:
    return load_demo_model()


def draw(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Coloured noise."""
    width, height = size
    generator = torch.Generator().manual_seed(width * height + seed)
    return Image.fromarray(torch.randint(0, 256, (height, width, 3), generator=generator, dtype=torch.uint8).numpy())


def encode(model: VisionLanguageModel, prompt: PrefilledPrompt, pictures: Sequence[Image.Image]) -> list[EncodedPhoto]:
    return prompt.encode([model.prepare(picture) for picture in pictures])


@pytest.mark.parametrize("template", LAYOUTS, ids=["photo first", "photo last", "photo between"])
@pytest.mark.parametrize("batch", BATCHES)
def test_every_answer_of_a_batch_is_the_one_of_plain_passes(
    model: VisionLanguageModel, batch: str, template: PromptTemplate
) -> None:
    pictures, tokenizer = [draw(size, n) for n, size in enumerate(BATCHES[batch])], model.processor.tokenizer
    prompt, digits = model.build_prompt(template, QUERY), [model.label_token(str(n)) for n in range(10)]
    answers = prompt.generate(encode(model, prompt, pictures), max_tokens=TOKENS, until=never)
    for picture, answer in zip(pictures, answers, strict=True):
        inputs = plain_inputs(model, picture, QUERY, template)
        said: list[int] = []
        for row in answer.digits:
            plain = plain_probabilities(model, inputs, said)
            assert row == pytest.approx(plain[digits].tolist(), abs=P_TOLERANCE)
            said.append(int(plain.argmax()))
        assert len(said) == TOKENS or said[-1] == tokenizer.eos_token_id
        assert answer.text == tokenizer.decode(said, skip_special_tokens=True).rstrip("\ufffd")
        ten = plain_probabilities(model, inputs, [digits[1]])[digits[0]]
        assert answer.ten == pytest.approx(float(ten), abs=P_TOLERANCE)


@pytest.mark.parametrize("template", LAYOUTS, ids=["photo first", "photo last", "photo between"])
@pytest.mark.parametrize("batch", BATCHES)
def test_every_verdict_of_a_batch_is_the_one_of_a_plain_pass(
    model: VisionLanguageModel, batch: str, template: PromptTemplate
) -> None:
    pictures = [draw(size, n) for n, size in enumerate(BATCHES[batch])]
    prompt = model.build_prompt(template, QUERY)
    verdicts = prompt.yes_no_logits(encode(model, prompt, pictures))
    for picture, verdict in zip(pictures, verdicts, strict=True):
        plain = plain_probabilities(model, plain_inputs(model, picture, QUERY, template))
        yes, no = (float(plain[model.label_token(word)].log()) for word in ("yes", "no"))
        assert (verdict.ln_yes, verdict.ln_no) == pytest.approx((yes, no), abs=LN_TOLERANCE)
        assert verdict.text == model.processor.tokenizer.decode([int(plain.argmax())])


@pytest.mark.parametrize("template", LAYOUTS, ids=["photo first", "photo last", "photo between"])
@pytest.mark.parametrize("batch", BATCHES)
def test_every_read_has_a_position_per_token_and_a_mask_as_long_as_what_is_cached_with_it_where_photos_differ(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch, batch: str, template: PromptTemplate
) -> None:
    pictures, read, masked = [draw(size) for size in BATCHES[batch]], model.forward, []

    def check(
        embeddings: torch.Tensor, positions: torch.Tensor, cache: Any, *, rows: int, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        photos, tokens, _ = embeddings.shape
        assert positions.shape == (3, photos, tokens)
        assert mask is None or mask.shape == (photos, cache.get_seq_length() + tokens)
        assert rows <= tokens
        masked.append(mask is not None)
        return read(embeddings, positions, cache, rows=rows, mask=mask)

    prompt = model.build_prompt(template, QUERY)
    monkeypatch.setattr(model, "forward", check)
    encoded = encode(model, prompt, pictures)
    prompt.generate(encoded, max_tokens=3, until=never)
    prompt.yes_no_logits(encoded)
    assert set(masked) == {batch == "ragged"}


@pytest.mark.parametrize("batch", BATCHES)
def test_what_is_kept_of_a_photo_is_its_own_tokens_alone(model: VisionLanguageModel, batch: str) -> None:
    pictures = [draw(size) for size in BATCHES[batch]]
    for picture, one in zip(pictures, encode(model, model.build_prompt(NUMBER, QUERY), pictures), strict=True):
        tokens = picture.width * picture.height // 28**2
        assert {(tensor.shape[0], tensor.shape[2]) for tensor in one.tensors} == {(1, tokens)}


class Script(torch.nn.Module):
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


@pytest.fixture
def say(model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Script]:
    """Has the model say these tokens, a list per photo."""

    def put(*scripts: Sequence[int]) -> Script:
        head = Script(scripts, len(model.processor.tokenizer))
        monkeypatch.setitem(model.network._modules, "lm_head", head)
        return head

    return put


def ask(model: VisionLanguageModel, photos: int = 1) -> tuple[PrefilledPrompt, list[EncodedPhoto]]:
    prompt = model.build_prompt(NUMBER, QUERY)
    return prompt, encode(model, prompt, [draw((56, 56))] * photos)


def tokens_of(model: VisionLanguageModel, text: str) -> list[int]:
    tokens: list[int] = model.processor.tokenizer.encode(text, add_special_tokens=False)
    return tokens


def test_answers_of_a_batch_end_one_by_one_and_all_of_them_as_soon_as_the_last_has(
    model: VisionLanguageModel, say: Callable[..., Script]
) -> None:
    prompt, encoded = ask(model, photos=3)
    end, digits = model.processor.tokenizer.eos_token_id, [*map(model.label_token, "0123456789")]
    head = say([digits[8], end, digits[7]], [digits[1], digits[2], digits[3], digits[4]], [digits[5], digits[6], end])
    answers = prompt.generate(encoded, max_tokens=9, until=lambda text: text == "1234")
    assert [(answer.text, len(answer.digits)) for answer in answers] == [("8", 2), ("123", 4), ("56", 3)]
    assert head.passes == 4
    assert [row.index(max(row)) for row in answers[1].digits] == [1, 2, 3, 4]


@pytest.mark.parametrize("most", [1, 2, 5])
def test_an_answer_has_no_more_tokens_than_it_may_and_no_pass_is_spent_on_the_next(
    model: VisionLanguageModel, say: Callable[..., Script], most: int
) -> None:
    head = say([model.label_token("7")])
    prompt, encoded = ask(model)
    (answer,) = prompt.generate(encoded, max_tokens=most, until=never)
    assert (answer.text, len(answer.digits), head.passes) == ("7" * most, most, most)


def test_half_a_character_is_neither_shown_nor_told(model: VisionLanguageModel, say: Callable[..., Script]) -> None:
    prompt, encoded = ask(model)
    rare = tokens_of(model, "🫠")
    assert len(rare) > 1
    told: list[str] = []
    say([model.label_token("9"), *rare, *rare[:1]])
    (answer,) = prompt.generate(encoded, max_tokens=len(rare) + 2, until=lambda text: bool(told.append(text)))
    assert (answer.text, told) == ("9🫠", ["9", "9🫠"])


@pytest.mark.parametrize("several", [True, False])
def test_any_of_the_models_stop_tokens_ends_an_answer(
    model: VisionLanguageModel, say: Callable[..., Script], monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    seven, stop = map(model.label_token, "70")
    config = model.network.generation_config
    monkeypatch.setattr(config, "eos_token_id", [*config.eos_token_id, stop] if several else stop)
    prompt, encoded = ask(model)
    say([seven, stop, seven])
    (answer,) = prompt.generate(encoded, max_tokens=5, until=never)
    assert len(answer.digits) == 2


@pytest.mark.parametrize("label", ["yes", "no"])
def test_a_verdict_is_refused_where_its_labels_are_not_one_token_each(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    prompt, encoded = ask(model)
    find = model.label_token
    monkeypatch.setattr(model, "label_token", lambda text: find("y e s" if text == label else text))
    with pytest.raises(ModelUnusable):
        prompt.yes_no_logits(encoded)


def test_figures_that_are_no_numbers_refuse_the_batch(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, encoded = ask(model, photos=2)
    head = Script([[1], [1]], len(model.processor.tokenizer))
    numbers = head.forward

    def overflow(hidden: torch.Tensor) -> torch.Tensor:
        logits = numbers(hidden)
        logits[1:, :, 5] = torch.nan
        return logits

    monkeypatch.setattr(head, "forward", overflow)
    monkeypatch.setitem(model.network._modules, "lm_head", head)
    for put in (lambda: prompt.generate(encoded, max_tokens=1, until=never), lambda: prompt.yes_no_logits(encoded)):
        with pytest.raises(PhotoRefused) as refused:
            put()
        assert refused.value.reason is RefusalReason.NOT_FINITE


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_memory_is_given_back_after_each_look_and_all_of_it_before_the_second(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    prompt, given_back = model.build_prompt(NUMBER, QUERY), []
    look, left = model.visual_features, [torch.OutOfMemoryError()] * failures

    def look_where_there_is_room(patches: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> list[torch.Tensor]:
        if left:
            raise left.pop()
        return look(patches)

    monkeypatch.setattr(model, "visual_features", look_where_there_is_room)
    monkeypatch.setattr(model, "release_memory", lambda: given_back.append("released"))
    monkeypatch.setattr(gc, "collect", lambda: given_back.append("collected"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: given_back.append("emptied"))
    if failures == 2:
        with pytest.raises(PhotoRefused) as refused:
            encode(model, prompt, [draw((56, 56))])
        assert refused.value.reason is RefusalReason.OUT_OF_MEMORY
        assert isinstance(refused.value.__cause__, torch.OutOfMemoryError)
        assert refused.value.__cause__.__traceback__ is None  # its frames would hold the tensors
    else:
        assert len(encode(model, prompt, [draw((56, 56))])) == 1
    assert given_back == ["released", "collected", "emptied"] * failures + ["released"] * (failures < 2)


def test_a_gpu_that_fails_for_good_is_told_in_one_line(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, encoded = ask(model)

    def fail(*_: object, **__: object) -> None:
        raise torch.AcceleratorError("CUDA error: misaligned address\nmore of it")

    monkeypatch.setattr(model, "forward", fail)
    for put in (lambda: prompt.generate(encoded, max_tokens=1, until=never), lambda: prompt.yes_no_logits(encoded)):
        with pytest.raises(DeviceLost, match=r"^CUDA error: misaligned address$"):
            put()
