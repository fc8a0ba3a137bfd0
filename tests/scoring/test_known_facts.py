"""What is known of photos is noted where they are decoded, and once for those that need no decoding."""

from pathlib import Path

import pytest

from lychee_rerank.facts import PhotoFacts
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.hashes import hash_file
from lychee_rerank.query import parse_query
from lychee_rerank.records import ScoredPhoto
from lychee_rerank.scoring import known_facts
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import ScoresOfOneRun
from lychee_rerank.scoring.known_facts import FactsInMemory
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.scorer import score_photos
from tests.fakes import CountingDecoder, FakeEncoding, FakeJudge
from tests.pictures import encode, make_photo, write_reds

RED = parse_query("red")


def test_a_photo_is_decoded_once_for_its_score_and_its_facts(tmp_path: Path) -> None:
    photos, decoder, facts = write_reds(tmp_path, [255, 0]), CountingDecoder(), FactsInMemory()
    engine = Engine(FakeJudge(), decoder, PhotoMemory[FakeEncoding](10**9), facts=facts)
    hashes = [outcome.photo_hash for outcome in score_photos(engine, RED, photos) if isinstance(outcome, ScoredPhoto)]
    assert [facts.of(hashes)[one].width_px for one in hashes] == [16, 16]
    list(score_photos(engine, parse_query("blue"), photos))
    assert len(decoder.sizes_bytes) == 2


def test_the_facts_of_a_photo_whose_score_is_known_are_noted_once(tmp_path: Path) -> None:
    photos, decoder, facts = write_reds(tmp_path, [255]), CountingDecoder(), FactsInMemory()
    large = tmp_path / "255.png"
    large.write_bytes(encode(make_photo(900, 600)))
    known = ScoresOfOneRun()
    engine = Engine(FakeJudge(), decode_photo)
    list(score_photos(engine, RED, photos, known=known))
    for _ in range(2):
        (outcome,) = score_photos(Engine(FakeJudge(), decoder, facts=facts), RED, photos, known=known)
        assert isinstance(outcome, ScoredPhoto)
    assert len(decoder.sizes_bytes) == 1
    assert facts.of([hash_file(large)])[hash_file(large)].width_px == 900


def test_a_known_score_outlives_a_photo_that_cannot_be_decoded_any_more(tmp_path: Path) -> None:
    photos, known = write_reds(tmp_path, [255]), ScoresOfOneRun()
    engine = Engine(FakeJudge(), decode_photo, facts=FactsInMemory())
    (first,) = score_photos(engine, RED, photos, known=known)
    assert isinstance(first, ScoredPhoto)
    (tmp_path / "255.png").write_bytes(b"no picture")
    known[hash_file(tmp_path / "255.png")] = first.score
    (outcome,) = score_photos(Engine(FakeJudge(), decode_photo, facts=FactsInMemory()), RED, photos, known=known)
    assert isinstance(outcome, ScoredPhoto)


def test_nobody_who_wants_no_facts_has_photos_decoded_for_them(tmp_path: Path) -> None:
    photos, decoder, known = write_reds(tmp_path, [255]), CountingDecoder(), ScoresOfOneRun()
    list(score_photos(Engine(FakeJudge(), decode_photo), RED, photos, known=known))
    list(score_photos(Engine(FakeJudge(), decoder), RED, photos, known=known))
    assert decoder.sizes_bytes == []


def test_memory_forgets_what_nobody_asked_for_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_facts, "_MOST_PHOTOS", 2)
    facts, one = FactsInMemory(), PhotoFacts(1, 1, None, "", b"")
    for photo_hash in "ab":
        facts.keep(photo_hash, one)
    assert facts.of(["a", "z"]) == {"a": one}
    facts.keep("c", one)
    assert facts.of("abc").keys() == {"a", "c"}
