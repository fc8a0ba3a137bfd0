"""Safetensors files: whole ones pass, whatever else they may hold is refused, and no tensor is read for it."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model.checkpoint import check_folder, count_parameters
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.problems import ModelProblem

HEADER = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]},
    "b": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [12, 16]},
    "c": {"dtype": "F32", "shape": [], "data_offsets": [16, 20]},
}
LARGEST_HEADER_BYTES = 100_000_000  # the format's own limit


def build(header: dict[str, object] | bytes, tensors: bytes = b"", *, header_bytes: int | None = None) -> bytes:
    """A file: 8 bytes of header length, the header, the tensors (https://huggingface.co/docs/safetensors)."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if header_bytes is None else header_bytes).to_bytes(8, "little") + text + tensors


WHOLE = build(HEADER, bytes(20))
REFUSED = (ModelProblem.CUT_SHORT, "model.safetensors")


def write_model(folder: Path, shard: bytes = WHOLE) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in (("config.json", b'{"model_type": "qwen2_5_vl"}'), ("tokenizer.json", b"{}")):
        (folder / name).write_bytes(content)
    (folder / "processor_config.json").write_bytes(b"{}")
    (folder / "model.safetensors").write_bytes(shard)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("model")


def test_a_whole_file_passes_and_its_parameters_are_counted(folder: Path) -> None:
    check_folder(write_model(folder))
    assert count_parameters(folder) == 2 * 3 + 4 + 1


def test_the_parameters_of_every_shard_are_counted(tmp_path: Path) -> None:
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    for name in shards.values():
        (tmp_path / name).write_bytes(WHOLE)
    assert count_parameters(tmp_path) == 2 * 11


@pytest.mark.parametrize("index", [{}, {"weight_map": {}}, {"weight_map": ["a"]}])
def test_an_index_that_names_no_tensors_is_refused(tmp_path: Path, index: dict[str, object]) -> None:
    (write_model(tmp_path) / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelUnusable, match="it names no tensors") as unusable:
        check_folder(tmp_path)
    assert (unusable.value.problem, unusable.value.file) == (ModelProblem.INCOMPLETE, "model.safetensors.index.json")


def refusal(folder: Path, shard: bytes) -> tuple[ModelProblem, str] | None:
    """The problem and the file's name; None where the folder passes."""
    try:
        check_folder(write_model(folder, shard))
    except ModelUnusable as unusable:
        return unusable.problem, unusable.file
    return None


def test_a_file_cut_anywhere_is_refused(folder: Path) -> None:
    assert {refusal(folder, WHOLE[:length]) for length in range(len(WHOLE))} == {REFUSED}
    with pytest.raises(ModelUnusable, match="incomplete metadata, file not fully covered"):
        count_parameters(folder)


@pytest.mark.parametrize(
    "shard",
    [
        WHOLE + b"x",
        WHOLE + bytes(8),
        bytes(200),
        b"\xff" * 200,
        b"<!DOCTYPE html>" + b" " * 100,
        build(b"no JSON"),
        build(b"[]"),
        build(b'{"a": "\xff"}'),
        build(HEADER, bytes(20), header_bytes=LARGEST_HEADER_BYTES + 1),
        build(HEADER, bytes(20), header_bytes=2**64 - 1),
        build({}, b"x"),
        build({"a": {"dtype": "U8", "shape": [2]}}, b"ab"),
        build({"a": {"dtype": "U8", "shape": [3], "data_offsets": [0, 2]}}, b"ab"),
        build({"a": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}}, b"abc"),
        build({"a": {"dtype": "no such", "shape": [2], "data_offsets": [0, 2]}}, b"ab"),
    ],
)
def test_a_file_that_is_not_what_its_header_says_is_refused(folder: Path, shard: bytes) -> None:
    assert refusal(folder, shard) == REFUSED


@given(st.binary(max_size=300))
@example(build(b"{}"))  # no tensor at all: whole, and refused once it is loaded
def test_no_bytes_are_more_than_refused(folder: Path, shard: bytes) -> None:
    assert refusal(folder, shard) == (None if shard == build(b"{}") else REFUSED)


def test_a_folder_in_the_place_of_the_file_is_missing_weights(tmp_path: Path) -> None:
    (write_model(tmp_path) / "model.safetensors").unlink()
    (tmp_path / "model.safetensors").mkdir()
    with pytest.raises(ModelUnusable) as unusable:
        check_folder(tmp_path)
    assert unusable.value.problem is ModelProblem.INCOMPLETE


def test_a_path_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    check_folder(write_model(tmp_path / os.fsdecode(b"\xff")))


def test_five_gigabytes_are_mapped_and_not_read(tmp_path: Path) -> None:
    size_bytes = 5 * 10**9
    header = build({"a": {"dtype": "U8", "shape": [5, 10**9], "data_offsets": [0, size_bytes]}})
    with (write_model(tmp_path, header) / "model.safetensors").open("ab") as file:
        file.truncate(len(header) + size_bytes)  # sparse: it takes no room
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check_folder(tmp_path)
    assert count_parameters(tmp_path) == size_bytes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000


def test_the_check_loads_no_torch() -> None:
    checks = f"check_folder(Path({str(DEMO_FOLDER)!r})); sys.exit('torch' in sys.modules)"
    imports = "import sys; from pathlib import Path; from lychee_rerank.model.checkpoint import check_folder"
    assert subprocess.run([sys.executable, "-c", f"{imports}; {checks}"], check=False).returncode == 0
