"""Puts scenes and queries into batches for training, in worker processes; knows no network."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset
from transformers import Qwen2TokenizerFast

from demo_model.branches import Asked, Branch, BranchWriter, match_example, match_tokens, place_branch, stack_branches
from demo_model.examples import Likeness, pick_likeness
from demo_model.painting import CELL_PX, UNCLEAR, Pictures, paint_outside, paint_scene
from demo_model.picking import ScenePicker
from demo_model.queries import LANGUAGES, Query, World, pick_parts, write_query
from demo_model.scenes import Scene

Shape = tuple[tuple[int, int], float, float]
# Width and height that the processor makes of photos of an aspect, the aspect, how often it comes; then at two
# thirds to two fifths of the visual tokens, as quick looks have them.
SHAPES: tuple[Shape, ...] = (
    ((168, 140), 4 / 3, 0.56),
    ((140, 168), 3 / 4, 0.12),
    ((224, 112), 16 / 9, 0.08),
    ((112, 224), 9 / 16, 0.04),
    ((168, 168), 1.0, 0.1),
    ((196, 112), 3 / 2, 0.06),
    ((112, 196), 2 / 3, 0.04),
)
SMALL_SHAPES: tuple[Shape, ...] = (
    ((140, 112), 4 / 3, 0.3),
    ((140, 84), 4 / 3, 0.2),
    ((112, 84), 4 / 3, 0.2),
    ((112, 140), 3 / 4, 0.06),
    ((84, 112), 3 / 4, 0.06),
    ((140, 84), 3 / 2, 0.08),
    ((84, 140), 2 / 3, 0.04),
    ((112, 112), 1.0, 0.06),
)
ICON_COUNTS = (0.02, 0.18, 0.3, 0.3, 0.2)  # how often none to four different icons
NO_OBJECT = -100
MOST_COUNTED = 3


@dataclass(frozen=True, slots=True)
class Photos:
    """Photos of one shape with labels of their visual tokens."""

    pixels: Tensor  # uint8 [B, H, W, 3]
    labels: Tensor  # int64 [B, T]
    counts: Tensor  # int64 [B, T], how often the icon of this token is there, from 0 for once; NO_OBJECT elsewhere


@dataclass(frozen=True, slots=True)
class PhotoLast:
    """Branches that hold their photo, and perhaps an example before it."""

    asked: Asked  # L branches
    owners: Tensor  # int64 [L], the photo of each
    examples: Tensor  # int64 [L], the example of each; empty where there are none
    places: Tensor  # int64 [3, L, S], positions
    matches: Tensor  # int64 [L, T], the part of the query that a visual token of the photo shows, from 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Photos and examples, branches that ask about the photos in words, and with examples."""

    photos: Photos
    first: Asked  # photo first: B * K branches
    last: PhotoLast
    examples: Photos | None
    like: Asked  # photo first, with an example: B * K2 branches
    likened: Tensor  # int64 [B * K2], the example of each
    like_last: PhotoLast


@dataclass(frozen=True, slots=True)
class Plan:
    """How batches are made: photos, queries behind each, photo-last queries for each, all of them answered.

    With `examples` photos come in as many families, and as many queries as `likes` and `last_likes` say have one, of
    which `words_share` have words besides.
    `small_share` is how often the photos are as small as quick looks see them.
    """

    photos: int
    queries: int
    last_queries: int = 0
    why_share: float = 0.0
    icons: tuple[float, ...] = ICON_COUNTS
    examples: int = 0
    likes: int = 0
    last_likes: int = 0
    words_share: float = 0.0
    small_share: float = 0.0


