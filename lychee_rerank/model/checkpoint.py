"""Checks from its files alone that a model folder is whole, and which one it is; knows no torch, loads nothing."""

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.problems import ModelProblem

MODEL_TYPE = "qwen2_5_vl"
FETCH_AGAIN = "fetch it again with `lychee-rerank fetch`, or name another folder with LYCHEE_MODEL"
ENDINGS = (".json", ".jinja", ".txt", ".safetensors")  # what transformers reads of a folder

QUANTISATION_FILES = ("quantize_config.json", "quant_config.json")  # of AutoGPTQ and AutoAWQ

FolderState = tuple[tuple[str, int, int], ...]  # name, size in bytes, time of change in ns


def check_folder(folder: Path) -> None:
    """Raises ModelUnusable unless the folder holds a whole Qwen2.5-VL in safetensors with tokenizer and processor."""
    if not folder.is_dir():
        raise ModelUnusable(ModelProblem.MISSING, file=str(folder), remedy=FETCH_AGAIN)
    config = _load_json(folder / "config.json")
    if config.get("model_type") != MODEL_TYPE:
        found = f"model_type is {config.get('model_type')!r}, not {MODEL_TYPE!r}"
        remedy = "name a Qwen2.5-VL folder with LYCHEE_MODEL"
        raise ModelUnusable(ModelProblem.NOT_QWEN2_5_VL, file="config.json", detail=found, remedy=remedy)
    _refuse_quantised(folder, config)
    for shard in _shards(folder):
        _load_shapes(shard)
    _require(folder, "tokenizer.json", "vocab.json")
    _require(folder, "processor_config.json", "preprocessor_config.json")


def _refuse_quantised(folder: Path, config: dict[str, object]) -> None:
    """Raises ModelUnusable where the folder's files say so: config.json, or a file that older tools write beside it."""
    found = config.get("quantization_config") or config.get("compression_config")
    names = [name for name in QUANTISATION_FILES if (folder / name).is_file()]
    if found or names:
        method = found.get("quant_method", "") if isinstance(found, dict) else ""
        remedy = "name the folder of the weights that these were made from with LYCHEE_MODEL"
        file, detail = names[0] if names else "config.json", f"the weights are quantised: {method}".rstrip(": ")
        raise ModelUnusable(ModelProblem.QUANTISED, file=file, detail=detail, remedy=remedy)


def count_parameters(folder: Path) -> int:
    """How many numbers the tensors of a whole model folder hold, as their headers say; raises ModelUnusable."""
    return sum(math.prod(shape) for shard in _shards(folder) for shape in _load_shapes(shard))


def _shards(folder: Path) -> list[Path]:
    """The safetensors files that make up the model."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        weight_map = _load_json(index).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            detail = "it names no tensors"
            raise ModelUnusable(ModelProblem.INCOMPLETE, file=index.name, detail=detail, remedy=FETCH_AGAIN)
        return [folder / name for name in sorted({str(name) for name in weight_map.values()})]
    single = folder / "model.safetensors"
    if not single.exists():
        pickled = sorted(path.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for path in folder.glob(pattern))
        if pickled:
            remedy = "only safetensors are loaded, since a pickle can run code: convert it, or take another copy"
            raise ModelUnusable(ModelProblem.PICKLED, file=pickled[0], remedy=remedy)
    return [single]


def _load_shapes(shard: Path) -> list[list[int]]:
    """The shape of each tensor; raises ModelUnusable unless the file is as long as its own header says."""
    from safetensors import SafetensorError, safe_open  # late: who asks servers reads no weights

    if not shard.is_file():
        raise ModelUnusable(ModelProblem.INCOMPLETE, file=shard.name, detail="it is missing", remedy=FETCH_AGAIN)
    try:
        with safe_open(shard, framework="numpy") as tensors:  # maps the file, reads its header alone
            return [tensors.get_slice(name).get_shape() for name in tensors.keys()]  # noqa: SIM118  # no mapping
    except (OSError, SafetensorError) as error:
        raise ModelUnusable(ModelProblem.CUT_SHORT, file=shard.name, detail=str(error), remedy=FETCH_AGAIN) from error


def _load_json(path: Path) -> dict[str, object]:
    if not path.is_file():
        raise ModelUnusable(ModelProblem.INCOMPLETE, file=path.name, detail="it is missing", remedy=FETCH_AGAIN)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        detail = "it is no readable JSON"
        raise ModelUnusable(ModelProblem.CUT_SHORT, file=path.name, detail=detail, remedy=FETCH_AGAIN) from error
    return content if isinstance(content, dict) else {}


def _require(folder: Path, *names: str) -> None:
    if not any((folder / name).is_file() for name in names):
        raise ModelUnusable(ModelProblem.INCOMPLETE, file=names[0], detail="it is missing", remedy=FETCH_AGAIN)


def scan_folder(folder: Path) -> FolderState:
    """The files that make up the model, as they are now; none for a folder that is not there. Reads no content."""
    if not folder.is_dir():
        return ()
    files = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS and path.is_file())
    states = ((path.name, path.stat()) for path in files)
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states)


def fingerprint_folder(folder: Path, hash_file: Callable[[Path], str]) -> str:
    """SHA-256, in hex, over the names and contents of the folder's files.

    `hash_file` reads 17 GB of weights the first time: it had better remember.
    """
    digest = hashlib.sha256()
    for name, size_bytes, _ in scan_folder(folder):
        digest.update(f"{name}\0{size_bytes}\0{hash_file(folder / name)}\n".encode())
    return digest.hexdigest()
