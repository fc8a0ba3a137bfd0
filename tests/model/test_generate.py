"""How an answer ends, and the score that is read from it, with tokens that a script gives the model."""

from collections.abc import Callable, Sequence

import pytest

from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.records import Rule
from lychee_rerank.scoring.prompts import NUMBER
from lychee_rerank.scoring.readout import number_is_over, read_number
from tests.model.plain_passes import ScriptedHead, encode_noise, generate_one, never, picture_of


@pytest.fixture
def script(model: VisionLanguageModel, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedHead]:
    """Has the model generate these tokens, a list per photo."""

    def put(*scripts: Sequence[int]) -> ScriptedHead:
        head = ScriptedHead(scripts, len(model.processor.tokenizer))
        monkeypatch.setitem(model.network._modules, "lm_head", head)
        return head

    return put


def tokens_of(model: VisionLanguageModel, text: str) -> list[int]:
    tokens: list[int] = model.processor.tokenizer.encode(text, add_special_tokens=False)
    return tokens


def test_answers_of_a_batch_end_one_by_one_and_all_of_them_as_soon_as_the_last_has(
    model: VisionLanguageModel, script: Callable[..., ScriptedHead]
) -> None:
    prompt, encoded = encode_noise(model, photos=3)
    end, digits = model.processor.tokenizer.eos_token_id, [*map(model.label_token, "0123456789")]
    head = script(
        [digits[8], end, digits[7]], [digits[1], digits[2], digits[3], digits[4]], [digits[5], digits[6], end]
    )
    answers = prompt.generate(encoded, max_tokens=9, until=lambda text: text == "1234")
    assert [(answer.text, len(answer.digits)) for answer in answers] == [("8", 2), ("123", 4), ("56", 3)]
    assert head.passes == 4
    assert [row.index(max(row)) for row in answers[1].digits] == [1, 2, 3, 4]


@pytest.mark.parametrize("most", [1, 2, 5])
def test_an_answer_has_no_more_tokens_than_it_may_and_no_pass_is_spent_on_the_next(
    model: VisionLanguageModel, script: Callable[..., ScriptedHead], most: int
) -> None:
    head = script([model.label_token("7")])
    prompt, encoded = encode_noise(model)
    (answer,) = prompt.generate(encoded, max_tokens=most, until=never)
    assert (answer.text, len(answer.digits), head.passes) == ("7" * most, most, most)


def test_half_a_character_is_neither_in_the_answer_nor_passed_on(
    model: VisionLanguageModel, script: Callable[..., ScriptedHead]
) -> None:
    prompt, encoded = encode_noise(model)
    rare = tokens_of(model, "🫠")
    assert len(rare) > 1
    passed_on: list[str] = []
    script([model.label_token("9"), *rare, *rare[:1]])
    (answer,) = prompt.generate(encoded, max_tokens=len(rare) + 2, until=lambda text: bool(passed_on.append(text)))
    assert (answer.text, passed_on) == ("9🫠", ["9", "9🫠"])


@pytest.mark.parametrize("several", [True, False])
def test_any_of_the_models_stop_tokens_ends_an_answer(
    model: VisionLanguageModel, script: Callable[..., ScriptedHead], monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    seven, stop = map(model.label_token, "70")
    config = model.network.generation_config
    monkeypatch.setattr(config, "eos_token_id", [*config.eos_token_id, stop] if several else stop)
    prompt, encoded = encode_noise(model)
    script([seven, stop, seven])
    (answer,) = prompt.generate(encoded, max_tokens=5, until=never)
    assert len(answer.digits) == 2


THROUGH_THE_DECODER = [
    # what the model would generate, what is kept of it, its score, the rule
    ("9.8", "9.8", 9.8, Rule.WHOLE_ANSWER),
    ("10", "10", 10.0, Rule.WHOLE_ANSWER),
    ("0.0", "0.0", 0.0, Rule.WHOLE_ANSWER),
    ("8.5/10", "8.5/10", 8.5, Rule.OUT_OF_TEN),
    ("85/100", "85/100", 8.5, Rule.PERCENT),
    ("9.8 because it shows a sofa", "9.8", 9.8, Rule.WHOLE_ANSWER),
    ("8.5分,有沙发", "8.5", 8.5, Rule.WHOLE_ANSWER),
    ("7\nThere is a sofa", "7", 7.0, Rule.WHOLE_ANSWER),
    ("Score: 8.5 / 10", "Score: 8.5 / 10", 8.5, Rule.LABELLED),
    ("评分:9", "评分:9", 9.0, Rule.LABELLED),
    ("８.５", "８.５", 8.5, Rule.WHOLE_ANSWER),
    ("-1", "-1", 0.0, Rule.NONE),
    ("85 or so", "85 or so", 0.0, Rule.NONE),
    ("", "", 0.0, Rule.NONE),
    ("no number " * 40, ("no number " * 40).strip()[:40], 0.0, Rule.NONE),
]


@pytest.mark.parametrize(("text", "kept", "value", "rule"), THROUGH_THE_DECODER)
def test_a_decoded_answer_gives_its_score(
    model: VisionLanguageModel, script: Callable[..., ScriptedHead], text: str, kept: str, value: float, rule: Rule
) -> None:
    tokens = [*tokens_of(model, text), model.processor.tokenizer.eos_token_id]
    prompt, head = model.build_prompt(NUMBER, "sofa"), script(tokens)
    answer = generate_one(prompt, picture_of(model, (640, 480)), max_tokens=64, until=number_is_over)
    score = read_number(answer)
    assert score.answer.startswith(kept) if len(tokens) > 65 else score.answer == kept
    assert head.passes == len(answer.digits) <= min(len(tokens), 64)
    assert (score.value, score.rule) == (pytest.approx(value), rule)


def test_decoding_stops_at_the_first_token_that_cannot_continue_a_number(
    model: VisionLanguageModel, script: Callable[..., ScriptedHead]
) -> None:
    prompt, head = model.build_prompt(NUMBER, "sofa"), script(tokens_of(model, "9.8 because it shows a sofa"))
    generate_one(prompt, picture_of(model, (640, 480)), max_tokens=64, until=number_is_over)
    assert head.passes <= len(tokens_of(model, "9.8")) + 3  # the space is no end yet; "because" may take two tokens
