"""What keeps the model from an answer: a label that is no token, no numbers, no memory, a lost GPU."""

import gc
import math
from collections.abc import Sequence

import pytest
import torch
from PIL import Image

from lychee_rerank.errors import DeviceLost, ModelUnusable, PhotoRefused
from lychee_rerank.model.network import Patches
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.scoring.prompts import NUMBER, YES_NO
from lychee_rerank.scoring.readout import number_is_over
from tests.model.plain_passes import (
    QUERY,
    ScriptedHead,
    draw,
    encode,
    encode_noise,
    generate_one,
    never,
    picture_of,
    yes_no_logits_one,
)


def test_a_label_that_is_not_one_token_is_refused(model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len({model.label_token(label) for label in (*"0123456789", "yes", "no")}) == 12
    encode = model.processor.tokenizer.encode
    split = {"yes": "ye s", "7": "7 7"}
    monkeypatch.setattr(
        model.processor.tokenizer, "encode", lambda text, **options: encode(split.get(text, text), **options)
    )
    with pytest.raises(ModelUnusable, match="'7' is") as unusable:
        model.build_prompt(NUMBER, "dog")
    assert unusable.value.problem is ModelProblem.SPLIT_LABELS
    del split["7"]
    with pytest.raises(ModelUnusable, match="'yes' is"):
        yes_no_logits_one(model.build_prompt(YES_NO, "dog"), picture_of(model, (500, 500)))


@pytest.mark.parametrize("label", ["yes", "no"])
def test_yes_no_logits_are_refused_where_a_label_is_not_one_token(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    prompt, encoded = encode_noise(model)
    find = model.label_token
    monkeypatch.setattr(model, "label_token", lambda text: find("y e s" if text == label else text))
    with pytest.raises(ModelUnusable):
        prompt.yes_no_logits(encoded)


def test_logits_that_are_no_numbers_refuse_the_photo(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, picture = model.build_prompt(NUMBER, "dog"), picture_of(model, (500, 500))
    head = ScriptedHead([[0]], len(model.processor.tokenizer))
    monkeypatch.setattr(head, "forward", lambda hidden: torch.full((len(hidden), hidden.shape[1], 100), math.nan))
    monkeypatch.setitem(model.network._modules, "lm_head", head)
    for step in (
        lambda: generate_one(prompt, picture, max_tokens=64, until=never),
        lambda: yes_no_logits_one(prompt, picture),
    ):
        with pytest.raises(PhotoRefused) as refused:
            step()
        assert refused.value.reason is RefusalReason.NOT_FINITE


def test_logits_that_are_no_numbers_refuse_the_batch(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, encoded = encode_noise(model, photos=2)
    head = ScriptedHead([[1], [1]], len(model.processor.tokenizer))
    numbers = head.forward

    def overflow(hidden: torch.Tensor) -> torch.Tensor:
        logits = numbers(hidden)
        logits[1:, :, 5] = torch.nan
        return logits

    monkeypatch.setattr(head, "forward", overflow)
    monkeypatch.setitem(model.network._modules, "lm_head", head)
    for step in (lambda: prompt.generate(encoded, max_tokens=1, until=never), lambda: prompt.yes_no_logits(encoded)):
        with pytest.raises(PhotoRefused) as refused:
            step()
        assert refused.value.reason is RefusalReason.NOT_FINITE


def test_a_photo_that_finds_no_room_twice_is_refused_and_the_next_one_is_scored(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, picture = model.build_prompt(NUMBER, "sofa"), picture_of(model, (640, 480))
    steps = [
        lambda: generate_one(prompt, picture, max_tokens=64, until=number_is_over),
        lambda: yes_no_logits_one(prompt, picture),
    ]
    expected, features, failures = [step() for step in steps], model.visual_features, [0]

    def encode_when_there_is_room(patches: Sequence[Patches]) -> list[torch.Tensor]:
        if failures[0]:
            failures[0] -= 1
            raise torch.OutOfMemoryError
        return features(patches)

    monkeypatch.setattr(model, "visual_features", encode_when_there_is_room)
    for step, answer in zip(steps, expected, strict=True):
        failures[0] = 2
        with pytest.raises(PhotoRefused) as refused:
            step()
        assert refused.value.reason is RefusalReason.OUT_OF_MEMORY
        failures[0] = 1
        assert step() == answer


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_memory_is_released_after_each_encode_and_all_of_it_before_the_second(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    prompt, released = model.build_prompt(NUMBER, QUERY), []
    features, left = model.visual_features, [torch.OutOfMemoryError()] * failures

    def encode_where_there_is_room(patches: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> list[torch.Tensor]:
        if left:
            raise left.pop()
        return features(patches)

    monkeypatch.setattr(model, "visual_features", encode_where_there_is_room)
    monkeypatch.setattr(model, "release_memory", lambda: released.append("released"))
    monkeypatch.setattr(gc, "collect", lambda: released.append("collected"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: released.append("emptied"))
    if failures == 2:
        with pytest.raises(PhotoRefused) as refused:
            encode(model, prompt, [draw((56, 56))])
        assert refused.value.reason is RefusalReason.OUT_OF_MEMORY
        assert isinstance(refused.value.__cause__, torch.OutOfMemoryError)
        assert refused.value.__cause__.__traceback__ is None  # its frames would hold the tensors
    else:
        assert len(encode(model, prompt, [draw((56, 56))])) == 1
    assert released == ["released", "collected", "emptied"] * failures + ["released"] * (failures < 2)


def test_a_gpu_that_fails_for_good_is_reported_in_one_line(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, encoded = encode_noise(model)

    def fail(*_: object, **__: object) -> None:
        raise torch.AcceleratorError("CUDA error: misaligned address\nmore of it")

    monkeypatch.setattr(model, "forward", fail)
    for step in (lambda: prompt.generate(encoded, max_tokens=1, until=never), lambda: prompt.yes_no_logits(encoded)):
        with pytest.raises(DeviceLost, match=r"^CUDA error: misaligned address$"):
            step()


def test_a_gpu_that_fails_for_good_is_reported_even_where_releasing_memory_fails_too(
    model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = model.build_prompt(NUMBER, "sofa")

    def fail(*_: object) -> None:
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered\nmore of it")

    monkeypatch.setattr(prompt, "_encode", fail)
    monkeypatch.setattr(model, "release_memory", fail)
    with pytest.raises(DeviceLost, match=r"^CUDA error: an illegal memory access was encountered$"):
        generate_one(prompt, Image.new("RGB", (56, 56)), max_tokens=1, until=lambda _: False)
