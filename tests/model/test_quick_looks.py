"""Quick looks on the bundled model: what they see, and that in the end nothing is other than without them."""

from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.model.patches import TOKEN_PX
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import EmptyCache
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.query import parse_query
from lychee_rerank.records import Look, Photo, Readout, ScoredPhoto
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.quick_look import NO_QUICK_LOOKS, MostPromisingFirst, QuickLookPlan, QuickLooks
from lychee_rerank.store.encoded_files import EncodedFiles
from tests.served import ROOT

QUERY = parse_query("沙发 + 灯泡 + 咖啡")
BEST = {"IMG_2690.jpg", "IMG_4867.jpg", "IMG_5969.webp"}
SAMPLES = [
    Photo(path.name, path)
    for n, path in enumerate(sorted((ROOT / "images").iterdir()))
    if n % 4 == 0 or path.name in BEST
]


def run(model: VisionLanguageModel, plan: QuickLookPlan, photos: list[Photo], readout: Readout) -> list[ScoredPhoto]:
    scorer = MostPromisingFirst(Engine(model, decode_photo), plan, readout=readout)
    steps = scorer.steps({QUERY: list(enumerate(photos))})
    return [outcome for step in steps for outcome in step if isinstance(outcome, ScoredPhoto)]


@pytest.mark.parametrize("readout", Readout)
def test_answers_and_order_are_the_same_with_quick_looks_and_expected_scores_too(
    model: VisionLanguageModel, readout: Readout
) -> None:
    with_them = run(model, QuickLookPlan(QuickLooks.ALWAYS), SAMPLES, readout)
    without = run(model, NO_QUICK_LOOKS, SAMPLES, readout)
    ranked = rank_photos(photo for photo in with_them if photo.look is Look.FULL)
    expected = rank_photos(without)
    assert [(one.scored.name, one.scored.score.answer) for one in ranked] == [
        (one.scored.name, one.scored.score.answer) for one in expected
    ]
    for one, other in zip(ranked, expected, strict=True):
        assert one.scored.score.expected == pytest.approx(other.scored.score.expected, abs=1e-4)
    assert len(with_them) == 2 * len(without)


def test_the_best_photos_have_the_first_full_looks(model: VisionLanguageModel) -> None:
    found = run(model, QuickLookPlan(QuickLooks.ALWAYS), SAMPLES, Readout.NUMBER)
    first = [photo.name for photo in found if photo.look is Look.FULL][:3]
    assert set(first) == BEST


@pytest.mark.parametrize("readout", [Readout.NUMBER, Readout.YES_NO])
def test_what_is_read_from_a_file_gives_the_same_scores_to_the_last_bit(
    model: VisionLanguageModel, readout: Readout, tmp_path: Path
) -> None:
    found = []
    for _ in range(2):
        engine = Engine(model, decode_photo, files=EncodedFiles(tmp_path, most_bytes=10**8))
        scorer = MostPromisingFirst(engine, QuickLookPlan(QuickLooks.ALWAYS), readout=readout)
        steps = scorer.steps({QUERY: list(enumerate(SAMPLES))})
        found.append([outcome for step in steps for outcome in step])
    assert len(list(tmp_path.iterdir())) == len(SAMPLES)
    assert found[0] == found[1]


def test_a_damaged_file_is_none(model: VisionLanguageModel, tmp_path: Path) -> None:
    (tmp_path / "half").write_bytes(b"\x08\0\0\0\0\0\0\0{")
    assert model.unpack(tmp_path / "half") is None
    assert model.unpack(tmp_path / "gone") is None


@pytest.mark.parametrize(
    ("own", "wanted", "tokens"),
    [(1280, None, 64), (999, None, 64), (256, None, 25), (36, None, 25), (20, None, 20), (36, 9, 9), (36, 100, 36)],
)
def test_a_quick_look_sees_a_tenth_but_25_to_64_tokens_or_as_many_as_are_wanted(
    model: VisionLanguageModel, own: int, wanted: int | None, tokens: int
) -> None:
    card = replace(model.card, pixel_budget_px=own * TOKEN_PX**2)
    full = VisionLanguageModel(model.network, model.processor, card=card, empty_cache=EmptyCache.PHOTO)
    quick = full.for_quick_looks(wanted)
    assert quick.card.pixel_budget_px == tokens * TOKEN_PX**2
    width, height = quick.fit_size(4000, 3000)
    assert width * height <= quick.card.pixel_budget_px
