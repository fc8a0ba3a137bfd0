"""Puts scenes and queries into batches for training, in worker processes; knows no network."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset
from transformers import Qwen2TokenizerFast

from demo_model.branches import Asked, Branch, BranchWriter, match_tokens, place_last, stack_branches
from demo_model.icons import COLOURS
from demo_model.painting import CELL_PX, UNCLEAR, Pictures, paint_outside, paint_scene
from demo_model.pairs import is_held_out
from demo_model.queries import LANGUAGES, Query, World, pick_parts, write_query
from demo_model.scenes import OUTSIDE, Scene, pick_scene, write_word

Shapes = tuple[tuple[tuple[int, int], float, float], ...]
# Width and height that the processor makes of photos of an aspect, the aspect, how often it comes.
SHAPES: Shapes = (
    ((168, 140), 4 / 3, 0.56),
    ((140, 168), 3 / 4, 0.12),
    ((224, 112), 16 / 9, 0.08),
    ((112, 224), 9 / 16, 0.04),
    ((168, 168), 1.0, 0.1),
    ((196, 112), 3 / 2, 0.06),
    ((112, 196), 2 / 3, 0.04),
)
ICON_COUNTS = (0.02, 0.18, 0.3, 0.3, 0.2)  # how often none to four different icons
CROWDED = (0.01, 0.05, 0.14, 0.25, 0.3, 0.25)  # more to learn from one look, while only looking is learned
MOST_ICONS = 6
AGAIN = 0.35  # how often one icon comes twice or three times
WRITTEN = 0.15  # how often a word stands on the picture
OUTSIDE_SHARE = 0.08  # how often the picture is of another world
NO_OBJECT = -100
MOST_COUNTED = 3
SIZES = (0.3, 0.8)  # sides in units of the picture's shorter edge


@dataclass(frozen=True, slots=True)
class Batch:
    """Photos of one shape with labels of their visual tokens, branches behind them, and photo-last branches."""

    pixels: Tensor  # uint8 [B, H, W, 3]
    labels: Tensor  # int64 [B, T]
    counts: Tensor  # int64 [B, T], how often the icon of this token is there, from 0 for once; NO_OBJECT elsewhere
    first: Asked  # photo first: B * K branches
    last: Asked  # photo last: L branches
    owners: Tensor  # int64 [L], the photo of each photo-last branch
    places: Tensor  # int64 [3, L, S], its positions
    matches: Tensor  # int64 [L, T], the part of the query that a visual token shows, from 1


@dataclass(frozen=True, slots=True)
class Plan:
    """How batches are made: photos, queries behind each, photo-last queries for each; whether they are answered."""

    photos: int
    queries: int
    last_queries: int = 0
    answers: bool = False
    why_share: float = 0.0
    icons: tuple[float, ...] = ICON_COUNTS


class Batches(IterableDataset):
    """An endless, seeded stream of batches; workers draw from streams of their own."""

    def __init__(
        self, world: World, pictures: Pictures, tokenizer: Qwen2TokenizerFast, *, plan: Plan, seed: str
    ) -> None:
        self.world, self.pictures, self.plan, self.seed = world, pictures, plan, seed
        self.writer = BranchWriter(tokenizer)
        codes = [icon.hexcode for icon in world.icons]
        self.apart = np.array([[is_held_out(one, other) for other in codes] for one in codes])

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        random = Random(f"{self.seed}/{worker.id if worker else 0}")
        while True:
            yield self.build(random)

    def build(self, random: Random) -> Batch:
        """One batch, all of whose photos have one shape, and all of whose answers are scores, or explanations."""
        size, aspect, _ = random.choices(SHAPES, [shape[2] for shape in SHAPES])[0]
        explains = random.random() < self.plan.why_share
        scenes, drawn, first = [], [], []
        for _ in range(self.plan.photos):
            scene = self.pick(random, aspect)
            scenes.append(scene)
            drawn.append(self.paint(scene, size, aspect, random))
            queries = self.plan.queries // 2 if explains else self.plan.queries
            first += [self.branch(scene, random, explains=explains) for _ in range(queries)]
        pixels, labels = (np.stack(part) for part in zip(*drawn, strict=True))
        counts = np.stack([self.count(scene, row) for scene, row in zip(scenes, labels, strict=True)])
        last = self.photo_last(scenes, labels, size, random)
        whole = (torch.from_numpy(part) for part in (pixels, labels, counts))
        return Batch(*whole, stack_branches(first), *last)

    def paint(
        self, scene: Scene, size: tuple[int, int], aspect: float, random: Random
    ) -> tuple[np.ndarray, np.ndarray]:
        """The scene's picture and labels."""
        if scene.outside:
            return paint_outside(self.pictures, size, random)
        return paint_scene(scene, self.pictures, size, aspect=aspect, random=random)

    def pick(self, random: Random, aspect: float) -> Scene:
        """A scene of icons no two of which are held out, some of them more than once; or one of another world."""
        if random.random() < OUTSIDE_SHARE:
            return Scene(OUTSIDE, ((0, 0, 0), (0, 0, 0)), 0.0, (), 0.0)
        icons = self.pick_icons(random.choices(range(len(self.plan.icons)), self.plan.icons)[0], random)
        if icons and random.random() < AGAIN:
            icons += random.choices(icons[:1], k=random.choice((1, 2)))
        low, high = SIZES
        sizes = low * min(1.0, aspect), high * min(1.0, aspect)
        colour = random.randrange(len(COLOURS))
        scene = pick_scene(icons[:MOST_ICONS], colour, aspect=aspect, random=random, sizes=sizes)
        return self.write_on(scene, aspect, random) if random.random() < WRITTEN else scene

    def pick_icons(self, wanted: int, random: Random) -> list[int]:
        """Different icons of which every pair may be drawn together."""
        icons: list[int] = []
        free = np.ones(len(self.world.icons), dtype=bool)
        while len(icons) < wanted and free.any():
            icons.append(random.choice(np.flatnonzero(free).tolist()))
            free &= ~self.apart[icons[-1]]
            free[icons[-1]] = False
        return icons

    def write_on(self, scene: Scene, aspect: float, random: Random) -> Scene:
        """The scene with the name of some icon on it."""
        icon, language = random.randrange(len(self.world.icons)), random.choice(("zh", "en"))
        name, font = (
            random.choice(getattr(self.world.icons[icon], language)),
            random.choice(self.pictures.fonts[language]),
        )
        word = write_word(name, icon, font, aspect=aspect, random=random)
        return Scene(scene.colour, scene.tones, scene.slant, scene.placed, scene.shadow, word)

    def count(self, scene: Scene, labels: np.ndarray) -> np.ndarray:
        """Per visual token how often its icon is there, less one."""
        counts = np.full(len(labels), NO_OBJECT, dtype=np.int64)
        for icon in scene.icons:
            counts[labels == icon] = min(scene.count(icon), MOST_COUNTED) - 1
        return counts

    def query(self, scene: Scene, random: Random) -> Query:
        """A query about the scene in one of the languages."""
        parts = pick_parts(scene, self.world, random)
        return write_query(parts, self.world, language=random.choice(LANGUAGES), random=random)

    def branch(self, scene: Scene, random: Random, *, explains: bool) -> Branch:
        """One query about the scene as tokens, with or without an answer."""
        query = self.query(scene, random)
        if not self.plan.answers:
            return self.writer.ask(query, scene, None)
        if explains:
            return self.writer.why(query, scene, random)
        return self.writer.number(query, scene) if random.random() < 0.5 else self.writer.whole(query, scene, random)

    def photo_last(
        self, scenes: list[Scene], labels: np.ndarray, size: tuple[int, int], random: Random
    ) -> tuple[Asked, Tensor, Tensor, Tensor]:
        """The photo-last branches with their owners, positions and matches."""
        grid = size[1] // CELL_PX * 2, size[0] // CELL_PX * 2
        branches, owners, matches = [], [], []
        for owner, scene in enumerate(scenes):
            for _ in range(self.plan.last_queries):
                query = self.query(scene, random)
                branches.append(self.writer.yes_no(query, scene, labels.shape[1]))
                matches.append(match_tokens(query, labels[owner], len(self.world.icons)))
                owners.append(owner)
        asked = stack_branches(branches)
        start, length = len(self.writer.common), asked.tokens.shape[1]
        places = [place_last(branch, start, grid, pad=self.writer.pad, length=length) for branch in branches]
        matched = torch.from_numpy(np.array(matches, dtype=np.int64).reshape(len(matches), labels.shape[1]))
        stacked = torch.stack(places, dim=1) if places else torch.zeros(3, 0, length, dtype=torch.int64)
        return asked, torch.tensor(owners, dtype=torch.int64), stacked, matched


__all__ = ["NO_OBJECT", "UNCLEAR", "Batch", "Batches", "Plan"]
