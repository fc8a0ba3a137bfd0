"""A gallery of many shapes through the whole engine: memory cold, warm and half evicted, held to plain passes."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model.kv_cache import EncodedPhoto
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.example import load_example
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import Answer, Photo, Readout, Score, ScoredPhoto, YesNoLogits
from lychee_rerank.results.ranking import rank_photos
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.prompts import PromptTemplate, template_for
from lychee_rerank.scoring.readout import read_expected, read_number, read_yes_no
from lychee_rerank.scoring.scorer import MAX_ANSWER_TOKENS, score_photos
from lychee_rerank.settings import PROJECT_FOLDER
from tests.model.plain_passes import SCORE_TOLERANCE, plain_inputs, plain_probabilities

SIZES = [(1024, 768), (768, 1024), (1920, 1080), (500, 500), (1, 1), (4000, 40), (1024, 768), (300, 800), (640, 480)]
WORDS = ["沙发 + light bulb", "咖啡"]
SAMPLES = sorted((PROJECT_FOLDER / "images").glob("*.*"))


def make_random(folder: Path) -> Path:
    """A random checkpoint whose vision layers attend within windows, small enough for many plain passes."""
    shutil.copytree(DEMO_FOLDER, folder, ignore=shutil.ignore_patterns("*.safetensors", "config.json"))
    config: Any = Qwen2_5_VLConfig.from_pretrained(DEMO_FOLDER)
    config.vision_config.depth, config.vision_config.fullatt_block_indexes = 3, [1]
    config.text_config.num_hidden_layers, config.text_config.layer_types = 2, ["full_attention"] * 2
    config.text_config.initializer_range = config.initializer_range = 0.2  # so that their answers differ
    torch.manual_seed(0)
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["demo", "random"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VisionLanguageModel:
    folder = DEMO_FOLDER if request.param == "demo" else make_random(tmp_path_factory.mktemp("model") / "random")
    chosen = ModelChoice(folder=folder, name=request.param, demo=True, reason=ChoiceReason.REQUESTED)
    pixels = None if request.param == "demo" else 100 * 28 * 28
    return load_model(chosen, dtype=None, pixel_budget_px=pixels, empty_cache=EmptyCache.PHOTO)


@pytest.fixture(scope="module")
def photos(model: VisionLanguageModel, tmp_path_factory: pytest.TempPathFactory) -> list[Photo]:
    """Files at the sizes to which the model scales them, so that both ways start from the same picture."""
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / f"{n}.png" for n in range(len(SIZES))]
    for n, (path, size) in enumerate(zip(paths, SIZES, strict=True)):
        Image.open(SAMPLES[n]).convert("RGB").resize(model.fit_size(*size)).save(path)
    return [Photo(path.name, path) for path in paths]


def score_plainly(
    model: VisionLanguageModel, photo: Photo, query: Query, readout: Readout, template: PromptTemplate
) -> Score:
    """The score from whole prompts, whole photos and whole examples, one pass per token."""
    picture, example = decode_photo(photo.path.read_bytes(), fit=model.fit_size).picture, None
    if query.example:
        example = decode_photo(query.example.path.read_bytes(), fit=model.fit_example).picture
    inputs = plain_inputs(model, picture, query.cleaned, template.of(query), example)
    first = plain_probabilities(model, inputs)
    if readout is Readout.YES_NO:
        yes, no = (float(first[model.label_token(word)].log()) for word in ("yes", "no"))
        return read_yes_no(YesNoLogits(text="", ln_yes=yes, ln_no=no))
    digits = [model.label_token(str(n)) for n in range(10)]
    ten = float(plain_probabilities(model, inputs, "1")[digits[0]])
    if readout is Readout.EXPECTED:
        return read_expected(Answer(text="", digits=(tuple(first[digits].tolist()),), ten=ten))
    model.network.model.rope_deltas = None
    generated = model.network.generate(**inputs, do_sample=False, max_new_tokens=MAX_ANSWER_TOKENS)
    tokens = generated[0, inputs["input_ids"].shape[1] :].tolist()
    rows = [plain_probabilities(model, inputs, tokens[:n])[digits] for n in range(min(3, len(tokens)))]
    text = model.processor.tokenizer.decode(tokens, skip_special_tokens=True)
    return read_number(Answer(text=text, digits=tuple(tuple(row.tolist()) for row in rows), ten=ten))


def score(
    engine: Engine, query: Query, photos: Sequence[Photo], readout: Readout, template: PromptTemplate
) -> list[ScoredPhoto]:
    outcomes = sorted(
        score_photos(engine, query, photos, readout=readout, template=template), key=lambda outcome: outcome.index
    )
    scored = [outcome for outcome in outcomes if isinstance(outcome, ScoredPhoto)]
    assert len(scored) == len(photos)
    return scored


OWN = template_for(Readout.EXPECTED, user="{query}: {photo} From 0 to 10, also beside {example}?")


@pytest.mark.parametrize(
    ("readout", "kind"),
    [
        *((readout, kind) for kind in ("words", "example") for readout in Readout),
        (Readout.EXPECTED, "both, own prompt"),
    ],
)
def test_cold_warm_and_half_evicted_all_give_what_plain_passes_give(
    model: VisionLanguageModel, photos: list[Photo], readout: Readout, kind: str
) -> None:
    template = OWN if kind.endswith("own prompt") else template_for(readout)
    queries = [parse_query(words) for words in WORDS]
    if kind != "words":  # one of the photos, and one of another shape: words and examples share what is remembered
        queries[1] = parse_query("" if kind == "example" else WORDS[1], load_example(photos[2]))
    if kind.startswith("both"):
        queries[0] = parse_query(WORDS[0], load_example(Photo("", SAMPLES[20])))
    roomy = Engine(model, decode_photo, memory=PhotoMemory[EncodedPhoto](1 << 30))
    cold = score(roomy, queries[0], photos, readout, template)
    kept_bytes = roomy.memory.used_bytes
    half = Engine(model, decode_photo, memory=PhotoMemory[EncodedPhoto](kept_bytes // 2))
    score(half, queries[0], photos, readout, template)
    assert 0 < half.memory.used_bytes <= kept_bytes // 2 < kept_bytes
    passes = {
        "cold": (queries[0], cold),
        "warm": (queries[1], score(roomy, queries[1], photos, readout, template)),
        "half": (queries[1], score(half, queries[1], photos, readout, template)),
    }
    plain = {query: [score_plainly(model, photo, query, readout, template) for photo in photos] for query in queries}
    assert len({round(one.label_mass, 7) for one in plain[queries[0]]}) > 3  # each photo has figures of its own
    for query, scored in passes.values():
        for photo, one in zip(scored, plain[query], strict=True):
            assert photo.score.value == pytest.approx(one.value, abs=SCORE_TOLERANCE)
            assert photo.score.expected == pytest.approx(one.expected, abs=SCORE_TOLERANCE)
            assert photo.score.label_mass == pytest.approx(one.label_mass, rel=1e-3, abs=1e-9)
            assert photo.score.rule == one.rule
        anew = [replace(photo, score=one) for photo, one in zip(scored, plain[query], strict=True)]
        assert [one.scored.index for one in rank_photos(scored)] == [one.scored.index for one in rank_photos(anew)]
