"""Which model folder answers, and why that one and no other.

Knows folders and the hub's local cache; loads nothing, uses no network, and does not know CUDA.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model.checkpoint import check_folder
from lychee_rerank.model_card import ChoiceReason, ModelChoice
from lychee_rerank.problems import ModelProblem

LYCHEE_REPOSITORY = "vec-ai/lychee-rerank-mm"
DEMO_NAME = "demo"
DEMO_FOLDER = Path(__file__).parents[1] / "demo_model"
WEIGHTS_BYTES = 17 * 10**9  # 16.58 GB of safetensors (the repository's listing); tokenizer and room for rounding
NEEDED_GPU_BYTES = 18 * 10**9  # the weights in BF16, and what one photo needs beside them
_NAME_A_FOLDER = "set LYCHEE_MODEL to a folder, to a hub name that is in the local cache, or to demo"


def choose_model(requested: str | None, *, models_dir: Path, gpu_free_bytes: int | None) -> ModelChoice:
    """The requested model, or else the lychee weights where they are found and fit, or else the demo model.

    `gpu_free_bytes` is None without CUDA. The GPU comes first: without one, 17 GB of weights would not help.
    Raises ModelUnusable when what is requested is nowhere; what a requested folder holds is judged when it is loaded.
    """
    if requested:
        return _requested_model(requested, models_dir)
    if gpu_free_bytes is None:
        return _demo_model(ChoiceReason.NO_GPU)
    if gpu_free_bytes < NEEDED_GPU_BYTES:
        return _demo_model(ChoiceReason.GPU_TOO_SMALL)
    whole = next((folder for folder in _places(LYCHEE_REPOSITORY, models_dir) if _is_whole(folder)), None)
    if whole is None:
        return _demo_model(ChoiceReason.NO_WEIGHTS)
    return ModelChoice(whole, LYCHEE_REPOSITORY, demo=False, reason=ChoiceReason.WEIGHTS_FOUND)


def weights_folder(models_dir: Path, repository: str = LYCHEE_REPOSITORY) -> Path:
    """Where `fetch` puts a repository's files."""
    return models_dir / repository.rpartition("/")[2]


def _requested_model(requested: str, models_dir: Path) -> ModelChoice:
    folder = Path(os.path.expanduser(requested)).absolute()
    if requested == DEMO_NAME or folder.resolve() == DEMO_FOLDER.resolve():
        return _demo_model(ChoiceReason.REQUESTED)
    if folder.is_dir():
        return ModelChoice(folder, folder.name, demo=False, reason=ChoiceReason.REQUESTED)
    # The first whole one, or else the first of all: loading it will report what is missing in it.
    found = max(_places(requested, models_dir), key=_is_whole, default=None)
    if found is None:
        raise ModelUnusable(
            ModelProblem.MISSING,
            file=requested,
            detail="no such folder, and no such name in the hub's local cache",
            remedy=_NAME_A_FOLDER,
        )
    return ModelChoice(found, requested, demo=False, reason=ChoiceReason.REQUESTED)


def _demo_model(reason: ChoiceReason) -> ModelChoice:
    return ModelChoice(DEMO_FOLDER, DEMO_NAME, demo=True, reason=reason)


def _places(repository: str, models_dir: Path) -> Iterator[Path]:
    """The folders that exist for a hub name, the one that `fetch` fills first."""
    if repository == LYCHEE_REPOSITORY and weights_folder(models_dir).is_dir():
        yield weights_folder(models_dir)
    if cached := _cached_folder(repository):
        yield cached


def _cached_folder(repository: str) -> Path | None:
    """The repository's snapshot in the hub's local cache."""
    from huggingface_hub import try_to_load_from_cache  # late: 0.3 s that a folder found before need not cost
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(repository, "config.json")
    except HFValidationError:  # a path, say
        return None
    return Path(config).parent if isinstance(config, str) else None


def _is_whole(folder: Path) -> bool:
    try:
        check_folder(folder)
    except ModelUnusable:
        return False
    return True
