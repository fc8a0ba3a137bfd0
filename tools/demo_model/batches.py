"""Puts scenes and queries into batches for training, in worker processes; knows no network."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset
from transformers import Qwen2TokenizerFast

from demo_model.icons import COLOURS
from demo_model.painting import Pictures, paint_scene
from demo_model.queries import LANGUAGES, Query, World, answer_text, pick_parts, write_query
from demo_model.scenes import Scene, pick_scene
from lychee_rerank.prompts import NUMBER

SHAPES = (  # width and height that the processor makes of 4:3, 3:4, 16:9, 9:16, 1:1, 3:2 and 2:3 photos, aspect, weight
    ((140, 112), 4 / 3, 0.5),
    ((112, 140), 3 / 4, 0.12),
    ((168, 84), 16 / 9, 0.1),
    ((84, 168), 9 / 16, 0.05),
    ((140, 140), 1.0, 0.12),
    ((168, 112), 3 / 2, 0.07),
    ((112, 168), 2 / 3, 0.04),
)
ICON_COUNTS = (0.2, 0.3, 0.32, 0.18)  # how often one to four icons: what the product's scenes hold
CROWDED = (0.05, 0.1, 0.2, 0.3, 0.35)  # more to learn from one look, while only looking is learned
SIZES = (0.3, 0.8)  # sides in units of the picture's shorter edge
NO_TARGET = -100


@dataclass(frozen=True, slots=True)
class Batch:
    """Photos of one shape, labels of their visual tokens, and branches: tokens, ends of parts, answers."""

    pixels: Tensor  # uint8 [B, H, W, 3]
    labels: Tensor  # int64 [B, T]
    branches: Tensor  # int64 [B, K, S]
    targets: Tensor  # int64 [B, K, S], the token to come, NO_TARGET where none is asked for
    part_places: Tensor  # int64 [M], into branches flattened
    part_truths: Tensor  # float32 [M]


@dataclass(frozen=True, slots=True)
class Plan:
    """How batches are made: photos in one, queries per photo, and whether a branch goes on to the answer."""

    photos: int
    queries: int
    answers: bool


class Batches(IterableDataset):
    """An endless, seeded stream of batches; workers draw from streams of their own."""

    def __init__(
        self, world: World, pictures: Pictures, tokenizer: Qwen2TokenizerFast, *, plan: Plan, seed: str
    ) -> None:
        self.world, self.pictures, self.plan, self.seed = world, pictures, plan, seed
        self.writer = BranchWriter(tokenizer)

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        random = Random(f"{self.seed}/{worker.id if worker else 0}")
        while True:
            yield self.build(random)

    def build(self, random: Random) -> Batch:
        """One batch, all of whose photos have one shape."""
        size, aspect, _ = random.choices(SHAPES, [shape[2] for shape in SHAPES])[0]
        drawn, rows = [], []
        for _ in range(self.plan.photos):
            scene = self.pick(random, aspect)
            drawn.append(paint_scene(scene, self.pictures, size, aspect=aspect, random=random))
            rows += [self.branch(scene, random) for _ in range(self.plan.queries)]
        pixels, labels = (torch.from_numpy(np.stack(part)) for part in zip(*drawn, strict=True))
        return Batch(pixels, labels, *stack_branches(rows, fan=self.plan.queries))

    def pick(self, random: Random, aspect: float) -> Scene:
        """A scene of different icons."""
        weights = ICON_COUNTS if self.plan.queries else CROWDED
        count = 1 + random.choices(range(len(weights)), weights)[0]
        icons = random.sample(range(len(self.world.icons)), count)
        short = min(1.0, aspect)
        sizes = SIZES[0] * short, SIZES[1] * short
        return pick_scene(icons, random.randrange(len(COLOURS)), aspect=aspect, random=random, sizes=sizes)

    def branch(self, scene: Scene, random: Random) -> "Branch":
        """One query about the scene as tokens."""
        parts = pick_parts(scene, self.world, random)
        query = write_query(parts, self.world, language=random.choice(LANGUAGES), random=random)
        return self.writer.write(query, scene, answers=self.plan.answers)


@dataclass(frozen=True, slots=True)
class Branch:
    """What follows a photo: tokens, places where the parts of the query end, their truths, and the answer's length."""

    tokens: list[int]
    ends: list[int]
    truths: list[bool]
    answer_length: int


class BranchWriter:
    """Turns a query and its truth into tokens."""

    def __init__(self, tokenizer: Qwen2TokenizerFast) -> None:
        self.tokenizer = tokenizer
        lead, tail = NUMBER.user.split("{query}")
        self.lead, self.tail = lead, tail + "<|im_end|>\n<|im_start|>assistant\n"

    def write(self, query: Query, scene: Scene, *, answers: bool) -> Branch:
        """The branch of a query; without answers it stops behind the query."""
        text = self.lead + query.text + (self.tail if answers else "\n")
        coded = self.tokenizer(text, return_offsets_mapping=True)
        spans = coded["offset_mapping"]
        ends = [_token_at(spans, len(self.lead) + end) for end in query.ends]
        answer = self.tokenizer(answer_text(query.truth(scene)) + "<|im_end|>")["input_ids"] if answers else []
        truths = [part.is_on(scene) for part in query.parts]
        return Branch(coded["input_ids"] + answer, ends, truths, len(answer))


def _token_at(spans: list[tuple[int, int]], place: int) -> int:
    """The last token that holds the letter at a place: letters of several bytes may be cut between tokens."""
    return max(number for number, (start, stop) in enumerate(spans) if start <= place < stop)


def stack_branches(rows: list[Branch], *, fan: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Branches as tensors: tokens and targets [B, fan, S], places of parts in the flattened tokens, their truths."""
    length = -(-max((len(row.tokens) for row in rows), default=1) // 4) * 4  # few lengths, so that buffers are reused
    tokens = torch.zeros(len(rows), length, dtype=torch.int64)
    targets = torch.full_like(tokens, NO_TARGET)
    places, truths = [], []
    for number, row in enumerate(rows):
        tokens[number, : len(row.tokens)] = torch.tensor(row.tokens)
        if row.answer_length:
            first = len(row.tokens) - row.answer_length
            targets[number, first - 1 : len(row.tokens) - 1] = torch.tensor(row.tokens[first:])
        places += [number * length + end for end in row.ends]
        truths += row.truths
    shape = (-1, fan, length) if fan else (0, 0, length)
    return (
        tokens.view(shape),
        targets.view(shape),
        torch.tensor(places, dtype=torch.int64),
        torch.tensor(truths, dtype=torch.float32),
    )
