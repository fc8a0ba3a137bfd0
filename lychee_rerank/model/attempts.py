"""What the network does, tried again once where the GPU ran out of memory; torch's errors end here."""

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

from lychee_rerank.errors import DeviceLost, PhotoRefused
from lychee_rerank.problems import RefusalReason

Returned = TypeVar("Returned")


def attempt(step: Callable[[], Returned], *, release: Callable[[], None] = lambda: None) -> Returned:
    """What the step returns; `release` is called after each try.

    Raises PhotoRefused when the GPU has no room for it, twice; DeviceLost when CUDA fails for good.
    """
    try:
        return _retry_after_oom(step, release)
    except torch.AcceleratorError as error:  # so will every later call of this process, giving memory back included
        raise DeviceLost(str(error).partition("\n")[0]) from error


def _retry_after_oom(step: Callable[[], Returned], release: Callable[[], None]) -> Returned:
    failure: torch.OutOfMemoryError | None = None
    for _ in range(2):
        try:
            return step()
        except torch.OutOfMemoryError as error:
            failure = error.with_traceback(None)  # the traceback would hold the tensors
        finally:
            release()
        gc.collect()
        torch.cuda.empty_cache()
    raise PhotoRefused(RefusalReason.OUT_OF_MEMORY) from failure
