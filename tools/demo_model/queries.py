"""Writes queries about scenes as people type them, in Chinese, English and mixed, with the truth; draws nothing."""

import re
from dataclasses import dataclass
from random import Random

from demo_model.icons import COLOURS, Icon
from demo_model.scenes import Scene
from lychee_rerank.prompts import clean_query

OBJECT_WEIGHT, BACKGROUND_WEIGHT = 2, 1
END_OF_PART = "\ue000"  # private use: marks where a part ends while the text is put together
LANGUAGES = ("zh", "en", "mixed")
JOINERS = {
    "zh": (" + ", "+", "、", ",", ", ", "和", " ", "\n", "与", "，"),
    "en": (" + ", "+", ", ", ",", " and ", " ", "\n", " & ", " with a ", ", a "),
    "mixed": (" + ", "+", ", ", "、", " and ", "和", " ", "，"),
}
FRAMES = {
    "zh": ("有{}", "{}的图片", "一张有{}的照片", "画面里有{}", "找{}", "{}。"),
    "en": ("a {}", "a picture of a {}", "photo with {}", "there is a {}", "find {}", "{}."),
    "mixed": ("有{}", "{} photo", "photo: {}"),
}
COLOUR_FORMS = {
    "zh": ("{}背景", "{}的背景", "背景是{}", "{}底"),
    "en": ("{} background", "a {} background", "on a {} background", "{} backdrop"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing asked for: an icon or a background colour by number, or a stranger (-1) that is never drawn."""

    number: int
    is_colour: bool = False

    @property
    def weight(self) -> int:
        """What it counts for in the score."""
        return BACKGROUND_WEIGHT if self.is_colour else OBJECT_WEIGHT

    def is_on(self, scene: Scene) -> bool:
        """Whether the scene shows it."""
        return scene.colour == self.number if self.is_colour else self.number in scene.icons


@dataclass(frozen=True, slots=True)
class Query:
    """A cleaned query with its parts in order and the place of the last letter of each."""

    text: str
    parts: tuple[Part, ...]
    ends: tuple[int, ...]
    language: str

    def truth(self, scene: Scene) -> float:
        """The score that the scene deserves: 10 x weight present / weight asked."""
        asked = sum(part.weight for part in self.parts)
        return 10 * sum(part.weight for part in self.parts if part.is_on(scene)) / asked


@dataclass(frozen=True, slots=True)
class World:
    """All that can be named: icons, and by language the names of things that are never drawn."""

    icons: tuple[Icon, ...]
    strangers: dict[str, tuple[str, ...]]


def answer_text(score: float) -> str:
    """The score as the model is to write it: one decimal, but a plain 10."""
    return "10" if score == 10 else f"{score:.1f}"


def pick_parts(scene: Scene, world: World, random: Random) -> list[Part]:
    """One to four parts, of which a number spread evenly from none to all is on the scene."""
    count = random.choices((1, 2, 3, 4), (0.26, 0.3, 0.3, 0.14))[0]
    parts: list[Part] = []
    if random.random() < 0.33:
        others = [c for c in range(len(COLOURS)) if c != scene.colour]
        parts.append(Part(scene.colour if random.random() < 0.5 else random.choice(others), is_colour=True))
    wanted = count - len(parts)
    present = random.sample(sorted(scene.icons), min(random.randint(0, wanted), len(scene.icons)))
    parts += [Part(icon) for icon in present]
    while len(parts) < count:
        absent = Part(_pick_absent(scene, world, random))
        if absent not in parts or absent.number == -1:
            parts.append(absent)
    random.shuffle(parts)
    return parts


def _pick_absent(scene: Scene, world: World, random: Random) -> int:
    """The number of an icon that is not there, half the time of the same group as one that is, or a stranger."""
    if random.random() < 0.07:
        return -1
    there = scene.icons
    choices = [number for number in range(len(world.icons)) if number not in there]
    if random.random() < 0.5:
        group = world.icons[random.choice(sorted(there))].group
        choices = [number for number in choices if world.icons[number].group == group]
    return random.choice(choices)


def write_query(parts: list[Part], world: World, *, language: str, random: Random, plain: bool = False) -> Query:
    """The parts as one text in a language ("mixed": part by part); `plain` keeps to first names and lists."""
    languages = [random.choice(("zh", "en")) if language == "mixed" else language for _ in parts]
    if language == "mixed" and len(parts) > 1:
        languages[0], languages[1] = random.sample(("zh", "en"), 2)
    words = [_name(part, world, lang, random, plain) + END_OF_PART for part, lang in zip(parts, languages, strict=True)]
    text = _arrange(parts, words, language, random)
    if not plain and random.random() < 0.3:
        text = random.choice(FRAMES[language]).format(text)
    text = re.sub(r"\ba a ", "a ", text)
    if random.random() < 0.1:
        text = text.title() if random.random() < 0.5 else text.upper()
    return _read_marks(clean_query(text), parts, language)


def _name(part: Part, world: World, language: str, random: Random, plain: bool) -> str:
    """One of the part's names; the first one in two cases of three."""
    if part.is_colour:
        names = getattr(COLOURS[part.number], language)
        name = names[0] if plain or random.random() < 0.7 else random.choice(names)
        forms = COLOUR_FORMS[language]
        return (forms[0] if plain or random.random() < 0.5 else random.choice(forms)).format(name)
    if part.number < 0:
        return random.choice(world.strangers[language])
    names = getattr(world.icons[part.number], language)
    name = names[0] if plain or random.random() < 0.67 else random.choice(names)
    return f"a {name}" if language == "en" and not plain and random.random() < 0.2 else name


def _arrange(parts: list[Part], words: list[str], language: str, random: Random) -> str:
    """The words in one text: a list, or a sentence that puts the objects on the background."""
    joiner = random.choice(JOINERS[language])
    colours = [word for word, part in zip(words, parts, strict=True) if part.is_colour]
    objects = [word for word, part in zip(words, parts, strict=True) if not part.is_colour]
    if colours and objects and random.random() < 0.4:
        # the parts are told apart again by their order in `parts`, which the caller keeps colour-last or colour-first
        if parts[0].is_colour and language == "zh":
            return f"{colours[0]}上的{joiner.join(objects)}"
        if parts[-1].is_colour and language == "en" and not colours[0].startswith("on"):
            return f"{joiner.join(objects)} on {colours[0]}"
    if len(words) > 2 and random.random() < 0.3 and language != "mixed":
        return joiner.join(words[:-1]) + {"zh": "和", "en": " and "}[language] + words[-1]
    return joiner.join(words)


def _read_marks(text: str, parts: list[Part], language: str) -> Query:
    """The query without its marks, and the place of the letter before each."""
    pieces = text.split(END_OF_PART)
    ends, length = [], 0
    for piece in pieces[:-1]:
        length += len(piece)
        ends.append(length - 1)
    return Query("".join(pieces), tuple(parts), tuple(ends), language)
