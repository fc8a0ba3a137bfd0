"""Galleries to ask with an example, alone or with words that change it; draws nothing.

Every pair of things asked for together is held out from training, those of the words with those of the example too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from demo_model.evaluation import ASPECT, BEST, MOST_ICONS, PHOTOS, SIZES, make_scene, pick_asked
from demo_model.examples import Likeness, write_changes
from demo_model.icons import COLOURS
from demo_model.queries import LANGUAGES, Part, World
from demo_model.scenes import Scene, pick_scene

ALONE = "alone"  # stands for the language of an example without words
EXAMPLES_OF_ONE = len(LANGUAGES)  # drawings of the same things, each asked alone
OLD_COLOUR = 0.5  # how often a scene without the new background has the example's
# Things on the example by how many of each, and what the words ask for beside them.
ALONE_KINDS: tuple[tuple[int, ...], ...] = ((1,),) * 5 + ((1, 1),) * 7 + ((1, 1, 1),) * 5 + ((2,), (3,), (2, 1))
CHANGED_KINDS: tuple[tuple[tuple[int, ...], str], ...] = (
    *(((1,), "colour"),) * 4,
    *(((1, 1), "colour"),) * 4,
    *(((1, 1, 1), "colour"),) * 1,
    *(((2,), "colour"),) * 1,
    *(((1,), "thing"),) * 4,
    *(((1, 1), "thing"),) * 3,
    *(((1,), "both"),) * 2,
    *(((1, 1), "both"),) * 1,
)


@dataclass(frozen=True, slots=True)
class LikeGallery:
    """The questions of a gallery, each with its language or ALONE, and its scenes."""

    asked: tuple[tuple[str, Likeness], ...]
    scenes: tuple[Scene, ...]


def make_like_galleries(world: World, *, seed: int) -> Iterator[LikeGallery]:
    """The galleries asked with an example alone, then those asked with words too."""
    random = Random(f"examples/{seed}")
    starts = random.sample(range(len(world.icons)), len(ALONE_KINDS) + len(CHANGED_KINDS))
    for start, counts in zip(starts, ALONE_KINDS, strict=False):
        parts = pick_asked(start, (counts, True), world, random)
        examples = [Likeness(_draw(parts, random)) for _ in range(EXAMPLES_OF_ONE)]
        yield LikeGallery(tuple((ALONE, one) for one in examples), _make_scenes(parts, (), world, random))
    for start, (counts, change) in zip(starts[len(ALONE_KINDS) :], CHANGED_KINDS, strict=True):
        yield _make_changed(start, counts, change, world, random)


def _make_changed(start: int, counts: tuple[int, ...], change: str, world: World, random: Random) -> LikeGallery:
    *parts, colour = pick_asked(start, ((*counts, *((1,) if change != "colour" else ())), True), world, random)
    things, more = (parts, []) if change == "colour" else (parts[:-1], parts[-1:])
    example = _draw([*things, colour], random)
    changes = list(more)
    if change != "thing":
        changes.append(_another(colour, random))
    random.shuffle(changes)
    asked = [(language, Likeness(example, write_changes(changes, world, language=language, random=random)))
             for language in LANGUAGES]  # fmt: skip
    wanted = [*asked[0][1].kept, *changes]
    return LikeGallery(tuple(asked), _make_scenes(wanted, (colour,) if change != "thing" else (), world, random))


def _another(colour: Part, random: Random) -> Part:
    return Part(random.choice([n for n in range(len(COLOURS)) if n != colour.number]), is_colour=True)


def _draw(parts: list[Part], random: Random) -> Scene:
    """The parts and nothing else."""
    icons = [part.number for part in parts if not part.is_colour for _ in range(part.count)][:MOST_ICONS]
    (colour,) = (part.number for part in parts if part.is_colour)
    return pick_scene(icons, colour, aspect=ASPECT, random=random, sizes=SIZES)


def _make_scenes(wanted: list[Part], old: tuple[Part, ...], world: World, random: Random) -> tuple[Scene, ...]:
    """Scenes that show everything, some of it, or nothing; where it is not the `old` one, often on that background."""
    wholes = [[part] * part.count for part in wanted]
    scenes = [make_scene(wholes, wanted, world, random) for _ in range(BEST)]
    while len(scenes) < PHOTOS:
        shown = [whole[: random.randint(0, len(whole))] for whole in wholes]
        if shown == wholes:
            continue
        if old and random.random() < OLD_COLOUR:
            shown = [whole for whole in shown if not any(part.is_colour for part in whole)] + [list(old)]
        scenes.append(make_scene(shown, wanted, world, random))
    random.shuffle(scenes)
    return tuple(scenes)
