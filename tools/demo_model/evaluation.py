"""Makes the galleries that the demo model is judged by: queries in three languages over scenes of graded truth.

Knows the world and its held-out pairs; draws nothing and asks no model.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from demo_model.icons import COLOURS
from demo_model.pairs import is_held_out
from demo_model.queries import LANGUAGES, Part, Query, World, write_query
from demo_model.scenes import Scene, pick_scene, write_word

PHOTOS = 32
ASPECT = 4 / 3
SIZES = (0.36, 0.72)  # sides in units of the height, before they shrink with the number of icons
MOST_ICONS = 5
NEAR_MISS = 0.5  # how often something of the same kind stands in for what is missing
BEST = 2  # scenes that show everything asked for
WRITTEN = 2  # scenes that show a word asked for, and not the thing
COFFEE = "2615"
# Objects asked for, by how many of each, and whether a background is asked for too.
KINDS: tuple[tuple[tuple[int, ...], bool], ...] = (
    *(((1,), False),) * 2,
    *(((1,), True),) * 3,
    *(((1, 1), False),) * 4,
    *(((1, 1), True),) * 2,
    *(((1, 1, 1), False),) * 5,
    *(((2,), False),) * 1,
    *(((3,), False),) * 1,
    *(((2, 1), False),) * 2,
)


@dataclass(frozen=True, slots=True)
class Gallery:
    """One thing to ask for, in three languages, and its scenes."""

    queries: tuple[Query, ...]
    scenes: tuple[Scene, ...]


def make_galleries(world: World, fonts: dict[str, tuple[Path, ...]], *, seed: int) -> tuple[Gallery, ...]:
    """One gallery per kind; the first asks for coffee."""
    random = Random(f"evaluation/{seed}")
    coffee = next(number for number, icon in enumerate(world.icons) if icon.hexcode == COFFEE)
    starts = (coffee, *random.sample([n for n in range(len(world.icons)) if n != coffee], len(KINDS) - 1))
    return tuple(
        _make_gallery(pick_asked(start, kind, world, random), world, fonts, random)
        for start, kind in zip(starts, KINDS, strict=True)
    )


def pick_asked(start: int, kind: tuple[tuple[int, ...], bool], world: World, random: Random) -> list[Part]:
    """Parts that begin with an icon; all pairs of their icons are held out."""
    counts, with_colour = kind
    icons = [start]
    while len(icons) < len(counts):
        codes = [world.icons[icon].hexcode for icon in icons]
        free = [
            number
            for number, icon in enumerate(world.icons)
            if number not in icons and all(is_held_out(icon.hexcode, code) for code in codes)
        ]
        icons.append(random.choice(free))
    parts = [Part(icon, count=count) for icon, count in zip(icons, counts, strict=True)]
    return parts + [Part(random.randrange(len(COLOURS)), is_colour=True)] * with_colour


def _make_gallery(parts: list[Part], world: World, fonts: dict[str, tuple[Path, ...]], random: Random) -> Gallery:
    """The queries, and scenes that show everything, some of it, nothing of it, or its name alone; shuffled."""
    queries = tuple(ask_for(parts, world, language, random) for language in LANGUAGES)
    wholes = [[part] * part.count for part in parts]
    scenes = [make_scene(wholes, parts, world, random) for _ in range(BEST)]
    scenes += [_write_on(make_scene([], parts, world, random), parts[0].number, world, fonts, random)
               for _ in range(WRITTEN)]  # fmt: skip
    while len(scenes) < PHOTOS:
        shown = [whole[: random.randint(0, len(whole))] for whole in wholes]
        if shown != wholes:
            scenes.append(make_scene(shown, parts, world, random))
    random.shuffle(scenes)
    return Gallery(queries, tuple(scenes))


def ask_for(parts: list[Part], world: World, language: str, random: Random) -> Query:
    """A query in the language; a mixed one holds both, be it in the sentence around a single name."""
    while True:
        query = write_query(parts, world, language=language, random=random)
        letters = {character.isascii() for character in query.text if character.isalpha()}
        if language != "mixed" or len(letters) == len(LANGUAGES) - 1:
            return query


def make_scene(shown: list[list[Part]], asked: list[Part], world: World, random: Random) -> Scene:
    """A scene with the parts shown, none of the others asked for, and some things besides, often of a like kind."""
    taken = {part.number for part in asked if not part.is_colour}
    icons = [part.number for whole in shown for part in whole if not part.is_colour]
    others = [number for number in range(len(world.icons)) if number not in taken]
    groups = {world.icons[number].group for number in taken - set(icons)}
    kin = [number for number in others if world.icons[number].group in groups]
    room = MOST_ICONS - len(icons)
    for _ in range(random.randint(0 if icons else 1, max(1, min(2, room)))):
        choices = kin if kin and random.random() < NEAR_MISS else others
        icons.append(random.choice([number for number in choices if number not in icons]))
    wanted = [part.number for part in asked if part.is_colour]
    colours = [part.number for whole in shown for part in whole if part.is_colour]
    colours = colours or [number for number in range(len(COLOURS)) if number not in wanted]
    return pick_scene(icons, random.choice(colours), aspect=ASPECT, random=random, sizes=SIZES)


def _write_on(scene: Scene, icon: int, world: World, fonts: dict[str, tuple[Path, ...]], random: Random) -> Scene:
    """The scene with an icon's name on it, in one of the languages."""
    language = random.choice(("zh", "en"))
    name, font = getattr(world.icons[icon], language)[0], random.choice(fonts[language])
    return replace(scene, written=write_word(name, icon, font, aspect=ASPECT, random=random))
