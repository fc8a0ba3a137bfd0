"""The stages of training and what is kept between them; knows batches and the network, draws nothing itself."""

import math
import time
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2TokenizerFast
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from demo_model.batches import (
    MOST_COUNTED,
    Batch,
    Batches,
    PhotoLast,
    Photos,
    Plan,
)
from demo_model.branches import Asked, BranchWriter, place_branch
from demo_model.icons import COLOURS
from demo_model.network import HIDDEN, LAYERS, PATCH_PX, SPREAD, cut_patches, look, place_photo, place_text, read
from demo_model.painting import UNCLEAR, Pictures
from demo_model.precision import KIND
from demo_model.queries import MAX_PARTS, World

PART_LAYER = 4  # after this layer the last token of a part says how far the part is on the picture
MATCH_LAYER, LAST_PART_LAYER = 3, 5  # photo last: visual tokens find their part, then closing tokens tell of the parts
NAMES_LOSS = 0.3  # names of one thing share a direction with its visual tokens
COUNT_LOSS = 0.3
MATCH_LOSS = 1.0
SHOWN_WEIGHT = 6.0  # most visual tokens show nothing that is asked for: one that does counts more
BACKGROUND_LOSS = 0.3  # most visual tokens are background: each counts less
GRADIENT_NORM = 1.0
WARM_UP_STEPS = 100
SAVE_STEPS = 100
VALIDATE_STEPS = 200
VALIDATION_BATCHES = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what its batches hold, its steps, and the learning rate from its start to its end (a cosine).

    `kept` is the share that the weights it began with have in those it ends with.
    """

    name: str
    plan: Plan
    steps: int
    rate: float
    last_rate: float
    label_weight: float
    kept: float = 0.0


EXAMPLES = Plan(
    photos=16, queries=2, last_queries=1, why_share=0.25,
    examples=8, likes=2, last_likes=1, words_share=0.55, small_share=0.3,
)  # fmt: skip
TOGETHER = Plan(
    photos=16, queries=3, last_queries=2, why_share=0.2,
    examples=8, likes=3, last_likes=2, words_share=0.45, small_share=0.3,
)  # fmt: skip
ONES = (0.02, 0.34, 0.28, 0.22, 0.14)  # one thing on a picture more often than elsewhere
ALONE = Plan(
    photos=16, queries=3, last_queries=3, why_share=0.12, icons=ONES,
    examples=8, likes=3, last_likes=3, words_share=0.35, small_share=0.3,
)  # fmt: skip
SMALL = replace(ALONE, small_share=0.6)
STAGES = (
    Stage("examples", EXAMPLES, 900, rate=5e-4, last_rate=0.0, label_weight=0.3),
    Stage("together", TOGETHER, 700, rate=4e-4, last_rate=0.0, label_weight=0.3),
    Stage("alone", ALONE, 2200, rate=5e-4, last_rate=0.0, label_weight=0.3, kept=0.3),
    Stage("small", SMALL, 600, rate=3e-4, last_rate=0.0, label_weight=0.3, kept=0.3),
)


class Heads(nn.Module):
    """What training needs beside the model, thrown away afterwards."""

    def __init__(self, meanings: int) -> None:
        super().__init__()
        self.sharpness = nn.Parameter(torch.tensor(16.0))
        self.meanings = nn.Parameter(torch.randn(meanings, HIDDEN) * SPREAD)  # of icons, colours, and other worlds
        self.count = nn.Linear(HIDDEN, MOST_COUNTED)
        self.part = nn.Linear(HIDDEN, 1)
        self.match = nn.Linear(HIDDEN, MAX_PARTS + 1)
        self.last_part = nn.Linear(HIDDEN, 1)
        self.shown = nn.Linear(HIDDEN, 1)
        self.like_match = nn.Linear(HIDDEN, MAX_PARTS + 1)
        self.like_last_part = nn.Linear(HIDDEN, 1)


@dataclass(slots=True)
class Trainer:
    """The model in what the CPU is fast in, its float32 master copy, and the optimiser over that copy."""

    model: Qwen2_5_VLForConditionalGeneration
    tokenizer: Qwen2TokenizerFast
    world: World
    heads: Heads = field(init=False)
    live: list[nn.Parameter] = field(init=False)
    master: list[nn.Parameter] = field(init=False)
    optimisers: tuple[torch.optim.Optimizer, ...] = field(init=False)
    writer: BranchWriter = field(init=False)
    begun: list[Tensor] = field(init=False)  # the weights that the stage began with
    best: tuple[float, list[Tensor]] | None = field(init=False)

    def __post_init__(self) -> None:
        self.heads = Heads(len(self.world.icons) + len(COLOURS) + 1)
        self.live = [*self.model.parameters(), *self.heads.parameters()]
        self.master = [nn.Parameter(p.detach().clone().float()) for p in self.live]
        self.model.to(KIND)
        self.begin_stage()
        self.writer = BranchWriter(self.tokenizer)

    def embed(self, tokens: Tensor | list[int]) -> Tensor:
        """Embeddings [..., hidden] of tokens [...]."""
        return self.model.model.language_model.embed_tokens(torch.as_tensor(tokens))

    def mean_what_is_named(self) -> None:
        """Begin the vectors of meanings where the names of the things are."""
        with torch.no_grad():
            vectors = name_vectors(self, Random(0)).float()
            self.heads.meanings[: len(vectors)] = vectors
            for live, master in zip(self.live, self.master, strict=True):
                master.copy_(live)

    def update(self, loss: Tensor, rate: float) -> None:
        """One step of the optimiser on the master copy, then the copy back into the model."""
        loss.backward()
        for live, master in zip(self.live, self.master, strict=True):
            master.grad = None if live.grad is None else live.grad.float()
            live.grad = None
        nn.utils.clip_grad_norm_(self.master, GRADIENT_NORM)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()
        with torch.no_grad():
            for live, master in zip(self.live, self.master, strict=True):
                live.copy_(master)

    def begin_stage(self) -> None:
        """Forget what the optimiser knows of the steps before, and how good they were; remember the weights."""
        self.optimisers = build_optimisers(self.model, self.master)
        self.begun, self.best = [parameter.detach().clone() for parameter in self.master], None

    def keep_best(self, loss: float) -> None:
        """Remember the weights where no earlier ones did better on the validation set."""
        if self.best is None or loss < self.best[0]:
            self.best = loss, [parameter.detach().clone() for parameter in self.master]

    def take_best(self, *, kept: float = 0.0) -> None:
        """Go back to the weights that did best on the validation set, if any were measured.

        The stage's first weights keep a share in them: what it did not ask for is lost less so.
        """
        if self.best:
            pairs = zip(self.best[1], self.begun, strict=True)
            self._take([best.lerp(begun, kept) for best, begun in pairs])

    def save(self, path: Path, stage: int, step: int) -> None:
        """Write what is needed to go on from here, whole or not at all."""
        content = {
            "master": self.master,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "begun": self.begun,
            "best": self.best,
            "stage": stage,
            "step": step,
        }
        torch.save(content, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> tuple[int, int]:
        """Take up a saved state; the stage and step it was saved at."""
        content = torch.load(path, weights_only=True)
        self._take(content["master"])
        for optimiser, kept in zip(self.optimisers, content["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.begun, self.best = content["begun"], content["best"]
        return content["stage"], content["step"]

    def _take(self, weights: list[Tensor]) -> None:
        with torch.no_grad():
            for live, master, saved in zip(self.live, self.master, weights, strict=True):
                master.copy_(saved)
                live.copy_(saved)


def build_optimisers(model: nn.Module, master: list[nn.Parameter]) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices of the layers, which it trains in far fewer steps; AdamW for all else."""
    names = [name for name, _ in model.named_parameters()]
    within = [".layers." in name or ".blocks." in name for name in names] + [False] * (len(master) - len(names))
    matrices = [p for p, inner in zip(master, within, strict=True) if inner and p.ndim == 2]
    others = [p for p, inner in zip(master, within, strict=True) if not inner or p.ndim != 2]
    muon = torch.optim.Muon(matrices, weight_decay=0.02, adjust_lr_fn="match_rms_adamw")
    groups = [
        {"params": [p for p in others if p.ndim > 1], "weight_decay": 0.02},
        {"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return muon, torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


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
    """What one batch says, for either order of photo and query, in words and with examples; zero where nothing is."""

    label: Tensor
    count: Tensor
    part: Tensor
    answer: Tensor
    shown: Tensor
    like_part: Tensor
    like_answer: Tensor
    match: Tensor
    last_part: Tensor
    last_answer: Tensor
    like_match: Tensor
    like_last_part: Tensor
    like_last_answer: Tensor
    label_right: float
    part_right: float
    shown_right: float
    last_part_right: float
    like_last_right: float

    @property
    def answers(self) -> Tensor:
        """The losses of what is said."""
        return self.answer + self.last_answer + self.like_answer + self.like_last_answer

    def total(self, label_weight: float) -> Tensor:
        """What is to fall."""
        labels = (self.label + self.count * COUNT_LOSS) * label_weight
        parts = self.part + self.last_part + self.shown + self.like_part + self.like_last_part
        return labels + parts + (self.match + self.like_match) * MATCH_LOSS + self.answers


def measure(trainer: Trainer, batch: Batch, random: Random) -> Losses:
    """The losses of a batch, and the shares of object tokens and of parts that are right."""
    heads, photos = trainer.heads, batch.photos
    seen, examples = look_at(trainer, photos), look_at(trainer, batch.examples)
    label, label_right, count = _label_losses(trainer, seen, photos, examples, batch.examples, random)
    grid = _grid(photos)
    part, part_right, answer, _ = _first_losses(trainer, seen, batch.first, grid)
    like = _first_losses(trainer, seen, batch.like, grid, examples=examples, likened=batch.likened,
                         example_grid=_grid(batch.examples))  # fmt: skip
    last = _last_losses(trainer, seen, batch.last, heads.match, heads.last_part)
    like_last = _last_losses(trainer, seen, batch.like_last, heads.like_match, heads.like_last_part, examples=examples)
    return Losses(
        label, count, part, answer, like[3][0], like[0], like[2], *last[:3], *like_last[:3],
        label_right, part_right, like[3][1], last[3], like_last[3],
    )  # fmt: skip


def look_at(trainer: Trainer, photos: Photos | None) -> Tensor | None:
    """Visual tokens [B, T, hidden] of photos."""
    if photos is None:
        return None
    pixels = photos.pixels.permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(v)[:, None, None] for v in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    return look(trainer.model, cut_patches(((pixels - mean) / std).to(KIND)), _grid(photos))


def _grid(photos: Photos | None) -> tuple[int, int]:
    """Rows and columns of patches."""
    return (photos.pixels.shape[1] // PATCH_PX, photos.pixels.shape[2] // PATCH_PX) if photos else (0, 0)


def _label_losses(
    trainer: Trainer, seen: Tensor, photos: Photos, examples: Tensor | None, drawn: Photos | None, random: Random
) -> tuple[Tensor, float, Tensor]:
    """The loss of the labels of all visual tokens, the share of object tokens that are right, the loss of counts."""
    parts = [(seen, photos)] + ([(examples, drawn)] if drawn else [])
    tokens, labels, counts = (
        torch.cat([part.flatten(0, 1) for part in column])
        for column in zip(*((one, kept.labels, kept.counts) for one, kept in parts), strict=True)
    )
    label, right = _label_loss(trainer, tokens, labels, random)
    return label, right, functional.cross_entropy(trainer.heads.count(tokens.float()), counts)


def _first_losses(
    trainer: Trainer, seen: Tensor, asked: Asked, grid: tuple[int, int], *,
    examples: Tensor | None = None, likened: Tensor | None = None, example_grid: tuple[int, int] = (0, 0),
) -> tuple[Tensor, float, Tensor, tuple[Tensor, float]]:  # fmt: skip
    """Photo first: the loss of the parts, the share that is right, the loss of the answers, both of what is shown."""
    if not len(asked.tokens):
        return torch.zeros(()), 0.0, torch.zeros(()), (torch.zeros(()), 0.0)
    count, before, after = len(seen), trainer.writer.before, trainer.writer.closing[:1]
    head = torch.cat(
        [trainer.embed(before).expand(count, -1, -1), seen, trainer.embed(after).expand(count, -1, -1)], dim=1
    )
    photo, on = place_photo(len(before), grid)
    length, pad = asked.tokens.shape[1], trainer.writer.pad
    embedded, grids = trainer.embed(asked.tokens), ()
    if examples is not None:
        embedded = embedded.masked_scatter((asked.tokens == pad)[..., None], examples[likened])
        grids = (example_grid,)
    branch = place_branch(asked.tokens[0].tolist(), on + 1, grids, pad=pad, length=length)
    branch = branch.repeat(1, len(asked.tokens) // count)
    places = torch.cat([place_text(0, len(before)), photo, place_text(on, 1), branch], dim=1)
    states = read(
        trainer.model, head, embedded.unflatten(0, (count, -1)), places=places[:, None], layers=(PART_LAYER, LAYERS)
    )
    part, right = _part_loss(trainer.heads.part, states[0], asked.part_places, asked.part_credits)
    shown = _part_loss(trainer.heads.shown, states[0], asked.shown_places, asked.shown_credits)
    return part, right, _answer_loss(trainer, states[-1], asked), shown


def _last_losses(
    trainer: Trainer, seen: Tensor, last: PhotoLast, match: nn.Linear, part: nn.Linear, *,
    examples: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor, float]:  # fmt: skip
    """Photo last: the losses of matched tokens, of parts, of answers, and the share of parts that is right."""
    asked, common = last.asked, trainer.writer.common
    if not len(asked.tokens):
        return torch.zeros(()), torch.zeros(()), torch.zeros(()), 0.0
    pads, shown = asked.tokens == trainer.writer.pad, seen[last.owners]
    candidate = pads.clone()
    if examples is not None:
        shown = torch.cat([examples[last.examples], shown], dim=1)
        candidate &= pads.cumsum(-1) > examples.shape[1]
    branches = trainer.embed(asked.tokens).masked_scatter(pads[..., None], shown)
    places = torch.cat([place_text(0, len(common)), last.places.flatten(1)], dim=1)[:, None]
    head, layers = trainer.embed(common)[None], (MATCH_LAYER, LAST_PART_LAYER, LAYERS)
    found, told, said = read(trainer.model, head, branches[None], places=places, layers=layers)
    matches = match(found[0][candidate].float())
    weights = torch.tensor([1.0, *[SHOWN_WEIGHT] * MAX_PARTS])
    loss = functional.cross_entropy(matches, last.matches.flatten(), weights, ignore_index=UNCLEAR)
    parts, right = _part_loss(part, told, asked.part_places, asked.part_credits)
    return loss, parts, _answer_loss(trainer, said, asked), right


def _part_loss(head: nn.Linear, states: Tensor, places: Tensor, credits: Tensor) -> tuple[Tensor, float]:
    """How far the tokens at some places are from telling how much is there, and the share within a quarter."""
    if not len(places):
        return torch.zeros(()), 0.0
    verdicts = head(states.flatten(0, 2)[places].float())[:, 0]
    right = (verdicts.sigmoid() - credits).abs() < 0.25
    return functional.binary_cross_entropy_with_logits(verdicts, credits), right.float().mean().item()


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


def _answer_loss(trainer: Trainer, states: Tensor, asked: Asked) -> Tensor:
    """Cross entropy of what is said, each token weighed by its share."""
    if not len(asked.said_places):
        return torch.zeros(())
    rows = trainer.model.model.language_model.norm(states.flatten(0, 2)[asked.said_places])
    losses = functional.cross_entropy(trainer.model.lm_head(rows).float(), asked.said_tokens, reduction="none")
    return (losses * asked.said_shares).sum() / asked.said_shares.sum()


def validate(trainer: Trainer, batches: list[Batch]) -> float:
    """The mean loss of the answers over batches that were not trained on."""
    with torch.no_grad():
        return sum(measure(trainer, batch, Random(0)).answers.item() for batch in batches) / len(batches)


def train(trainer: Trainer, pictures: Pictures, *, seed: int, state: Path) -> None:
    """Go through the stages, from a saved state where there is one; each ends with its best weights."""
    first, done = trainer.load(state) if state.is_file() else (0, 0)
    unseen = Batches(trainer.world, pictures, trainer.tokenizer, plan=STAGES[-1].plan, seed="")
    judged = [unseen.build(Random(f"{seed}/validation/{n}")) for n in range(VALIDATION_BATCHES)]
    for number, stage in enumerate(STAGES[first:], start=first):
        batches = Batches(
            trainer.world, pictures, trainer.tokenizer, plan=stage.plan, seed=f"{seed}/{stage.name}/{done}"
        )
        loader = iter(DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=6))
        start_s, random = time.monotonic(), Random(seed)
        for step in range(done, stage.steps):
            losses = measure(trainer, next(loader), random)
            trainer.update(losses.total(stage.label_weight), learning_rate(stage, step))
            if step % 20 == 0:
                _report(f"{stage.name} {step}/{stage.steps} {time.monotonic() - start_s:.0f} s", losses)
            if (step + 1) % VALIDATE_STEPS == 0 or step + 1 == stage.steps:
                trainer.keep_best(loss := validate(trainer, judged))
                print(f"{stage.name} {step + 1}: validation {loss:.4f}, best {trainer.best[0]:.4f}", flush=True)
            if (step + 1) % SAVE_STEPS == 0:
                trainer.save(state, number, step + 1)
        done = 0
        trainer.take_best(kept=stage.kept)
        trainer.begin_stage()
        trainer.save(state, number + 1, 0)


def _report(head: str, losses: Losses) -> None:
    """One line about a step on standard output."""
    figures = {one.name: getattr(losses, one.name) for one in fields(losses)}
    print(
        f"{head}: " + ", ".join(f"{name} {torch.as_tensor(value).item():.3f}" for name, value in figures.items()),
        flush=True,
    )
