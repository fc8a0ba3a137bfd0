"""Questions that a picture asks, with or without words that change it: what is asked and what is true; draws nothing.

An example asks for every thing on it, as often as it is there, and for its background; words put another background in
the place of its own, or ask for a thing besides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from demo_model.icons import COLOURS
from demo_model.queries import COUNTS, LANGUAGES, Part, Query, World, write_query
from demo_model.scenes import OUTSIDE, Scene

MOST_ASKED = 3  # of a kind
SAME_COLOUR = 0.45
STRANGE = 0.15  # how often a scene has nothing to do with the example
NEAR_MISS = 0.7  # how often something of the same kind comes beside what is shown
OPENINGS = {  # of what is to be otherwise, of what is to be there besides, of both
    "zh": (("但", "换成", "但要", "改成", ""), ("再加", "加上", "还要有", "和", ""), ("但要", "")),
    "en": (("but on a ", "but ", "now on a ", ""), ("and ", "with ", "plus ", "also a ", ""), ("but with ", "")),
    "mixed": (("but ", "但", ""), ("plus ", "加", ""), ("but ", "")),
}
NAMES_OF_LANGUAGES = {"zh": "Chinese", "en": "English"}


@dataclass(frozen=True, slots=True)
class Likeness:
    """An example and the words beside it, if any."""

    example: Scene
    words: Query | None = None

    @property
    def kept(self) -> tuple[Part, ...]:
        """What is asked for of the example: its things, and its background where the words say nothing of one."""
        icons = sorted(self.example.icons)
        things = [Part(icon, count=min(self.example.count(icon), MOST_ASKED)) for icon in icons]
        if any(part.is_colour for part in self.changes):
            return tuple(things)
        return (*things, Part(self.example.colour, is_colour=True))

    @property
    def changes(self) -> tuple[Part, ...]:
        """What the words ask for."""
        return self.words.parts if self.words else ()

    def truth(self, scene: Scene) -> float:
        """The score that the scene deserves, as that of a query for the same parts."""
        return Query("", (*self.kept, *self.changes), (), (), "").truth(scene)

    def named(self, world: World, language: str) -> Query:
        """The same question in words: the first name of everything asked for, "zh" or "en"."""
        parts = (*self.kept, *self.changes)
        return Query("", parts, tuple(_name(part, world, language) for part in parts), (), language)


def _name(part: Part, world: World, language: str) -> str:
    if part.is_colour:
        colour = getattr(COLOURS[part.number], language)[0]
        return f"{colour}背景" if language == "zh" else f"{colour} background"
    icon = world.icons[part.number]
    if part.count == 1:
        return getattr(icon, language)[0].lower()
    count = COUNTS[language][part.count][0]
    return f"{count}{icon.measure}{icon.zh[0]}" if language == "zh" else f"{count} {icon.plural}"


def pick_changes(example: Scene, scene: Scene, others: Callable[[list[int]], list[int]], random: Random) -> list[Part]:
    """What words ask for beside an example: another background, a thing more, or both; half of it is on the scene.

    `others` gives the icons that may be drawn together with those it is given.
    """
    kind = random.choices(("colour", "thing", "both"), (0.45, 0.35, 0.2))[0]
    changes = []
    if kind != "colour" and (icon := _pick_more(example, scene, others, random)) is not None:
        changes.append(Part(icon, count=2 if random.random() < 0.08 else 1))
    if kind != "thing" or not changes:
        free = [number for number in range(len(COLOURS)) if number != example.colour]
        fits = scene.colour in free and random.random() < 0.55
        changes.append(Part(scene.colour if fits else random.choice(free), is_colour=True))
    random.shuffle(changes)
    return changes


def _pick_more(example: Scene, scene: Scene, others: Callable[[list[int]], list[int]], random: Random) -> int | None:
    there = sorted(scene.icons - example.icons)
    if there and random.random() < 0.55:
        return random.choice(there)
    absent = [icon for icon in others(sorted(example.icons)) if icon not in scene.icons]
    return random.choice(absent) if absent else None


def write_changes(changes: list[Part], world: World, *, language: str, random: Random) -> Query:
    """The words that ask for the changes."""
    query = write_query(changes, world, language=language, random=random, plain=random.random() < 0.7)
    kinds = {part.is_colour for part in changes}
    opening = random.choice(OPENINGS[language][2 if len(kinds) > 1 else 0 if kinds == {True} else 1])
    text = query.text
    if opening.endswith((" a ", "on a ")):
        text = text.removeprefix("a ").removeprefix("on a ")
    moved = len(opening) + len(text) - len(query.text)
    return Query(opening + text, query.parts, query.words, tuple(end + moved for end in query.ends), language)


def pick_likeness(
    example: Scene, scene: Scene, world: World, others: Callable[[list[int]], list[int]], random: Random, *, words: bool
) -> Likeness:
    """A question about a scene that the example asks, with words or without."""
    if not words:
        return Likeness(example)
    changes = pick_changes(example, scene, others, random)
    return Likeness(example, write_changes(changes, world, language=random.choice(LANGUAGES), random=random))


def pick_relative(
    example: Scene, world: World, others: Callable[[list[int]], list[int]], random: Random
) -> tuple[list[int], int] | None:
    """Icons and background of a scene that shows some of an example; None where it is to have nothing to do with it."""
    if random.random() < STRANGE or example.colour == OUTSIDE:
        return None
    kinds = sorted(example.icons)
    icons: list[int] = []
    for icon in random.sample(kinds, random.randint(0, len(kinds))):
        count = min(example.count(icon), MOST_ASKED)
        icons += [icon] * (count if random.random() < 0.65 else random.randint(1, 2))
    groups = {world.icons[icon].group for icon in kinds}
    for _ in range(random.choices((0, 1, 2), (0.35, 0.4, 0.25))[0]):
        free = [icon for icon in others(icons) if icon not in kinds]
        kin = [icon for icon in free if world.icons[icon].group in groups]
        if free:
            icons.append(random.choice(kin if kin and random.random() < NEAR_MISS else free))
    colour = example.colour if random.random() < SAME_COLOUR else random.randrange(len(COLOURS))
    return icons, colour
