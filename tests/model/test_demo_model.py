"""The bundled weights themselves: their order by every readout, in every language, and their doubt."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from lychee_rerank.model.demo_vocabulary import MIN_LABEL_MASS
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.folders import find_photos
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo, Readout, Rule, Score, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.scorer import score_photos
from tests.fakes import CountingDecoder

IMAGES = Path(__file__).resolve().parents[2] / "images"
SEED_QUERIES = ("沙发 + 灯泡 + 咖啡", "sofa, light bulb and coffee", "沙发 + light bulb + 咖啡")
ALL_THREE = {"IMG_4867.jpg", "IMG_2690.jpg", "IMG_5969.webp"}
TWO_OF_THREE = {"IMG_7489.jpg", "IMG_8845.jpg", "IMG_3539.png"}
TOLERANCE = 1e-4
READOUTS = list(Readout)


@pytest.fixture(scope="module")
def samples() -> tuple[Photo, ...]:
    return find_photos([IMAGES]).photos


def score_all(model: VisionLanguageModel, query: str, photos: tuple[Photo, ...], readout: Readout) -> list[ScoredPhoto]:
    """Every photo scored, none refused."""
    outcomes = sorted(
        score_photos(Engine(model, decode_photo), parse_query(query), photos, readout=readout),
        key=lambda outcome: outcome.index,
    )
    assert all(isinstance(outcome, ScoredPhoto) for outcome in outcomes)
    return outcomes


@pytest.mark.parametrize("query", SEED_QUERIES)
@pytest.mark.parametrize("readout", [Readout.NUMBER, Readout.EXPECTED])
def test_the_seed_example_comes_out_as_a_person_would_put_it(
    model: VisionLanguageModel, samples: tuple[Photo, ...], query: str, readout: Readout
) -> None:
    ranked = [photo.scored for photo in rank_photos(score_all(model, query, samples, readout))]
    assert {photo.name for photo in ranked[:3]} == ALL_THREE
    assert {photo.name for photo in ranked[3:6]} == TWO_OF_THREE
    assert ranked[2].score.value >= 8
    assert not [photo.name for photo in ranked if photo.score.rule is Rule.NONE]


@pytest.mark.parametrize("query", SEED_QUERIES)
def test_yes_against_no_puts_a_photo_that_shows_everything_first(
    model: VisionLanguageModel, samples: tuple[Photo, ...], query: str
) -> None:
    first = rank_photos(score_all(model, query, samples, Readout.YES_NO))[0].scored
    assert first.name in ALL_THREE
    assert first.score.label_mass > MIN_LABEL_MASS


@pytest.mark.parametrize("readout", READOUTS)
def test_a_photo_gets_the_same_score_again_and_alone_as_among_others(
    model: VisionLanguageModel, samples: tuple[Photo, ...], readout: Readout
) -> None:
    first, second = (score_all(model, SEED_QUERIES[0], samples, readout) for _ in range(2))
    assert [photo.score for photo in first] == [photo.score for photo in second]
    for photo, among in list(zip(samples, first, strict=True))[::8]:
        (alone,) = score_all(model, SEED_QUERIES[0], (photo,), readout)
        assert alone.score.answer == among.score.answer
        assert alone.score.expected == pytest.approx(among.score.expected, abs=TOLERANCE)


def photographs(folder: Path) -> Iterator[Photo]:
    """A temple and a flower, photographed."""
    for number, pixels in enumerate(load_sample_images().images):
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        yield Photo(path.name, path)


@pytest.mark.parametrize("readout", READOUTS)
def test_photographs_score_low_and_unsurely(model: VisionLanguageModel, tmp_path: Path, readout: Readout) -> None:
    photos = tuple(photographs(tmp_path))
    scores: list[Score] = [
        photo.score
        for query in ("sunset", "沙发", "a dog and a cat")
        for photo in score_all(model, query, photos, readout)
    ]
    assert max(score.value for score in scores) <= 2
    assert max(score.label_mass for score in scores) < MIN_LABEL_MASS


def test_drawings_of_its_world_are_judged_surely(model: VisionLanguageModel, samples: tuple[Photo, ...]) -> None:
    scored = score_all(model, SEED_QUERIES[0], samples, Readout.EXPECTED)
    assert sum(photo.score.label_mass > MIN_LABEL_MASS for photo in scored) >= 30


@pytest.mark.parametrize("score", [6.7, 5.4])
def test_an_explanation_keeps_to_the_score_that_was_given_and_names_what_is_missing(
    model: VisionLanguageModel, samples: tuple[Photo, ...], score: float
) -> None:
    sofa_and_bulb = next(photo for photo in samples if photo.name == "IMG_7489.jpg")
    explanation = explain_score(Engine(model, decode_photo), parse_query(SEED_QUERIES[0]), sofa_and_bulb, score=score)
    assert isinstance(explanation, str)
    assert explanation.startswith(f"{score:.1f}分")
    present, _, missing = explanation.partition("没有看到")
    assert "沙发" in present
    assert "咖啡" in missing


def test_an_explanation_from_memory_is_that_of_a_new_encoding_and_its_last_text_is_the_whole(
    model: VisionLanguageModel, samples: tuple[Photo, ...]
) -> None:
    photo = next(photo for photo in samples if photo.name == "IMG_7489.jpg")
    texts, decode = list[str](), CountingDecoder()
    anew = explain_score(Engine(model, decode_photo), parse_query(SEED_QUERIES[0]), photo, score=6.7)
    engine = Engine(model, decode, memory=PhotoMemory(2**30))
    list(score_photos(engine, parse_query(SEED_QUERIES[0]), [photo]))
    remembered = explain_score(engine, parse_query(SEED_QUERIES[0]), photo, score=6.7, on_text=texts.append)
    assert len(decode.sizes_bytes) == 1
    assert remembered == anew == texts[-1]
    assert len(set(texts)) > 10
    assert [len(text) for text in texts] == sorted(len(text) for text in texts)
