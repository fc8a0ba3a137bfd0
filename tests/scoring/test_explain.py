"""The model's own words on a score: prompted with it, from what is remembered of the photo, passed on as they grow."""

from pathlib import Path

import pytest

from lychee_rerank.errors import QueryRefused
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo, Readout, Refusal
from lychee_rerank.scoring.cache_keys import build_encoding_key
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import NUMBER, explain
from lychee_rerank.scoring.scorer import score_photos
from tests.fakes import CARD, CountingDecoder, FakeJudge
from tests.pictures import encode, make_plain, write_reds


def test_the_prompt_holds_the_score_and_the_explanation_is_the_whole_answer(tmp_path: Path) -> None:
    judge, (photo,) = FakeJudge(text=" 7 lamps are seen.\n没有沙发。 "), write_reds(tmp_path, [102])
    assert (
        explain_score(Engine(judge, decode_photo), parse_query("Red  lamp"), photo, score=6.7)
        == "7 lamps are seen.\n没有沙发。"
    )
    assert (judge.templates, judge.queries) == ([explain(6.7)], ["red lamp"])
    judge.text = "x" * 500
    assert explain_score(Engine(judge, decode_photo), parse_query("red"), photo, score=0.0) == "x" * 160


def test_what_cannot_be_explained_is_refused_with_its_reason(tmp_path: Path) -> None:
    gone = Photo("gone.jpg", tmp_path / "gone.jpg")
    assert explain_score(Engine(FakeJudge(), decode_photo), parse_query("red"), gone, score=1.0) == Refusal(
        0, "gone.jpg", RefusalReason.UNREADABLE
    )
    with pytest.raises(QueryRefused):
        explain_score(Engine(FakeJudge(), decode_photo), parse_query(" "), gone, score=1.0)


def test_what_is_remembered_for_a_number_serves_an_explanation_too() -> None:
    assert build_encoding_key(CARD, explain(6.7)) == build_encoding_key(CARD, NUMBER)


def test_a_scored_photo_is_neither_decoded_nor_encoded_again(tmp_path: Path) -> None:
    judge, (photo,), decode = FakeJudge(), write_reds(tmp_path, [102]), CountingDecoder()
    engine = Engine(judge, decode, memory=PhotoMemory(1000))
    list(score_photos(engine, parse_query("red"), [photo]))
    assert explain_score(engine, parse_query("red"), photo, score=4.0) == "4.0"
    assert (judge.encoded, len(decode.sizes_bytes)) == (1, 1)


def test_a_photo_that_is_explained_first_is_remembered_for_its_gallery(tmp_path: Path) -> None:
    judge, (photo, other) = FakeJudge(), write_reds(tmp_path, [102, 51])
    engine = Engine(judge, decode_photo, memory=PhotoMemory(100))  # an encoded photo takes 100
    explain_score(engine, parse_query("red"), photo, score=4.0, gallery="a")
    list(score_photos(engine, parse_query("red"), [photo]))
    list(score_photos(engine, parse_query("red"), [photo], readout=Readout.EXPECTED))
    assert judge.encoded == 1
    explain_score(engine, parse_query("red"), photo, score=4.0, gallery="a")
    explain_score(engine, parse_query("red"), other, score=2.0, gallery="a")
    explain_score(engine, parse_query("red"), photo, score=4.0, gallery="a")
    assert judge.encoded == 2  # the other did not push it out


def test_a_file_that_changed_is_encoded_anew(tmp_path: Path) -> None:
    judge, (photo,) = FakeJudge(), write_reds(tmp_path, [102])
    engine = Engine(judge, decode_photo, memory=PhotoMemory(1000))
    explain_score(engine, parse_query("red"), photo, score=4.0)
    photo.path.write_bytes(encode(make_plain((255, 0, 0), size=(20, 20)), "PNG"))
    assert explain_score(engine, parse_query("red"), photo, score=4.0) == "10.0"
    assert judge.encoded == 2


def test_the_text_is_passed_on_as_it_grows_until_it_is_the_whole(tmp_path: Path) -> None:
    judge, (photo,), texts = FakeJudge(text=" A red sofa. "), write_reds(tmp_path, [102]), list[str]()
    whole = explain_score(Engine(judge, decode_photo), parse_query("red"), photo, score=4.0, on_text=texts.append)
    assert texts[:4] == ["", "A", "A", "A r"]
    assert texts[-1] == whole == "A red sofa."


def test_nothing_more_is_generated_once_it_is_stopped(tmp_path: Path) -> None:
    judge, (photo,), texts = FakeJudge(text="A red sofa."), write_reds(tmp_path, [102]), list[str]()
    text = explain_score(
        Engine(judge, decode_photo),
        parse_query("red"),
        photo,
        score=4.0,
        on_text=texts.append,
        stop=lambda: texts[-1:] == ["A re"],
    )
    assert (text, texts[-1]) == ("A re", "A re")
