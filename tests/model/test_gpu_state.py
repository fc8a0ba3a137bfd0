"""What is made of CUDA's warnings where there is no usable GPU."""

import warnings

import pytest
import torch

from lychee_rerank.model.from_folder import gpu_state


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
