"""A stale key cannot be hit: change any part of what a score, or an encoded photo, depends on, and it misses."""

import hashlib
from dataclasses import fields, replace
from pathlib import Path

import pytest

from lychee_rerank.model_card import ModelCard
from lychee_rerank.query import Example, Query, parse_query
from lychee_rerank.records import Readout
from lychee_rerank.scoring import cache_keys
from lychee_rerank.scoring.cache_keys import EncodingKey, ScoreKey, build_encoding_key, build_key
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import NUMBER, NUMBER_LIKE, YES_NO, YES_NO_LIKE, PromptTemplate, template_for
from tests.fakes import CARD, FakeEncoding
from tests.maps import HALF

CARDS = {
    "fingerprint": replace(CARD, fingerprint="another"),
    "dtype": replace(CARD, dtype="bfloat16"),
    "attention": replace(CARD, attention="flash_attention_2"),
    "pixel_budget_px": replace(CARD, pixel_budget_px=1280 * 28 * 28),
}
OTHER_SYSTEM = replace(NUMBER, system="Another judge.")
OTHER_START = replace(NUMBER, user="Look: " + NUMBER.user)


def encoding_key(card: ModelCard = CARD, template: PromptTemplate = NUMBER) -> EncodingKey:
    return build_encoding_key(card, template)


def score_key(card: ModelCard = CARD, query: str = "red", readout: Readout = Readout.NUMBER) -> ScoreKey:
    return build_key(card, parse_query(query), readout=readout, template=template_for(readout))


@pytest.mark.parametrize("card", [*CARDS.values(), replace(CARD, folder=Path("other"))], ids=[*CARDS, "folder"])
def test_an_encoded_photo_is_not_found_for_another_model(card: ModelCard) -> None:
    memory = PhotoMemory[FakeEncoding](1000)
    memory.keep(encoding_key().of("photo"), FakeEncoding(None), gallery=0)  # type: ignore[arg-type]
    assert memory.find(encoding_key().of("photo"), gallery=0) is not None
    assert memory.find(encoding_key(card).of("photo"), gallery=0) is None


@pytest.mark.parametrize("template", [OTHER_SYSTEM, OTHER_START, YES_NO], ids=["system", "before", "photo last"])
def test_an_encoded_photo_is_not_found_behind_another_prefix(template: PromptTemplate) -> None:
    assert encoding_key(template=template).of("photo") != encoding_key().of("photo")


def test_another_photo_and_another_decode_policy_are_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    now = encoding_key()
    assert now.of("photo") != now.of("another")
    score_now = score_key().of("photo")
    monkeypatch.setattr(cache_keys, "DECODE_POLICY_VERSION", cache_keys.DECODE_POLICY_VERSION + 1)
    assert encoding_key().of("photo") != now.of("photo")
    assert score_key().of("photo") != score_now


@pytest.mark.parametrize("card", [*CARDS.values(), replace(CARD, device="GPU")], ids=[*CARDS, "device"])
def test_a_kept_score_is_not_found_for_another_model(card: ModelCard) -> None:
    assert score_key(card).of("photo") != score_key().of("photo")


def test_a_kept_score_is_not_found_for_another_query_readout_or_package(monkeypatch: pytest.MonkeyPatch) -> None:
    now = score_key().of("photo")
    assert score_key(query="redder").of("photo") != now
    assert score_key(query="  RED ").of("photo") == now  # the same query, as it is scored
    assert score_key(readout=Readout.EXPECTED).of("photo") != now
    monkeypatch.setattr(cache_keys, "version", lambda name: "0")
    assert score_key().of("photo") != now


@pytest.mark.parametrize("key", [score_key(), encoding_key()], ids=["score", "photo"])
def test_every_field_is_part_of_the_key(key: ScoreKey | EncodingKey) -> None:
    for field in fields(key):
        if field.name != "photo":
            other = replace(key, **{field.name: "another"})
            assert other.of("photo") != key.of("photo"), field.name


def test_a_score_that_an_earlier_version_kept_is_found_under_its_key() -> None:
    key = ScoreKey("red", Readout.NUMBER, "number 1 hash", "model", "float32", "sdpa", "CPU", 784, 1, "torch 2.0")
    text = (
        '{"attention": "sdpa", "decode_policy": 1, "device": "CPU", "dtype": "float32", "model": "model", '
        '"packages": "torch 2.0", "photo": "hash", "pixel_budget_px": 784, "prompt": "number 1 hash", '
        '"query": "red", "readout": "number"}'
    )
    assert key.of("hash") == hashlib.sha256(text.encode()).hexdigest()


def like(photo_hash: str = "e", words: str = "") -> Query:
    return parse_query(words, Example("name", Path("path"), photo_hash))


def key_like(query: Query, card: ModelCard = CARD, readout: Readout = Readout.NUMBER) -> str:
    return build_key(card, query, readout=readout, template=template_for(readout)).of("photo")


def test_a_score_beside_an_example_is_found_for_that_example_and_those_words_alone() -> None:
    now = key_like(like())
    assert key_like(parse_query("", Example("another name", Path("elsewhere"), "e"))) == now
    others = [like("f"), like(words="red"), parse_query("red")]
    keys = [now, *map(key_like, others), key_like(like(), replace(CARD, example_budget_px=1))]
    keys += [key_like(like(), replace(CARD, pixel_budget_px=1)), key_like(like(), readout=Readout.YES_NO)]
    assert len(set(keys)) == len(keys)


def test_a_score_for_words_does_not_depend_on_how_large_an_example_would_be() -> None:
    words, larger = parse_query("red"), replace(CARD, example_budget_px=1)
    assert key_like(words, larger) == key_like(words)
    assert "example" not in str(build_key(CARD, words, readout=Readout.NUMBER, template=NUMBER).fields)


def test_the_key_beside_an_example_names_its_prompt_and_no_map() -> None:
    key = build_key(CARD, like(), readout=Readout.NUMBER, template=NUMBER, calibration=HALF)
    assert (key.prompt, key.example, key.example_budget_px) == (NUMBER_LIKE.identity, "e", CARD.example_budget_px)
    assert key.calibration == ""
    assert key.about(parse_query("red"), CARD, NUMBER) == score_key()


def test_an_encoded_photo_serves_words_and_examples_alike() -> None:
    for template, of_examples in ((NUMBER, NUMBER_LIKE), (YES_NO, YES_NO_LIKE)):
        assert encoding_key(template=of_examples) == encoding_key(template=template)
