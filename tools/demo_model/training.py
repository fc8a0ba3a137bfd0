"""The stages of training and what is kept between them; knows batches and the network, draws nothing itself."""

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2TokenizerFast
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from demo_model.batches import NO_TARGET, Batch, Batches, Plan
from demo_model.icons import COLOURS
from demo_model.network import HIDDEN, LAYERS, PATCH_PX, Prompt, cut_patches, look, read
from demo_model.painting import UNCLEAR, Pictures
from demo_model.queries import World
from lychee_rerank.prompts import NUMBER

PART_LAYER = 4  # after this layer the last token of a part says whether the part is on the picture
NAMES_LOSS = 0.3  # names of one thing share a direction with its visual tokens
BACKGROUND_LOSS = 0.3  # most visual tokens are background: each counts less
GRADIENT_NORM = 1.0
WARM_UP_STEPS = 100
SAVE_STEPS = 100


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what its batches hold, its steps, and the learning rate from its start to its end (a cosine)."""

    name: str
    plan: Plan
    steps: int
    rate: float
    last_rate: float
    label_weight: float


STAGES = (
    Stage("look", Plan(photos=32, queries=0, answers=False), 2800, rate=1.5e-3, last_rate=5e-4, label_weight=1.0),
    Stage("parts", Plan(photos=24, queries=8, answers=False), 1200, rate=7e-4, last_rate=4e-4, label_weight=0.5),
    Stage("answers", Plan(photos=24, queries=4, answers=True), 1600, rate=7e-4, last_rate=0.0, label_weight=0.3),
)


class Heads(nn.Module):
    """What training needs beside the model, thrown away afterwards."""

    def __init__(self, meanings: int) -> None:
        super().__init__()
        self.sharpness = nn.Parameter(torch.tensor(16.0))
        self.meanings = nn.Parameter(torch.randn(meanings, HIDDEN))  # one vector per icon and colour
        self.part = nn.Linear(HIDDEN, 1)


@dataclass(slots=True)
class Trainer:
    """The model in BF16, its float32 master copy, and the optimiser over that copy."""

    model: Qwen2_5_VLForConditionalGeneration
    tokenizer: Qwen2TokenizerFast
    world: World
    heads: Heads = field(init=False)
    live: list[nn.Parameter] = field(init=False)
    master: list[nn.Parameter] = field(init=False)
    optimiser: torch.optim.Optimizer = field(init=False)
    prompt: Prompt = field(init=False)

    def __post_init__(self) -> None:
        self.heads = Heads(len(self.world.icons) + len(COLOURS))
        self.live = [*self.model.parameters(), *self.heads.parameters()]
        self.master = [nn.Parameter(p.detach().clone().float()) for p in self.live]
        self.model.to(torch.bfloat16)
        groups = [
            {"params": [p for p in self.master if p.ndim > 1], "weight_decay": 0.02},
            {"params": [p for p in self.master if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
        before = f"<|im_start|>system\n{NUMBER.system}<|im_end|>\n<|im_start|>user\n<|vision_start|>"
        self.prompt = Prompt(*(torch.tensor(self.tokenizer(t)["input_ids"]) for t in (before, "<|vision_end|>")))

    def update(self, loss: Tensor, rate: float) -> None:
        """One step of the optimiser on the master copy, then the copy back into the model."""
        loss.backward()
        for live, master in zip(self.live, self.master, strict=True):
            master.grad = None if live.grad is None else live.grad.float()
            live.grad = None
        nn.utils.clip_grad_norm_(self.master, GRADIENT_NORM)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        with torch.no_grad():
            for live, master in zip(self.live, self.master, strict=True):
                live.copy_(master)

    def save(self, path: Path, stage: int, step: int) -> None:
        """Write what is needed to go on from here, whole or not at all."""
        content = {"master": self.master, "optimiser": self.optimiser.state_dict(), "stage": stage, "step": step}
        torch.save(content, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> tuple[int, int]:
        """Take up a saved state; the stage and step it was saved at."""
        content = torch.load(path, weights_only=True)
        with torch.no_grad():
            for live, master, saved in zip(self.live, self.master, content["master"], strict=True):
                master.copy_(saved)
                live.copy_(saved)
        self.optimiser.load_state_dict(content["optimiser"])
        return content["stage"], content["step"]


def learning_rate(stage: Stage, step: int) -> float:
    """Warm-up, then half a cosine from the stage's rate to its last."""
    fall = 0.5 + 0.5 * math.cos(math.pi * step / stage.steps)
    return min(1.0, (step + 1) / WARM_UP_STEPS) * (stage.last_rate + (stage.rate - stage.last_rate) * fall)


