"""Chooses and loads the model that the settings ask for.

Knows settings, weights and loading; torch is imported on first use, so that the page and the commands start at once.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lychee_rerank.errors import ModelUnusable, SettingInvalid
from lychee_rerank.machine import MemoryUse, process_memory
from lychee_rerank.model.checkpoint import FolderState, fingerprint_folder, scan_folder
from lychee_rerank.model.choice import choose_model
from lychee_rerank.model_card import REMOTE, GpuState, ModelCard, ModelChoice
from lychee_rerank.photos.hashes import hash_file as hash_content
from lychee_rerank.problems import ModelProblem
from lychee_rerank.scoring.judge import Judge
from lychee_rerank.settings import Settings

if TYPE_CHECKING:
    from lychee_rerank.model.servers import Servers

log = logging.getLogger(__name__)


def find_gpu(device: str | None = None) -> GpuState:
    """What CUDA says of the GPU that would be used: the one that `device` numbers, or all there are.

    Raises ModelUnusable where torch is not installed.
    """
    try:
        from lychee_rerank.model.from_folder import gpu_state
    except ModuleNotFoundError as error:
        remedy = "set LYCHEE_SERVERS, or install lychee-rerank-mm[local]"
        raise ModelUnusable(ModelProblem.NO_TORCH, file=str(error.name), remedy=remedy) from error
    return gpu_state(device)


class ModelLoader:
    """Chooses and loads the model that the settings ask for; `gpu` and `choice` are there as soon as they are known.

    With `hash_file`, or where a map for its scores is set, its card carries the folder's fingerprint, which is what
    keeps scores of two models apart.
    """

    def __init__(self, settings: Settings, *, hash_file: Callable[[Path], str] | None = None) -> None:
        self.settings = settings
        self._hash_file = hash_file or (hash_content if settings.calibration else None)
        self._loaded: FolderState = ()
        self.gpu: GpuState | None = None
        self.choice: ModelChoice | None = None
        self.servers: Servers | None = None

    def choose(self) -> ModelChoice:
        """The model that will answer; raises ModelUnusable where a named one is not there, SettingInvalid."""
        device = self.settings.device
        self.gpu = find_gpu(device)
        if device and device != "cpu" and not self.gpu.name:
            raise SettingInvalid("LYCHEE_DEVICE", device, "a machine with such a GPU that this PyTorch can use")
        if self.settings.device == "cpu":
            self.gpu = replace(self.gpu, name=None)
        free_bytes = self.gpu.free_bytes if self.gpu.name else None
        self.choice = choose_model(self.settings.model, models_dir=self.settings.models_dir, gpu_free_bytes=free_bytes)
        return self.choice

    def load(self) -> Judge:
        """The chosen model, loaded, or that of the servers.

        Raises ModelUnusable, ServersLost; CalibrationRefused where the map for its scores is one for others.
        """
        if self.settings.servers:
            judge = self._load_remote(self.settings.servers)
            self._check_calibration(judge.card.fingerprint)
            return judge
        choice = self.choose()
        from lychee_rerank.model.from_folder import load_model

        log.info("Loading %s from %s (%s)", choice.name, choice.folder, choice.reason.replace("_", " "))
        self._loaded = scan_folder(choice.folder)
        fingerprint = fingerprint_folder(choice.folder, self._hash_file) if self._hash_file else ""
        self._check_calibration(fingerprint)  # before 17 GB of weights are read
        return load_model(
            choice,
            device=self.settings.device,
            dtype=self.settings.dtype,
            pixel_budget_px=self.settings.pixel_budget_px,
            empty_cache=self.settings.empty_cache,
            fingerprint=fingerprint,
        )

    def _load_remote(self, addresses: tuple[str, ...]) -> Judge:
        from lychee_rerank.model.remote import load_remote
        from lychee_rerank.model.servers import Servers

        settings = self.settings
        self.servers = self.servers or Servers(addresses, key=settings.server_key)
        return load_remote(
            self.servers,
            model=settings.server_model,
            revision=settings.server_revision,
            pixel_budget_px=settings.pixel_budget_px,
        )

    def _check_calibration(self, fingerprint: str) -> None:
        settings = self.settings
        if settings.calibration:
            settings.calibration.check(fingerprint, readout=settings.readout, template=settings.template)

    def check(self) -> None:
        """Raises ModelUnusable where the folder's files are no longer those that were loaded."""
        if self.choice and self._loaded and scan_folder(self.choice.folder) != self._loaded:
            remedy = "start the app again"
            raise ModelUnusable(ModelProblem.CHANGED, file=str(self.choice.folder), remedy=remedy)


def give_memory_back() -> None:
    """Returns the memory of a model that nothing refers to any more."""
    from lychee_rerank.model import from_folder

    from_folder.give_memory_back()


def memory_in_use(card: ModelCard | None, *, device: str | None) -> MemoryUse:
    """The memory in use: that of the GPUs once a model runs there, the process's otherwise."""
    if card is None or card.device in ("CPU", REMOTE):
        return process_memory()
    from lychee_rerank.model.from_folder import gpu_memory

    free_bytes, total_bytes = gpu_memory(device)
    return MemoryUse(used_bytes=total_bytes - free_bytes, total_bytes=total_bytes, on_gpu=True)