class Batches(IterableDataset):
    """An endless, seeded stream of batches; workers draw from streams of their own."""

    def __init__(
        self, world: World, pictures: Pictures, tokenizer: Qwen2TokenizerFast, *, plan: Plan, seed: str
    ) -> None:
        self.world, self.pictures, self.plan, self.seed = world, pictures, plan, seed
        self.writer = BranchWriter(tokenizer)
        self.picker = ScenePicker(world, pictures.fonts, plan.icons)

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        torch.set_num_threads(1)
        random = Random(f"{self.seed}/{worker.id if worker else 0}")
        while True:
            yield self.build(random)

    def build(self, random: Random) -> Batch:
        """One batch, all of whose photos have one shape, and all of whose answers are scores, or explanations."""
        plan, shapes = self.plan, SMALL_SHAPES if random.random() < self.plan.small_share else SHAPES
        (size, aspect), (example_size, example_aspect) = _pick_shape(shapes, random), _pick_shape(SHAPES, random)
        explains = random.random() < plan.why_share
        examples = [self.picker.pick_example(random, example_aspect) for _ in range(plan.examples)]
        families = [number % plan.examples if plan.examples else -1 for number in range(plan.photos)]
        scenes = [self._pick(examples, family, random, aspect) for family in families]
        photos = self._paint(scenes, size, aspect, random)
        drawn = self._paint(examples, example_size, example_aspect, random)
        queries = plan.queries // 2 if explains else plan.queries
        first = [self._branch(scene, random, explains) for scene in scenes for _ in range(queries)]
        like, likened = [], []
        for scene, family in zip(scenes, families, strict=True):
            for _ in range(plan.likes // 2 if explains else plan.likes):
                asked = self._likeness(examples[family], scene, random)
                labels = drawn.labels[family].numpy()
                like.append(self.writer.answer_like(asked, scene, labels, self.world, random=random, explains=explains))
                likened.append(family)
        last = self._photo_last(scenes, photos.labels.numpy(), size, random)
        like_last = self._like_last(scenes, families, examples, (photos, drawn), (size, example_size), random)
        branches = stack_branches(first), stack_branches(like)
        return Batch(photos, branches[0], last, drawn, branches[1], torch.tensor(likened, dtype=torch.int64), like_last)

    def _pick(self, examples: list[Scene], family: int, random: Random, aspect: float) -> Scene:
        if family < 0:
            return self.picker.pick(random, aspect)
        return self.picker.pick_relative(examples[family], random, aspect)

    def _paint(self, scenes: list[Scene], size: tuple[int, int], aspect: float, random: Random) -> Photos | None:
        """The scenes' pictures and labels, at one size; the scenes are of one aspect."""
        if not scenes:
            return None
        drawn = [
            paint_outside(self.pictures, size, random)
            if scene.outside
            else paint_scene(scene, self.pictures, size, aspect=aspect, random=random)
            for scene in scenes
        ]
        pixels, labels = (np.stack(part) for part in zip(*drawn, strict=True))
        counts = np.stack([count_icons(scene, row) for scene, row in zip(scenes, labels, strict=True)])
        return Photos(*(torch.from_numpy(part) for part in (pixels, labels, counts)))

    def _query(self, scene: Scene, random: Random) -> Query:
        """A query about the scene in one of the languages."""
        parts = pick_parts(scene, self.world, random)
        return write_query(parts, self.world, language=random.choice(LANGUAGES), random=random)

    def _likeness(self, example: Scene, scene: Scene, random: Random) -> Likeness:
        """A question about the scene that the example asks."""
        words = random.random() < self.plan.words_share
        return pick_likeness(example, scene, self.world, self.picker.beside, random, words=words)

    def _branch(self, scene: Scene, random: Random, explains: bool) -> Branch:
        """One query about the scene as tokens, with or without an answer."""
        query = self._query(scene, random)
        if explains:
            return self.writer.why(query, scene, random)
        return self.writer.number(query, scene) if random.random() < 0.5 else self.writer.whole(query, scene, random)

    def _photo_last(self, scenes: list[Scene], labels: np.ndarray, size: tuple[int, int], random: Random) -> PhotoLast:
        """The photo-last branches of words."""
        branches, owners, matches = [], [], []
        for owner, scene in enumerate(scenes):
            for _ in range(self.plan.last_queries):
                query = self._query(scene, random)
                branches.append(self.writer.yes_no(query, scene, labels.shape[1]))
                matches.append(match_tokens(query, labels[owner], len(self.world.icons)))
                owners.append(owner)
        return self._place_last(branches, owners, [], matches, (_grid(size),))

    def _like_last(
        self, scenes: list[Scene], families: list[int], examples: list[Scene], photos: tuple[Photos, Photos | None],
        sizes: tuple[tuple[int, int], tuple[int, int]], random: Random,
    ) -> PhotoLast:  # fmt: skip
        """The photo-last branches with an example."""
        branches, owners, matches = [], [], []
        for owner, (scene, family) in enumerate(zip(scenes, families, strict=True)):
            for _ in range(self.plan.last_likes):
                asked = self._likeness(examples[family], scene, random)
                tokens = {"example_tokens": photos[1].labels.shape[1], "visual_tokens": photos[0].labels.shape[1]}
                branches.append(self.writer.yes_no_like(asked, scene, **tokens))
                matches.append(match_example(asked, photos[0].labels[owner].numpy(), len(self.world.icons)))
                owners.append(owner)
        likened = [families[owner] for owner in owners]
        return self._place_last(branches, owners, likened, matches, (_grid(sizes[1]), _grid(sizes[0])))

    def _place_last(
        self, branches: list[Branch], owners: list[int], examples: list[int], matches: list[np.ndarray],
        grids: tuple[tuple[int, int], ...],
    ) -> PhotoLast:  # fmt: skip
        asked, start, pad = stack_branches(branches), len(self.writer.common), self.writer.pad
        length = asked.tokens.shape[1]
        places = [place_branch(branch.tokens, start, grids, pad=pad, length=length) for branch in branches]
        stacked = torch.stack(places, dim=1) if places else torch.zeros(3, 0, length, dtype=torch.int64)
        matched = torch.from_numpy(np.array(matches, dtype=np.int64))
        numbers = (torch.tensor(one, dtype=torch.int64) for one in (owners, examples))
        return PhotoLast(asked, *numbers, stacked, matched)


def count_icons(scene: Scene, labels: np.ndarray) -> np.ndarray:
    """Per visual token how often its icon is there, less one."""
    counts = np.full(len(labels), NO_OBJECT, dtype=np.int64)
    for icon in scene.icons:
        counts[labels == icon] = min(scene.count(icon), MOST_COUNTED) - 1
    return counts


def _pick_shape(shapes: tuple[Shape, ...], random: Random) -> tuple[tuple[int, int], float]:
    size, aspect, _ = random.choices(shapes, [shape[2] for shape in shapes])[0]
    return size, aspect


def _grid(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of patches."""
    return size[1] // CELL_PX * 2, size[0] // CELL_PX * 2


__all__ = ["NO_OBJECT", "UNCLEAR", "Batch", "Batches", "Plan"]
