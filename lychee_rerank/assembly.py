"""Puts the model together from the settings, for every door.

Knows settings, weights and loading; torch is imported on the way in, so that doors open at once.
"""

import logging

from lychee_rerank.machine import MemoryUse, process_memory
from lychee_rerank.records import GpuState, ModelCard, ModelChoice
from lychee_rerank.scorer import Judge
from lychee_rerank.settings import Settings
from lychee_rerank.weights import choose_model

log = logging.getLogger(__name__)


def see_gpu() -> GpuState:
    """What CUDA says of the GPU that would be used."""
    from lychee_rerank.loading import gpu_state

    return gpu_state()


class ModelLoader:
    """Chooses and loads the model that the settings ask for; `gpu` and `choice` are there as soon as they are known."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.gpu: GpuState | None = None
        self.choice: ModelChoice | None = None

    def choose(self) -> ModelChoice:
        """The model that will answer; raises ModelUnusable where a named one is not there."""
        self.gpu = see_gpu()
        free_bytes = self.gpu.free_bytes if self.gpu.name else None
        self.choice = choose_model(self.settings.model, models_dir=self.settings.models_dir, gpu_free_bytes=free_bytes)
        return self.choice

    def load(self) -> Judge:
        """The chosen model, loaded; raises ModelUnusable."""
        choice = self.choose()
        from lychee_rerank.loading import load_model

        log.info("Loading %s from %s (%s)", choice.name, choice.folder, choice.why.replace("_", " "))
        return load_model(
            choice,
            dtype=self.settings.dtype,
            pixel_budget_px=self.settings.pixel_budget_px,
            empty_cache=self.settings.empty_cache,
        )


def memory_in_use(card: ModelCard | None) -> MemoryUse:
    """The memory that the page's line tells of: the GPU's once a model runs there, the process's otherwise."""
    if card is None or card.device == "CPU":
        return process_memory()
    from lychee_rerank.loading import gpu_memory

    free_bytes, total_bytes = gpu_memory()
    return MemoryUse(used_bytes=total_bytes - free_bytes, total_bytes=total_bytes, on_gpu=True)
