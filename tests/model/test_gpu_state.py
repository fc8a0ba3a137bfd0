"""What CUDA says of the GPUs: all of them, one by its number, none, or a driver that is too old."""

import warnings

import pytest
import torch

from lychee_rerank.errors import SettingInvalid
from lychee_rerank.model.from_folder import gpu_memory, gpu_state
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.settings import load_settings


@pytest.mark.parametrize(
    ("warning", "too_old"),
    [
        ("CUDA initialization: The NVIDIA driver on your system is too old (found version 12040).", True),
        ("CUDA initialization: Found no NVIDIA driver on your system.", False),
        ("", False),
    ],
)
def test_only_a_driver_that_is_too_old_is_called_so(
    monkeypatch: pytest.MonkeyPatch, warning: str, too_old: bool
) -> None:
    def is_available() -> bool:
        if warning:
            warnings.warn(warning, UserWarning, stacklevel=2)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    state = gpu_state()
    assert (state.name, state.driver_too_old) == (None, too_old)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small GPU and a large one, for what asks CUDA about them."""
    gpus = [("small", 3, 8), ("large", 20, 24)]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(gpus))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda gpu: gpus[gpu][0])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu: gpus[gpu][1:])


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("device", "name", "memory"),
    [
        (None, "small", (23, 32)),
        ("cuda", "small", (3, 8)),
        ("cuda:0", "small", (3, 8)),
        ("cuda:1", "large", (20, 24)),
    ],
)
def test_all_gpus_are_used_or_the_one_that_is_named(device: str | None, name: str, memory: tuple[int, int]) -> None:
    state = gpu_state(device)
    assert (state.name, state.free_bytes, state.total_bytes) == (name, *memory)
    assert gpu_memory(device) == memory


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_that_is_not_there_is_a_wrong_setting() -> None:
    assert gpu_state("cuda:2").name is None
    loader = ModelLoader(load_settings({"LYCHEE_DEVICE": "cuda:2", "LYCHEE_DATA_DIR": "/data"}))
    with pytest.raises(SettingInvalid) as refused:
        loader.choose()
    assert (refused.value.name, refused.value.value) == ("LYCHEE_DEVICE", "cuda:2")
