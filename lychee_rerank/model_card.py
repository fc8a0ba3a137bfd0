"""What is known of the model that answers: what was loaded, why it and no other, and on which machine."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

REMOTE = "remote"  # the device of a model on another machine
# The most of a query's example: as it stands behind the candidate, its visual tokens are paid for with every photo.
EXAMPLE_BUDGET_PX = 256 * 28 * 28


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What was loaded and where it runs; `off_gpu_layers` counts layers on the CPU or disk beside a GPU.

    `attention` names the implementation, `fingerprint` is a hash of the folder's files (empty: not computed).
    Photos are scored within `pixel_budget_px`; an example is seen within `example_budget_px`, at quick looks too.
    """

    name: str
    folder: Path
    parameters: int
    dtype: str
    device: str
    attention: str
    off_gpu_layers: int
    pixel_budget_px: int
    example_budget_px: int
    demo: bool
    fingerprint: str = ""


class EmptyCache(StrEnum):
    """When the GPU memory that torch holds back is returned: after each photo, when it runs short, or never."""

    PHOTO = "photo"
    PRESSURE = "pressure"
    NEVER = "never"


class ChoiceReason(StrEnum):
    """Why the chosen model answers."""

    REQUESTED = "requested"
    WEIGHTS_FOUND = "weights_found"
    NO_WEIGHTS = "no_weights"
    NO_GPU = "no_gpu"
    GPU_TOO_SMALL = "gpu_too_small"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model folder that will answer, under which name, and why it and no other."""

    folder: Path
    name: str
    demo: bool
    reason: ChoiceReason


@dataclass(frozen=True, slots=True)
class GpuState:
    """The GPU that would be used, None without one; a driver too old for this torch looks like no GPU."""

    name: str | None
    free_bytes: int
    total_bytes: int
    driver_too_old: bool
