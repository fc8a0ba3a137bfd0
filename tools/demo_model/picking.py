"""Picks the scenes of a batch: icons every pair of which may be drawn together, families that share some."""

from dataclasses import dataclass
from random import Random

import numpy as np

from demo_model.examples import pick_relative
from demo_model.icons import COLOURS
from demo_model.pairs import is_held_out
from demo_model.queries import World
from demo_model.scenes import OUTSIDE, Scene, pick_scene, write_word

MOST_ICONS = 6
AGAIN = 0.35  # how often one icon comes twice or three times
WRITTEN = 0.15  # how often a word stands on the picture
OUTSIDE_SHARE = 0.08  # how often the picture is of another world
SIZES = (0.3, 0.8)  # sides in units of the picture's shorter edge


@dataclass
class ScenePicker:
    """Scenes of a world, with fonts by language for words on them; `counts` says how often how many icons come."""

    world: World
    fonts: dict[str, tuple]
    counts: tuple[float, ...]

    def __post_init__(self) -> None:
        codes = [icon.hexcode for icon in self.world.icons]
        self._apart = np.array([[is_held_out(one, other) for other in codes] for one in codes])

    def pick(self, random: Random, aspect: float) -> Scene:
        """A scene of icons no two of which are held out, some of them more than once; or one of another world."""
        if random.random() < OUTSIDE_SHARE:
            return Scene(OUTSIDE, ((0, 0, 0), (0, 0, 0)), 0.0, (), 0.0)
        return self._place(self._pick_icons(random), random.randrange(len(COLOURS)), aspect, random)

    def pick_example(self, random: Random, aspect: float) -> Scene:
        """A scene that shows something."""
        while True:
            scene = self.pick(random, aspect)
            if scene.icons:
                return scene

    def pick_relative(self, example: Scene, random: Random, aspect: float) -> Scene:
        """A scene that shows all, some or nothing of the example."""
        picked = random.random() >= OUTSIDE_SHARE and pick_relative(example, self.world, self.beside, random)
        return self._place(*picked, aspect, random) if picked else self.pick(random, aspect)

    def beside(self, icons: list[int]) -> list[int]:
        """The icons that may be drawn together with these."""
        free = ~self._apart[icons].any(axis=0)
        free[icons] = False
        return np.flatnonzero(free).tolist()

    def _pick_icons(self, random: Random) -> list[int]:
        icons: list[int] = []
        wanted = random.choices(range(len(self.counts)), self.counts)[0]
        while len(icons) < wanted and (free := self.beside(icons)):
            icons.append(random.choice(free))
        if icons and random.random() < AGAIN:
            icons += random.choices(icons[:1], k=random.choice((1, 2)))
        return icons

    def _place(self, icons: list[int], colour: int, aspect: float, random: Random) -> Scene:
        low, high = SIZES
        sizes = low * min(1.0, aspect), high * min(1.0, aspect)
        scene = pick_scene(icons[:MOST_ICONS], colour, aspect=aspect, random=random, sizes=sizes)
        return self._write_on(scene, aspect, random) if random.random() < WRITTEN else scene

    def _write_on(self, scene: Scene, aspect: float, random: Random) -> Scene:
        """The scene with the name of some icon on it."""
        icon, language = random.randrange(len(self.world.icons)), random.choice(("zh", "en"))
        name, font = random.choice(getattr(self.world.icons[icon], language)), random.choice(self.fonts[language])
        word = write_word(name, icon, font, aspect=aspect, random=random)
        return Scene(scene.colour, scene.tones, scene.slant, scene.placed, scene.shadow, word)
