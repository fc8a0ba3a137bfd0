"""Model folders: whole ones load, every other is refused with the file and the remedy."""

import json
import logging
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen2_5_VLForConditionalGeneration

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model import from_folder
from lychee_rerank.model.checkpoint import check_folder
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.from_folder import load_model
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model_card import ChoiceReason, EmptyCache, ModelChoice
from lychee_rerank.problems import ModelProblem

WEIGHTS = "model.safetensors"


def load(folder: Path, **settings: str) -> VisionLanguageModel:
    choice = ModelChoice(folder=folder, name=folder.name, demo=False, reason=ChoiceReason.REQUESTED)
    return load_model(choice, dtype=settings.get("dtype"), pixel_budget_px=None, empty_cache=EmptyCache.NEVER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO_FOLDER, tmp_path / "model"))


def change_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def cut(folder: Path, name: str, share: float) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * share)])


def change_config(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


def pickle_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({}))


def point_to_missing_shard(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": WEIGHTS, "b": "model-00002-of-00002.safetensors"}})
    )


def misshape(tensors: dict[str, torch.Tensor]) -> None:
    name = next(name for name in tensors if name.endswith("down_proj.weight"))
    tensors[name] = tensors[name][:, :-1].contiguous()


def drop_one(tensors: dict[str, torch.Tensor]) -> None:
    del tensors[next(name for name in tensors if name.endswith("down_proj.weight"))]


BROKEN: list[tuple[str, Callable[[Path], object], ModelProblem, str]] = [
    ("no folder", lambda f: shutil.rmtree(f), ModelProblem.MISSING, "model"),
    ("no config", lambda f: (f / "config.json").unlink(), ModelProblem.INCOMPLETE, "config.json"),
    ("no weights", lambda f: (f / WEIGHTS).unlink(), ModelProblem.INCOMPLETE, WEIGHTS),
    ("no tokenizer", lambda f: (f / "tokenizer.json").unlink(), ModelProblem.INCOMPLETE, "tokenizer.json"),
    ("no processor", lambda f: (f / "processor_config.json").unlink(), ModelProblem.INCOMPLETE, "processor_config"),
    ("a shard that is not there", point_to_missing_shard, ModelProblem.INCOMPLETE, "model-00002-of-00002"),
    ("AWQ", lambda f: change_config(f, quantization_config={"quant_method": "awq"}), ModelProblem.QUANTISED, "config"),
    (
        "bitsandbytes",
        lambda f: change_config(f, quantization_config={"load_in_4bit": True}),
        ModelProblem.QUANTISED,
        "",
    ),
    ("compressed", lambda f: change_config(f, compression_config={"format": "int"}), ModelProblem.QUANTISED, "config"),
    ("GPTQ", lambda f: (f / "quantize_config.json").write_text("{}"), ModelProblem.QUANTISED, "quantize_config.json"),
    ("weights cut in half", lambda f: cut(f, WEIGHTS, 0.5), ModelProblem.CUT_SHORT, WEIGHTS),
    ("weights cut in the header", lambda f: cut(f, WEIGHTS, 0.0001), ModelProblem.CUT_SHORT, WEIGHTS),
    ("empty weights", lambda f: (f / WEIGHTS).write_bytes(b""), ModelProblem.CUT_SHORT, WEIGHTS),
    ("config cut", lambda f: cut(f, "config.json", 0.5), ModelProblem.CUT_SHORT, "config.json"),
    ("pickled weights", pickle_weights, ModelProblem.PICKLED, "pytorch_model.bin"),
    ("another model", lambda f: change_config(f, model_type="llama"), ModelProblem.NOT_QWEN2_5_VL, "config.json"),
    ("a tensor missing", lambda f: change_tensors(f, drop_one), ModelProblem.WRONG_TENSORS, "model"),
    ("a tensor misshapen", lambda f: change_tensors(f, misshape), ModelProblem.WRONG_TENSORS, "model"),
    ("tokenizer cut", lambda f: cut(f, "tokenizer.json", 0.5), ModelProblem.BAD_TOKENIZER, "model"),
]


@pytest.mark.parametrize(("damage", "problem", "file"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_folder_is_refused_with_the_file_and_a_remedy(
    folder: Path, damage: Callable[[Path], object], problem: ModelProblem, file: str
) -> None:
    damage(folder)
    with pytest.raises(ModelUnusable) as unusable:
        load(folder)
    assert unusable.value.problem is problem
    assert file in unusable.value.file
    assert unusable.value.remedy


def test_a_folder_that_wants_another_package_is_refused_and_the_package_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ImportError("Loading this model requires `gptqmodel`: `pip install gptqmodel`\nmore")

    monkeypatch.setattr(Qwen2_5_VLForConditionalGeneration, "from_pretrained", fail)
    with pytest.raises(ModelUnusable) as refused:
        load(folder)
    assert refused.value.problem is ModelProblem.LACKS_PACKAGE
    assert refused.value.detail == "ImportError: Loading this model requires `gptqmodel`: `pip install gptqmodel`"


def test_the_bundled_folder_passes_the_check_on_files_alone() -> None:
    check_folder(DEMO_FOLDER)
    with pytest.raises(ModelUnusable):
        check_folder(DEMO_FOLDER.parent)


def rename_to_older_keys(tensors: dict[str, torch.Tensor]) -> None:
    """Published folders name `visual.*` and `model.layers.*` where transformers 5 has `model.visual.*` and so on."""
    for name in list(tensors):
        older = name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")
        tensors[older] = tensors.pop(name)
    assert any(name.startswith("visual.") for name in tensors)
    assert any(name.startswith("model.layers.") for name in tensors)


def test_a_folder_with_the_older_key_names_loads_the_same_weights(folder: Path) -> None:
    expected = load(DEMO_FOLDER).network.state_dict()
    change_tensors(folder, rename_to_older_keys)
    loaded = load(folder).network.state_dict()
    assert loaded.keys() == expected.keys()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)


def test_surplus_tensors_are_a_warning(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    change_tensors(folder, lambda tensors: tensors.update(surplus=torch.zeros(3)))
    with caplog.at_level(logging.WARNING, logger="lychee_rerank"):
        load(folder)
    assert "1 tensors" in caplog.text


def test_weights_are_float32_on_a_cpu_unless_set_otherwise() -> None:
    assert load(DEMO_FOLDER).network.dtype is torch.float32
    model = load(DEMO_FOLDER, dtype="bfloat16")
    assert (model.network.dtype, model.card.dtype) == (torch.bfloat16, "bfloat16")


@pytest.mark.parametrize(
    ("dtype", "on_gpu", "there", "vision"),
    [
        (torch.bfloat16, True, True, "flash_attention_2"),
        (torch.float16, True, True, "flash_attention_2"),
        (torch.float32, True, True, None),
        (torch.bfloat16, False, True, None),
        (torch.bfloat16, True, False, None),
    ],
)
def test_flash_attention_is_for_the_vision_part_where_it_can_be_used(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, on_gpu: bool, there: bool, vision: str | None
) -> None:
    monkeypatch.setattr(from_folder, "find_spec", lambda name: object() if there and name == "flash_attn" else None)
    attention = from_folder.choose_attention(dtype, on_gpu=on_gpu)
    assert attention == (vision and {"vision_config": vision, "text_config": "sdpa"})
