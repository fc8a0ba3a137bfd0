"""Which model folder answers: claims on folders made in a temporary place; no weights, no network."""

import json
from pathlib import Path

import pytest

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model.choice import DEMO_FOLDER, LYCHEE_REPOSITORY, NEEDED_GPU_BYTES, choose_model, weights_folder
from lychee_rerank.model_card import ChoiceReason
from lychee_rerank.problems import ModelProblem

HEADER = b'{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}'
SHARD = len(HEADER).to_bytes(8, "little") + HEADER + b"ab"
SHARD_NAMES = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
COMMIT = "a" * 40


def _write_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "qwen2_5_vl"}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "preprocessor_config.json").write_text("{}")
    index = {"weight_map": dict(zip("ab", SHARD_NAMES, strict=True))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    for name in SHARD_NAMES:
        (folder / name).write_bytes(SHARD)
    return folder


def _write_cached_model(cache: Path, repository: str) -> Path:
    """A repository as the hub's client lays it out in its cache."""
    place = cache / f"models--{repository.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    return _write_model(place / "snapshots" / COMMIT)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache, so that no test sees the one of this machine."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_fetched_weights_answer_on_a_gpu_that_holds_them(models_dir: Path) -> None:
    folder = _write_model(models_dir / "lychee-rerank-mm")
    choice = choose_model(None, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES)
    assert (choice.folder, choice.name, choice.demo, choice.reason) == (
        folder,
        LYCHEE_REPOSITORY,
        False,
        ChoiceReason.WEIGHTS_FOUND,
    )


def test_weights_in_the_hub_cache_are_found(models_dir: Path, cache: Path) -> None:
    folder = _write_cached_model(cache, LYCHEE_REPOSITORY)
    choice = choose_model(None, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES)
    assert (choice.folder, choice.reason) == (folder, ChoiceReason.WEIGHTS_FOUND)


def test_fetched_weights_come_before_those_in_the_hub_cache(models_dir: Path, cache: Path) -> None:
    _write_cached_model(cache, LYCHEE_REPOSITORY)
    fetched = _write_model(weights_folder(models_dir))
    assert choose_model(None, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES).folder == fetched


@pytest.mark.parametrize(
    ("gpu_free_bytes", "reason"),
    [(None, ChoiceReason.NO_GPU), (0, ChoiceReason.GPU_TOO_SMALL), (NEEDED_GPU_BYTES - 1, ChoiceReason.GPU_TOO_SMALL)],
)
def test_the_demo_model_answers_where_the_weights_would_not_fit(
    models_dir: Path, gpu_free_bytes: int | None, reason: ChoiceReason
) -> None:
    _write_model(weights_folder(models_dir))
    choice = choose_model(None, models_dir=models_dir, gpu_free_bytes=gpu_free_bytes)
    assert (choice.folder, choice.demo, choice.reason) == (DEMO_FOLDER, True, reason)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors.index.json", SHARD_NAMES[1]])
def test_a_half_downloaded_folder_does_not_count_as_found(models_dir: Path, cache: Path, missing: str) -> None:
    (_write_model(weights_folder(models_dir)) / missing).unlink()
    (_write_cached_model(cache, LYCHEE_REPOSITORY) / missing).unlink()
    choice = choose_model(None, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES)
    assert (choice.folder, choice.demo, choice.reason) == (DEMO_FOLDER, True, ChoiceReason.NO_WEIGHTS)


def test_a_shard_cut_short_does_not_count_as_found(models_dir: Path) -> None:
    (_write_model(weights_folder(models_dir)) / SHARD_NAMES[0]).write_bytes(SHARD[:-1])
    assert choose_model(None, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES).reason is ChoiceReason.NO_WEIGHTS


def test_a_whole_cached_model_answers_while_the_fetched_one_is_half_there(models_dir: Path, cache: Path) -> None:
    (_write_model(weights_folder(models_dir)) / SHARD_NAMES[1]).unlink()
    whole = _write_cached_model(cache, LYCHEE_REPOSITORY)
    assert choose_model(None, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES).folder == whole
    assert choose_model(LYCHEE_REPOSITORY, models_dir=models_dir, gpu_free_bytes=None).folder == whole


def test_a_requested_folder_answers_even_without_a_gpu(models_dir: Path, tmp_path: Path) -> None:
    folder = _write_model(tmp_path / "my-model")
    choice = choose_model(str(folder), models_dir=models_dir, gpu_free_bytes=None)
    assert (choice.folder, choice.name, choice.demo, choice.reason) == (
        folder,
        "my-model",
        False,
        ChoiceReason.REQUESTED,
    )


def test_a_requested_folder_may_be_relative(models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _write_model(tmp_path / "here" / "my-model")
    monkeypatch.chdir(tmp_path)
    choice = choose_model("here/my-model", models_dir=models_dir, gpu_free_bytes=None)
    assert (choice.folder, choice.name) == (folder, "my-model")


def test_a_requested_hub_name_is_looked_up_in_the_cache(models_dir: Path, cache: Path) -> None:
    folder = _write_cached_model(cache, "Qwen/Qwen2.5-VL-3B-Instruct")
    choice = choose_model("Qwen/Qwen2.5-VL-3B-Instruct", models_dir=models_dir, gpu_free_bytes=None)
    assert (choice.folder, choice.name, choice.reason) == (
        folder,
        "Qwen/Qwen2.5-VL-3B-Instruct",
        ChoiceReason.REQUESTED,
    )


def test_the_lychee_name_finds_what_fetch_brought(models_dir: Path) -> None:
    folder = _write_model(weights_folder(models_dir))
    choice = choose_model(LYCHEE_REPOSITORY, models_dir=models_dir, gpu_free_bytes=None)
    assert (choice.folder, choice.reason) == (folder, ChoiceReason.REQUESTED)


@pytest.mark.parametrize("requested", ["demo", str(DEMO_FOLDER)])
def test_the_demo_model_can_be_requested_by_name_and_by_folder(models_dir: Path, requested: str) -> None:
    _write_model(weights_folder(models_dir))
    choice = choose_model(requested, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES)
    assert (choice.folder, choice.name, choice.demo, choice.reason) == (
        DEMO_FOLDER,
        "demo",
        True,
        ChoiceReason.REQUESTED,
    )


@pytest.mark.parametrize("requested", ["no/such-name", "./no-such-folder", "/no/such/folder", "~nobody-here/x", "a b"])
def test_what_is_nowhere_is_refused_by_name_with_a_remedy(models_dir: Path, requested: str) -> None:
    _write_model(weights_folder(models_dir))
    with pytest.raises(ModelUnusable) as caught:
        choose_model(requested, models_dir=models_dir, gpu_free_bytes=NEEDED_GPU_BYTES)
    assert (caught.value.problem, caught.value.file) == (ModelProblem.MISSING, requested)
    assert "LYCHEE_MODEL" in caught.value.remedy


def test_an_empty_request_is_no_request(models_dir: Path) -> None:
    assert choose_model("", models_dir=models_dir, gpu_free_bytes=None).reason is ChoiceReason.NO_GPU
