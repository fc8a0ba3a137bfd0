"""Draws shots of scenes, each with its near-copies and its look-alikes; measures nothing.

A family is one scene: its shots are one group, each of its look-alikes is a group of its own. Every other family stands
on a plain gradient, the others on a cloudy texture; all but the re-encoded shots have grain of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
from demo_model.evaluation import ASPECT, SIZES
from demo_model.icons import COLOURS, load_icons
from demo_model.material import STYLES, load_icon
from demo_model.scenes import Scene, draw_background, draw_scene, fit_icon, pick_scene
from PIL import Image

from benchmarks.near_copy_edits import COPIES, either, expose

FRAME_PX = (480, 360)
MARGIN = 0.07  # of each side of the frame: what a step or a turn brings into it
MOST_ICONS = 4
ICON_PX = 256
GRAIN = 5.0  # standard deviation in levels: a phone indoors
TEXTURE = 70.0  # levels from the darkest to the lightest of one layer of clouds
CLOUDS = ((6, 8), (17, 23), (60, 80))  # cells down and across
DAY = datetime(2024, 5, 1, 12)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, the numbers of its family and of its group, what was done to it, and when it was taken if known."""

    picture: Image.Image
    family: int
    group: int
    kind: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a family's scenes are drawn: the canvas that is larger than the frame, in or without a texture."""

    material: Path
    texture: np.ndarray | None
    noise: np.random.Generator

    def draw(self, scene: Scene) -> Image.Image:
        """The scene on the whole canvas, without grain."""
        size = (round(FRAME_PX[0] * (1 + 2 * MARGIN)), round(FRAME_PX[1] * (1 + 2 * MARGIN)))
        icons = {number: _load(self.material, number) for number in scene.icons}
        if self.texture is None:
            return draw_scene(scene, icons, size, aspect=ASPECT)
        ground = np.asarray(draw_background(scene, size), dtype=np.float32) + self.texture
        picture = Image.fromarray(ground.clip(0, 255).astype(np.uint8))
        for placed in scene.placed:
            icon, corner = fit_icon(icons[placed.icon], placed, size, ASPECT)
            picture.paste(icon, corner, icon)
        return picture

    def shoot(self, canvas: Image.Image, *, right: float = 0, down: float = 0, turn_degrees: float = 0) -> Image.Image:
        """The frame with grain of its own, moved by shares of its sides and turned."""
        turned = canvas.rotate(turn_degrees, Image.Resampling.BICUBIC) if turn_degrees else canvas
        left, top = (round(side * (MARGIN + by)) for side, by in zip(FRAME_PX, (right, down), strict=True))
        frame = turned.crop((left, top, left + FRAME_PX[0], top + FRAME_PX[1]))
        grain = self.noise.normal(0, GRAIN, (FRAME_PX[1], FRAME_PX[0], 1))
        return Image.fromarray((np.asarray(frame) + grain).clip(0, 255).astype(np.uint8))


@cache
def _load(material: Path, number: int) -> Image.Image:
    return load_icon(material, STYLES[0], load_icons()[number].hexcode, side_px=ICON_PX)


def make_family(number: int, *, material: Path, seed: int) -> Iterator[Shot]:
    """The original, its near-copies and its look-alikes."""
    random = Random(f"near-copies/{seed}/{number}")
    noise = np.random.default_rng(random.getrandbits(32))
    stage = Stage(material, _make_texture(noise) if number % 2 else None, noise)
    icons = random.sample(range(len(load_icons())), random.randint(2, MOST_ICONS))
    scene = pick_scene(icons, random.randrange(len(COLOURS)), aspect=ASPECT, random=random, sizes=SIZES)
    canvas, taken = stage.draw(scene), DAY + timedelta(minutes=30 * number)
    original = stage.shoot(canvas)
    yield Shot(original, number, 0, "original", taken)
    for kind, change in COPIES.items():
        yield Shot(change(original, random), number, 0, kind, None if kind == "sent on" else taken)
    for kind, picture in _shoot_again(stage, scene, canvas, random):
        yield Shot(picture, number, 0, kind, taken + timedelta(seconds=random.uniform(0.3, 3)))
    for group, (kind, other) in enumerate(_look_alike(scene, random), start=1):
        seconds = random.uniform(3, 8) if kind in WITHIN_SECONDS else random.uniform(60, 600)
        yield Shot(stage.shoot(stage.draw(other)), number, group, kind, taken + timedelta(seconds=seconds))


def _make_texture(noise: np.random.Generator) -> np.ndarray:
    size = (round(FRAME_PX[0] * (1 + 2 * MARGIN)), round(FRAME_PX[1] * (1 + 2 * MARGIN)))
    layers = [noise.uniform(-TEXTURE / 2, TEXTURE / 2, cells).astype(np.float32) for cells in CLOUDS]
    clouds = [np.asarray(Image.fromarray(layer).resize(size, Image.Resampling.BICUBIC)) for layer in layers]
    return np.sum(clouds, axis=0)[..., None]


WITHIN_SECONDS = ("other things in the same layout", "the same place, other things")


def _shoot_again(stage: Stage, scene: Scene, canvas: Image.Image, random: Random) -> Iterator[tuple[str, Image.Image]]:
    """The same scene within seconds, from elsewhere or turned; and with one thing that moves."""
    yield "a step of 3 %", stage.shoot(canvas, right=either(0.03, random), down=either(0.01, random))
    yield "turned by 1 degree", stage.shoot(canvas, turn_degrees=either(1, random))
    first, *others = scene.placed
    moved = replace(first, x=first.x + either(0.04, random), y=first.y + either(0.02, random))
    burst = stage.draw(replace(scene, placed=(moved, *others)))
    yield "burst", expose(stage.shoot(burst, right=either(0.02, random)), either(0.15, random))


def _look_alike(scene: Scene, random: Random) -> Iterator[tuple[str, Scene]]:
    """Scenes in the same tones that are not the same shot."""

    def others(count: int) -> list[int]:
        return random.sample(sorted(set(range(len(load_icons()))) - scene.icons), count)

    def place(icons: list[int]) -> Scene:
        fresh = pick_scene(icons, scene.colour, aspect=ASPECT, random=random, sizes=SIZES)
        return replace(scene, placed=fresh.placed)

    def swap(places: set[int]) -> Scene:
        new = others(len(scene.placed))
        return replace(
            scene,
            placed=tuple(replace(one, icon=new[n]) if n in places else one for n, one in enumerate(scene.placed)),
        )

    gone = random.randrange(len(scene.placed))
    yield "placed otherwise", place([placed.icon for placed in scene.placed])
    yield "without one thing", replace(scene, placed=scene.placed[:gone] + scene.placed[gone + 1 :])
    yield "one thing exchanged", swap({random.randrange(len(scene.placed))})
    yield "other things in the same layout", swap(set(range(len(scene.placed))))
    yield "the same place, other things", place(others(len(scene.placed)))
