"""A stale key cannot be hit: change any part of what a score, or an encoded photo, depends on, and it misses."""

import hashlib
from dataclasses import fields, replace
from pathlib import Path

import pytest

from lychee_rerank.query import parse_query
from lychee_rerank.records import ModelCard, Readout
from lychee_rerank.scoring import cache_keys
from lychee_rerank.scoring.cache_keys import EncodingKey, ScoreKey, build_encoding_key, build_key
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import NUMBER, YES_NO, PromptTemplate, template_for
from tests.fakes import CARD, FakeEncoding

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