def name_vectors(trainer: Trainer, random: Random) -> Tensor:
    """For every icon, then every colour, the mean embedding of the tokens of one of its names, in either language."""
    rows = []
    for named in (*trainer.world.icons, *COLOURS):
        name = random.choice((random.choice(named.en), random.choice(named.zh))).lower()
        rows.append(trainer.tokenizer(random.choice(("", " ")) + name)["input_ids"])
    offsets = torch.tensor([0, *(len(row) for row in rows[:-1])]).cumsum(0)
    flat = torch.tensor([token for row in rows for token in row])
    return functional.embedding_bag(flat, trainer.model.model.language_model.embed_tokens.weight, offsets, mode="mean")


@dataclass(frozen=True, slots=True)
class Losses:
    """What one batch says: labels of visual tokens, parts of queries, tokens of answers; zero where there are none."""

    label: Tensor
    part: Tensor
    answer: Tensor
    label_right: float
    part_right: float


def measure(trainer: Trainer, batch: Batch, random: Random) -> Losses:
    """The losses of a batch, and the shares of object tokens and of parts that are right."""
    pixels = batch.pixels.permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(v)[:, None, None] for v in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    pixels = ((pixels - mean) / std).to(torch.bfloat16)
    grid = pixels.shape[2] // PATCH_PX, pixels.shape[3] // PATCH_PX
    seen = look(trainer.model, cut_patches(pixels), grid)
    label, label_right = _label_loss(trainer, seen, batch.labels, random)
    if not batch.branches.numel():
        return Losses(label, torch.zeros(()), torch.zeros(()), label_right, 0.0)
    answers = bool((batch.targets != NO_TARGET).any())
    layers = (PART_LAYER, LAYERS) if answers else (PART_LAYER,)
    states = read(trainer.model, trainer.prompt, seen, branches=batch.branches, grid=grid, layers=layers)
    verdicts = trainer.heads.part(states[0].flatten(0, 2)[batch.part_places].float())[:, 0]
    part = functional.binary_cross_entropy_with_logits(verdicts, batch.part_truths)
    part_right = ((verdicts > 0) == (batch.part_truths > 0.5)).float().mean().item()
    answer = _answer_loss(trainer, states[1], batch.targets) if answers else torch.zeros(())
    return Losses(label, part, answer, label_right, part_right)


def _label_loss(trainer: Trainer, seen: Tensor, labels: Tensor, random: Random) -> tuple[Tensor, float]:
    """How far visual tokens, and the names in both languages, lie from the vectors of what they mean."""
    meanings, sharpness = functional.normalize(trainer.heads.meanings, dim=-1).T, trainer.heads.sharpness
    clear = labels != UNCLEAR
    labels = labels[clear]
    logits = functional.normalize(seen[clear].float(), dim=-1) @ meanings * sharpness
    objects = labels < len(trainer.world.icons)
    weights = torch.where(objects, 1.0, BACKGROUND_LOSS)
    loss = (functional.cross_entropy(logits, labels, reduction="none") * weights).sum() / weights.sum()
    names = functional.normalize(name_vectors(trainer, random).float(), dim=-1) @ meanings * sharpness
    named = functional.cross_entropy(names, torch.arange(len(names)))
    return loss + named * NAMES_LOSS, (logits.argmax(-1) == labels)[objects].float().mean().item()


def _answer_loss(trainer: Trainer, states: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy of the answers' tokens."""
    asked = targets != NO_TARGET
    rows = trainer.model.model.language_model.norm(states[asked])
    return functional.cross_entropy(trainer.model.lm_head(rows).float(), targets[asked])


def train(trainer: Trainer, pictures: Pictures, *, seed: int, state: Path) -> None:
    """Go through the stages, from a saved state where there is one."""
    first, done = trainer.load(state) if state.is_file() else (0, 0)
    for number, stage in enumerate(STAGES[first:], start=first):
        batches = Batches(
            trainer.world, pictures, trainer.tokenizer, plan=stage.plan, seed=f"{seed}/{stage.name}/{done}"
        )
        loader = iter(DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=6))
        start_s, random = time.monotonic(), Random(seed)
        for step in range(done, stage.steps):
            losses = measure(trainer, next(loader), random)
            rate = learning_rate(stage, step)
            trainer.update(losses.label * stage.label_weight + losses.part + losses.answer, rate)
            if step % 20 == 0:
                _report(stage, step, losses, time.monotonic() - start_s)
            if (step + 1) % SAVE_STEPS == 0:
                trainer.save(state, number, step + 1)
        done = 0
        trainer.save(state, number + 1, 0)


def _report(stage: Stage, step: int, losses: Losses, elapsed_s: float) -> None:
    """One line about a step on standard output."""
    label, part, answer = (loss.item() for loss in (losses.label, losses.part, losses.answer))
    print(
        f"{stage.name} {step}/{stage.steps} {elapsed_s:.0f} s: labels {label:.3f} ({losses.label_right:.0%} of object "
        f"tokens), parts {part:.3f} ({losses.part_right:.0%}), answers {answer:.3f}",
        flush=True,
    )
