"""The Python door, on the bundled model."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lychee_rerank
from lychee_rerank import Reranker
from lychee_rerank.errors import ExampleRefused, LycheeError, ModelUnusable, PhotoRefused, QueryRefused, SettingInvalid
from lychee_rerank.photos.decode import decode_photo, encode_picture
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.example import load_example
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Photo
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.settings import load_settings
from tests import pictures
from tests.fakes import FakeJudge
from tests.maps import HALF
from tests.served import ROOT

QUERY = "沙发 + 灯泡 + 咖啡"
SAMPLES = sorted((ROOT / "images").iterdir())
BEST = {"IMG_2690.jpg", "IMG_4867.jpg", "IMG_5969.webp"}


@pytest.fixture(scope="module")
def reranker() -> Iterator[Reranker]:
    with Reranker.load("demo") as reranker:
        yield reranker


def test_paths_come_back_best_first_each_scored_or_refused(reranker: Reranker, tmp_path: Path) -> None:
    report = reranker.rank(QUERY, [*SAMPLES, tmp_path / "gone.jpg"])
    assert {Path(result.name).name for result in report.results[:3]} == BEST
    assert [result.rank for result in report.results] == list(range(1, 33))
    assert [result.score for result in report.results] == sorted((r.score for r in report.results), reverse=True)
    assert {result.index for result in report.results} == set(range(32))
    assert all(result.name == str(SAMPLES[result.index]) for result in report.results)
    assert all(float(result.answer) == result.score for result in report.results)
    assert all(0 <= result.expected <= 10 and 0 <= result.label_mass <= 1 for result in report.results)
    assert [(refusal.index, refusal.reason) for refusal in report.refused] == [(32, RefusalReason.UNREADABLE)]


def test_bytes_paths_and_pictures_of_the_same_photo_get_the_same_score(reranker: Reranker) -> None:
    path = ROOT / "images" / "IMG_7489.jpg"  # lies on its side
    with Image.open(path) as picture:
        report = reranker.rank(QUERY, [path, str(path), path.read_bytes(), picture])
    by_index = sorted(report.results, key=lambda result: result.index)
    assert {result.score for result in by_index} == {6.7}
    assert by_index[0].expected == by_index[1].expected == by_index[2].expected
    assert by_index[3].expected == pytest.approx(by_index[0].expected, abs=0.1)  # a picture was decoded by its owner
    assert [result.name for result in by_index] == [str(path), str(path), "photo 2", "photo 3"]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "F", "I"])
def test_a_picture_of_any_mode_is_scored(reranker: Reranker, mode: str) -> None:
    picture = pictures.make_photo(64, 48).convert("L" if mode in ("LA", "I", "F") else "RGB").convert(mode)
    assert len(reranker.rank("sofa", [picture]).results) == 1


def test_a_turned_picture_is_set_upright(reranker: Reranker) -> None:
    upright = pictures.make_photo(320, 240)
    with Image.open(io.BytesIO(pictures.encode_turned(upright, 6))) as turned:
        seen = decode_photo(encode_picture(turned), fit=lambda w, h: (w, h)).picture
    assert seen.size == upright.size


def test_top_k_cuts_the_results_and_never_the_refused(reranker: Reranker) -> None:
    report = reranker.rank(QUERY, [b"no picture", *SAMPLES], top_k=3)
    assert ([result.rank for result in report.results], len(report.refused)) == ([1, 2, 3], 1)
    with pytest.raises(SettingInvalid):
        reranker.rank(QUERY, SAMPLES, top_k=0)


def test_another_query_is_answered_from_memory_with_the_scores_of_a_fresh_look() -> None:
    with Reranker.load("demo", readout="expected", memory_bytes=1 << 28) as remembering:
        remembering.rank("a dog", SAMPLES)
        assert remembering._engine.memory.used_bytes > 0
        second = remembering.rank(QUERY, SAMPLES)
    assert remembering._engine.memory.used_bytes == 0
    with Reranker.load("demo", readout="expected", memory_bytes=0) as forgetting:
        fresh = forgetting.rank(QUERY, SAMPLES)
        assert forgetting._engine.memory.used_bytes == 0
    assert [result.index for result in second.results] == [result.index for result in fresh.results]
    for one, other in zip(second.results, fresh.results, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-4)


def test_the_script_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```python\n(from lychee_rerank import Reranker\n.*?)```", text, re.DOTALL)
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("LYCHEE_MODEL", "demo")
    exec(compile(script, "README.md", "exec"), {})
    told = capsys.readouterr().out
    assert "1 10.0 images/IMG_" in told
    assert "refused" not in told


def test_a_score_is_explained(reranker: Reranker) -> None:
    assert "6.7" in reranker.why(QUERY, ROOT / "images" / "IMG_7489.jpg")
    with pytest.raises(PhotoRefused):
        reranker.why(QUERY, b"no picture")


def test_errors_are_the_packages_own(reranker: Reranker) -> None:
    with pytest.raises(QueryRefused):
        reranker.rank("  ", SAMPLES)
    with pytest.raises(ModelUnusable):
        Reranker.load("no-such-folder")
    for wrong in ({"readout": "guess"}, {"device": "tpu"}, {"device": "cuda"}):
        with pytest.raises(SettingInvalid):
            Reranker.load("demo", **wrong)  # type: ignore[arg-type]
    assert issubclass(SettingInvalid, LycheeError)


def test_the_best_few_can_be_had_without_a_full_look_at_every_photo(reranker: Reranker) -> None:
    photos = []
    for number in range(60):  # no two of them the same
        with Image.open(SAMPLES[number % len(SAMPLES)]) as picture:
            photos.append(picture.convert("RGB").resize((320 + number, 240)))
    settled, whole = (reranker.rank(QUERY, photos, top_k=2, settle=settle) for settle in (True, False))
    assert (len(settled.results), whole.full_looks) == (2, 60)
    assert 10 <= settled.full_looks < 60
    assert settled.results == whole.results


def test_only_the_best_few_can_settle(reranker: Reranker) -> None:
    with pytest.raises(SettingInvalid, match="top_k"):
        reranker.rank(QUERY, [], settle=True)


def test_of_photos_that_are_nearly_the_same_the_best_alone_is_given(reranker: Reranker) -> None:
    photos = []
    for path in SAMPLES[:4]:
        with Image.open(path) as picture:
            photos += [picture.convert("RGB").resize(size) for size in ((480, 360), (320, 240))]
    whole = reranker.rank(QUERY, photos)
    assert [result.group for result in whole.results].count(1) == 2
    for _ in range(2):  # the second time nothing is decoded
        distinct = reranker.rank(QUERY, photos, top_k=3, distinct=True)
        best = [(result.rank, result.index) for result in whole.results if result.group == result.rank]
        assert [(result.rank, result.index) for result in distinct.results] == best[:3]
        assert len({result.index // 2 for result in distinct.results}) == 3
    with pytest.raises(SettingInvalid, match="distinct"):
        reranker.rank(QUERY, photos, top_k=3, settle=True, distinct=True)


def test_nothing_is_no_error_and_gives_nothing(reranker: Reranker) -> None:
    assert reranker.rank(QUERY, []) == lychee_rerank.Report(results=(), refused=(), full_looks=0)


def test_the_public_names_are_there_and_no_others() -> None:
    assert set(lychee_rerank.__all__) == {"Report", "Reranker", "Result"}
    assert all(getattr(lychee_rerank, name).__name__ == name for name in lychee_rerank.__all__)
    with pytest.raises(AttributeError):
        lychee_rerank.rerank  # noqa: B018


def test_a_broken_picture_is_refused_and_the_others_are_scored(reranker: Reranker) -> None:
    closed = pictures.make_photo(64, 48)
    closed.close()
    array = np.asarray(pictures.make_photo(64, 48))
    report = reranker.rank("sofa", [closed, SAMPLES[0], Image.new("RGB", (0, 0)), array, io.BytesIO(b"")])
    assert sorted(result.index for result in report.results) == [1, 3]
    reasons = {refusal.index: refusal.reason for refusal in report.refused}
    assert reasons == {0: RefusalReason.BROKEN, 2: RefusalReason.BROKEN, 4: RefusalReason.EMPTY}
    with pytest.raises(PhotoRefused):
        reranker.why("sofa", closed)


@pytest.mark.parametrize(
    ("photos", "told"),
    [
        (str(SAMPLES[0]), "expected a list of photos, got str"),
        (SAMPLES[0], "expected a list of photos, got PosixPath"),
        (b"bytes", "expected a list of photos, got bytes"),
        (7, "expected a list of photos, got int"),
        ([SAMPLES[0], 7], "photo 1: int is no photo"),
        ([SAMPLES[0], [SAMPLES[1]]], "photo 1: list is no photo"),
    ],
    ids=lambda value: str(value)[-20:],
)
def test_a_lone_photo_or_a_foreign_type_is_an_error_that_says_what_is_taken(
    reranker: Reranker, photos: object, told: str
) -> None:
    with pytest.raises(TypeError, match=f"{told}.*a path, bytes, an open binary file, a PIL picture"):
        reranker.rank("sofa", photos)  # type: ignore[arg-type]


def test_with_a_map_the_models_own_score_stands_beside_the_one_that_is_told(tmp_path: Path) -> None:
    settings = replace(load_settings({"LYCHEE_DATA_DIR": str(tmp_path)}), calibration=HALF)
    photos = [photo.path for photo in pictures.write_reds(tmp_path, [51, 255])]
    with Reranker(Engine(FakeJudge(), decode_photo), settings, DecodePool()) as reranker:
        results = reranker.rank("red", photos).results
    assert [(result.index, result.score, result.raw) for result in results] == [(1, 5.0, 10.0), (0, 1.0, 2.0)]


def test_without_a_map_there_is_no_other_score(reranker: Reranker) -> None:
    assert reranker.rank("sofa", SAMPLES[:1]).results[0].raw is None


@pytest.mark.parametrize("words", ["", "but in blue"])
def test_a_photo_is_the_question_with_words_and_without_whatever_it_is_given_as(words: str, tmp_path: Path) -> None:
    judge, photos = FakeJudge(), [photo.path for photo in pictures.write_reds(tmp_path, [51, 204, 255])]
    settings = load_settings({"LYCHEE_DATA_DIR": str(tmp_path)})
    with Reranker(Engine(judge, decode_photo), settings, DecodePool()) as reranker:
        reports = [reranker.rank(words, photos, like=like) for like in (photos[1], photos[1].read_bytes())]
        assert reranker.why(words, photos[0], like=photos[1]) == f"{(255 - 204 + 51) / 25.5:.1f}"
    assert reports[0] == reports[1]
    assert [(result.index, result.score) for result in reports[0].results] == [(1, 10.0), (2, 8.0), (0, 4.0)]
    assert (set(judge.queries), len(judge.examples)) == ({words}, 1)
    reranker._engine.encode_example(load_example(Photo("", photos[1])))
    assert len(judge.examples) == 2  # nothing is left of it once the door is closed


def test_an_example_that_cannot_be_used_is_an_error(reranker: Reranker, tmp_path: Path) -> None:
    for example in (tmp_path / "gone.jpg", b"no picture", io.BytesIO(b""), Image.new("RGB", (0, 0))):
        with pytest.raises(ExampleRefused):
            reranker.rank("", SAMPLES[:1], like=example)
    with pytest.raises(TypeError, match="like: int is no photo; give a path"):
        reranker.rank("", SAMPLES[:1], like=7)  # type: ignore[arg-type]
