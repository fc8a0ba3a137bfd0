"""From a folder on disk to a model that scores: whole, or not at all.

Knows torch, transformers and what a GPU has free; does not know which folder is chosen, nor any prompt.
"""

import gc
import logging
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration
from transformers.utils.logging import disable_progress_bar

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.model.checkpoint import FETCH_AGAIN, check_folder
from lychee_rerank.model.last_layer import skip_unread_rows
from lychee_rerank.model.patches import TOKEN_PX
from lychee_rerank.model.vlm import VisionLanguageModel
from lychee_rerank.model.window_attention import share_window_calls
from lychee_rerank.model_card import EXAMPLE_BUDGET_PX, EmptyCache, GpuState, ModelCard, ModelChoice
from lychee_rerank.problems import ModelProblem
from lychee_rerank.text import first_line

log = logging.getLogger(__name__)

MAX_PIXEL_BUDGET_PX = 1280 * TOKEN_PX**2  # what the lychee weights were trained with (their model card)


def load_model(
    choice: ModelChoice,
    *,
    device: str | None = None,
    dtype: str | None,
    pixel_budget_px: int | None,
    empty_cache: EmptyCache,
    fingerprint: str = "",
) -> VisionLanguageModel:
    """The chosen folder's model, whole or not at all: raises ModelUnusable. BF16 on CUDA, float32 on a CPU.

    `device`: "cpu", "cuda", "cuda:1", or what accelerate plans for this machine.
    """
    check_folder(choice.folder)
    on_gpu = torch.cuda.is_available() and device != "cpu"
    kind = getattr(torch, dtype) if dtype else torch.bfloat16 if on_gpu else torch.float32
    processor = _load_processor(choice.folder)
    network = _load_network(choice.folder, kind, device, attention=choose_attention(kind, on_gpu=on_gpu))
    if network.config.vision_config._attn_implementation == "sdpa":
        share_window_calls(network)
    skip_unread_rows(network)
    budget_px = pixel_budget_px or min(processor.image_processor.size["longest_edge"], MAX_PIXEL_BUDGET_PX)
    card = ModelCard(
        name=choice.name,
        folder=choice.folder,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        dtype=str(kind).removeprefix("torch."),
        device=_device_name(network),
        attention=_attention_name(network.config),
        off_gpu_layers=_off_gpu_layers(network),
        pixel_budget_px=budget_px,
        example_budget_px=min(budget_px, EXAMPLE_BUDGET_PX),
        demo=choice.demo,
        fingerprint=fingerprint,
    )
    millions = card.parameters / 1e6
    log.info("Model: %s, %.1f M parameters, %s on %s", card.name, millions, card.dtype, card.device)
    if card.off_gpu_layers:
        log.warning("%d layers run on the CPU: expect minutes per photo", card.off_gpu_layers)
    return VisionLanguageModel(network, processor, card=card, empty_cache=empty_cache)


def choose_attention(dtype: torch.dtype, *, on_gpu: bool) -> dict[str, str] | None:
    """Flash attention for the vision part where its package is there and can be used; None: what transformers takes."""
    if on_gpu and dtype in (torch.bfloat16, torch.float16) and find_spec("flash_attn"):
        return {"vision_config": "flash_attention_2", "text_config": "sdpa"}
    return None


def gpu_state(device: str | None = None) -> GpuState:
    """What CUDA says of the GPUs that would be used; free and total are in bytes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        available = torch.cuda.is_available()
    gpus = find_gpus(device) if available else []
    if not gpus:
        too_old = any("driver on your system is too old" in str(warning.message) for warning in caught)
        return GpuState(name=None, free_bytes=0, total_bytes=0, driver_too_old=too_old)
    free, total = gpu_memory(device)
    return GpuState(name=torch.cuda.get_device_name(gpus[0]), free_bytes=free, total_bytes=total, driver_too_old=False)


def find_gpus(device: str | None) -> list[int]:
    """The numbers of the GPUs in use: all without a device, as accelerate does, otherwise its own, if it is there."""
    wanted = None if device is None else torch.device(device).index or 0
    return [gpu for gpu in range(torch.cuda.device_count()) if wanted in (None, gpu)]


def give_memory_back() -> None:
    """Returns what no tensor uses any more, to the GPU too."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def gpu_memory(device: str | None) -> tuple[int, int]:
    """Free and total bytes of the GPUs in use together."""
    free, total = zip(*map(torch.cuda.mem_get_info, find_gpus(device)), strict=True)
    return sum(free), sum(total)


def _load_processor(folder: Path) -> Any:
    try:
        return AutoProcessor.from_pretrained(folder, local_files_only=True, backend="torchvision")
    except Exception as error:  # transformers raises a dozen kinds here
        raise ModelUnusable(
            ModelProblem.BAD_TOKENIZER, file=str(folder), detail=first_line(error), remedy=FETCH_AGAIN
        ) from error


def _load_network(folder: Path, dtype: torch.dtype, device: str | None, *, attention: dict[str, str] | None) -> Any:
    disable_progress_bar()
    try:
        network, report = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            folder,
            dtype=dtype,
            device_map={"": device} if device else "auto",
            attn_implementation=attention,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except torch.OutOfMemoryError as error:
        remedy = "free some, or name a smaller model with LYCHEE_MODEL"
        raise ModelUnusable(ModelProblem.NO_ROOM, file=str(folder), remedy=remedy) from error
    except ImportError as error:
        remedy = "name a plain Qwen2.5-VL folder with LYCHEE_MODEL"
        raise ModelUnusable(
            ModelProblem.LACKS_PACKAGE, file=str(folder), detail=first_line(error), remedy=remedy
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelUnusable(
            ModelProblem.WRONG_TENSORS, file=str(folder), detail=first_line(error), remedy=FETCH_AGAIN
        ) from error
    wrong = sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"])
    if wrong:
        detail = f"{len(wrong)} tensors are missing or of another shape, {wrong[0]} among them"
        raise ModelUnusable(ModelProblem.WRONG_TENSORS, file=str(folder), detail=detail, remedy=FETCH_AGAIN)
    if report["unexpected_keys"]:
        log.warning("%d tensors in %s belong to no layer and are left out", len(report["unexpected_keys"]), folder)
    return network.eval()


def _attention_name(config: Any) -> str:
    text, vision = config.text_config._attn_implementation, config.vision_config._attn_implementation
    return str(text) if text == vision else f"{text}, vision {vision}"


def _device_name(network: Any) -> str:
    return torch.cuda.get_device_name(network.device) if network.device.type == "cuda" else "CPU"


def _off_gpu_layers(network: Any) -> int:
    """How many modules `device_map="auto"` put on the CPU or the disk beside a GPU."""
    places = getattr(network, "hf_device_map", {}) if network.device.type == "cuda" else {}
    return sum(place in ("cpu", "disk") for place in places.values())
