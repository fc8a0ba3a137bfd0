"""A card whose memory is taken: photos are refused, the others scored, and all is well once there is room again."""

from collections.abc import Sequence

import pytest
import torch

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.model.kv_cache import EncodedPhoto
from lychee_rerank.model.network import Patches
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Outcome, Photo, Readout, Refusal, ScoredPhoto
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import NUMBER
from lychee_rerank.scoring.scorer import score_photos
from tests.gpu.cards import fill_card
from tests.model.plain_passes import P_TOLERANCE, QUERY, SCORE_TOLERANCE, encode, never, picture_of
from tests.model.test_exactness import photos

pytestmark = pytest.mark.gpu
__all__ = ["photos"]

HUNGRY = 2  # the photo for which there is no room, the only one of its shape


@pytest.fixture(scope="module")
def model(random_model: VisionLanguageModel) -> VisionLanguageModel:
    """What the imported fixture takes as the model."""
    return random_model


def score(engine: Engine, photos: Sequence[Photo], query: str = QUERY) -> list[Outcome]:
    outcomes = score_photos(engine, parse_query(query), photos, readout=Readout.EXPECTED)
    return sorted(outcomes, key=lambda outcome: outcome.index)


def crowd(
    model: VisionLanguageModel, photo: Photo, monkeypatch: pytest.MonkeyPatch, *, times: int
) -> list[torch.OutOfMemoryError]:
    """Fills the card each time this photo is encoded, so many times; what came of it."""
    features = model.visual_features
    failures: list[torch.OutOfMemoryError] = []
    _, wanted = model.patches(decode_photo(photo.path.read_bytes(), fit=model.fit_size).picture)

    def encode_without_room(patches: Sequence[Patches]) -> list[torch.Tensor]:
        if len(failures) == times or not any(torch.equal(grid, wanted) for _, grid in patches):
            return features(patches)
        filling = fill_card()
        try:
            return features(patches)
        except torch.OutOfMemoryError as error:
            failures.append(error.with_traceback(None))
            raise
        finally:
            filling.clear()

    monkeypatch.setattr(model, "visual_features", encode_without_room)
    return failures


@pytest.mark.usefixtures("cuda")
def test_a_full_card_refuses_the_photo_and_answers_as_before_once_there_is_room(model: VisionLanguageModel) -> None:
    prompt, pictures = model.build_prompt(NUMBER, QUERY), [picture_of(model, (1024, 768))]
    (before,) = prompt.generate(encode(model, prompt, pictures), max_tokens=1, until=never)
    filling = fill_card()
    try:
        with pytest.raises(PhotoRefused) as refused:
            encode(model, prompt, pictures)
    finally:
        filling.clear()
    assert refused.value.reason is RefusalReason.OUT_OF_MEMORY
    (again,) = prompt.generate(encode(model, prompt, pictures), max_tokens=1, until=never)
    assert again.digits[0] == pytest.approx(before.digits[0], abs=P_TOLERANCE)


@pytest.mark.usefixtures("cuda")
def test_a_photo_refused_for_lack_of_memory_leaves_the_others_scored(
    model: VisionLanguageModel, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(model, decode_photo)
    before = score(engine, photos)
    failures = crowd(model, photos[HUNGRY], monkeypatch, times=1000)
    after = score(engine, photos)
    refused = after.pop(HUNGRY)
    assert isinstance(refused, Refusal)
    assert refused.reason is RefusalReason.OUT_OF_MEMORY
    assert len(failures) >= 2
    for one, other in zip(after, before[:HUNGRY] + before[HUNGRY + 1 :], strict=True):
        assert isinstance(one, ScoredPhoto)
        assert isinstance(other, ScoredPhoto)
        assert one.score.value == pytest.approx(other.score.value, abs=SCORE_TOLERANCE)


@pytest.mark.usefixtures("cuda")
def test_a_card_that_is_full_for_a_moment_costs_what_is_remembered_and_no_score(
    model: VisionLanguageModel, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(model, decode_photo, memory=PhotoMemory[EncodedPhoto](1 << 30))
    other, hungry = photos[:1], photos[HUNGRY : HUNGRY + 1]
    (before,) = score(Engine(model, decode_photo), hungry)
    score(engine, other)
    kept_bytes = engine.memory.used_bytes
    failures = crowd(model, photos[HUNGRY], monkeypatch, times=2)
    (after,) = score(engine, hungry)
    assert isinstance(before, ScoredPhoto)
    assert isinstance(after, ScoredPhoto)
    assert after.score.value == pytest.approx(before.score.value, abs=SCORE_TOLERANCE)
    assert len(failures) == 2
    picture = decode_photo(hungry[0].path.read_bytes(), fit=model.fit_size).picture
    (alone,) = encode(model, model.build_prompt(NUMBER, QUERY), [picture])
    assert kept_bytes > 0
    assert engine.memory.used_bytes == alone.size_bytes  # the other one was given back for it
