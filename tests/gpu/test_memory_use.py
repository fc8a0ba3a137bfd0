"""The card's memory: given back after each photo, flat over many, and layers that find no room are counted aloud."""

import logging
from pathlib import Path

import pytest
import torch

from benchmarks.checkpoints import LANGUAGE, VISION
from benchmarks.galleries import draw_photos
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import EmptyCache
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.query import parse_query
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import NUMBER, WHOLE
from lychee_rerank.scoring.readout import read_expected
from lychee_rerank.scoring.scorer import score_photos
from tests.gpu.cards import fill_card
from tests.gpu.conftest import load
from tests.gpu.test_bf16 import SCORE_BOUND
from tests.model.plain_passes import QUERY, draw, encode, generate_one, never
from tools.full_size_checkpoint import build_config, write_checkpoint

pytestmark = pytest.mark.gpu

MIB = 1 << 20
SEGMENT_BYTES = 20 * MIB  # what PyTorch's allocator takes from the card at once, at least, for tensors above 1 MB
LARGE_PX = 1280 * 28 * 28
PHOTOS, SETTLED = 200, 30
ROPE = {"mrope_section": [8, 12, 12]}  # half of a head's 64


def reserved_after_a_photo(folder: Path, device: str, empty_cache: EmptyCache) -> int:
    """How much more than its tensors the card's memory has taken, once a large photo is encoded and dropped."""
    model = load(folder, device=device, dtype="bfloat16", pixel_budget_px=LARGE_PX, empty_cache=empty_cache)
    torch.cuda.empty_cache()
    encode(model, model.build_prompt(NUMBER, QUERY), [draw(model.fit_size(1920, 1080))])
    model.release_memory()
    return torch.cuda.memory_reserved() - torch.cuda.memory_allocated()


def test_memory_is_given_back_after_each_photo_unless_told_otherwise(random_folder: Path, cuda: str) -> None:
    given_back, held = (
        reserved_after_a_photo(random_folder, cuda, when) for when in (EmptyCache.PHOTO, EmptyCache.NEVER)
    )
    assert given_back <= 2 * SEGMENT_BYTES
    assert held > given_back


@pytest.mark.parametrize("empty_cache", list(EmptyCache))
def test_memory_is_flat_over_two_hundred_photos(
    random_folder: Path, cuda: str, tmp_path: Path, empty_cache: EmptyCache
) -> None:
    model = load(random_folder, device=cuda, dtype="bfloat16", empty_cache=empty_cache)
    engine, photos = Engine(model, decode_photo), draw_photos(tmp_path / "photos", PHOTOS, (320, 240))
    allocated, reserved = [], []
    for _ in score_photos(engine, parse_query(QUERY), photos):
        allocated.append(torch.cuda.memory_allocated())
        reserved.append(torch.cuda.memory_reserved())
    assert len(allocated) == PHOTOS
    half = (SETTLED + PHOTOS) // 2
    for used in (allocated, reserved):
        assert max(used[half:]) <= max(used[SETTLED:half]) + MIB


@pytest.fixture(scope="module")
def larger_folder(device: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """0.4 B random parameters in BF16: enough for a card to have room for a part of them."""
    folder = tmp_path_factory.mktemp("larger") / "model"
    vision = {**VISION, "out_hidden_size": LANGUAGE["hidden_size"], "fullatt_block_indexes": [3, 7, 11, 15]}
    text = {**LANGUAGE, "layer_types": ["full_attention"] * LANGUAGE["num_hidden_layers"]}
    write_checkpoint(folder, build_config(vision, text, ROPE))
    return folder


def expected_score(model: VisionLanguageModel) -> float:
    prompt = model.build_prompt(WHOLE, QUERY)
    return read_expected(generate_one(prompt, draw((280, 196)), max_tokens=1, until=never)).value


def test_the_larger_checkpoint_gives_a_score_between_the_ends(larger_folder: Path, device: str) -> None:
    model = load(larger_folder, device=device, dtype="bfloat16")
    assert 0 < expected_score(model) < 10
    assert model.card.off_gpu_layers == 0


def test_layers_that_find_no_room_on_the_card_are_counted_and_score_the_same(
    larger_folder: Path, cuda: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = load(larger_folder, device=cuda, dtype="bfloat16")
    expected, weights_bytes = expected_score(whole), 2 * whole.card.parameters
    del whole
    filling = fill_card(but_bytes=weights_bytes // 2)
    try:
        with caplog.at_level(logging.WARNING, logger="lychee_rerank"):
            model = load(larger_folder, device=None, dtype="bfloat16")
    finally:
        filling.clear()
    assert model.card.off_gpu_layers > 0
    assert f"{model.card.off_gpu_layers} layers run on the CPU" in caplog.text
    assert expected_score(model) == pytest.approx(expected, abs=SCORE_BOUND)
