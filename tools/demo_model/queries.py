"""Writes queries about scenes as people type them, in Chinese, English and mixed, with the truth; draws nothing."""

import re
from dataclasses import dataclass
from random import Random

from demo_model.icons import COLOURS, Icon
from demo_model.scenes import Scene
from lychee_rerank.query import parse_query

OBJECT_WEIGHT, BACKGROUND_WEIGHT = 2, 1
END_OF_PART = "\ue000"  # private use: marks where a part ends while the text is put together
LANGUAGES = ("zh", "en", "mixed")
COUNTS = {"zh": {2: ("两", "2", "二"), 3: ("三", "3")}, "en": {2: ("two", "2"), 3: ("three", "3")}}
MAX_PARTS = 4
UNSURE = (
    "unsure",
    "unknown",
    "outside",
    "不知道",
    "不确定",
)  # how a first token says that it knows nothing of a picture
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
class Why:
    """The sentences of an explanation; `forms` are for what is seen, what is there in part, and what is missing."""

    score: str
    forms: tuple[str, str, str]
    end: str
    nothing_seen: str
    nothing_missing: str
    joiner: str
    gap: str


WHY = {
    "en": Why(
        score="{} out of 10: {}.",
        forms=("seen are {}", "only in part: {}", "Not seen: {}."),
        end="Seen {}.",
        nothing_seen="nothing of it is seen",
        nothing_missing="Nothing else is missing.",
        joiner=", ",
        gap=" ",
    ),
    "zh": Why(
        score="{}分\uff1a{}。",
        forms=("看到了{}", "只看到一部分{}", "没有看到\uff1a{}。"),
        end="{}。",
        nothing_seen="什么都没看到",
        nothing_missing="没有缺少别的。",
        joiner="、",
        gap="",
    ),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing asked for: an icon or a background colour by number, or a stranger (-1) that is never drawn."""

    number: int
    is_colour: bool = False
    count: int = 1

    @property
    def weight(self) -> int:
        """What it counts for in the score."""
        return BACKGROUND_WEIGHT if self.is_colour else OBJECT_WEIGHT

    def credit(self, scene: Scene) -> float:
        """The share of it that the scene shows: of two dogs, one dog is half."""
        if self.is_colour:
            return float(scene.colour == self.number)
        return min(scene.count(self.number), self.count) / self.count


@dataclass(frozen=True, slots=True)
class Query:
    """A cleaned query with its parts in order, their words, and the place of the last letter of each."""

    text: str
    parts: tuple[Part, ...]
    words: tuple[str, ...]
    ends: tuple[int, ...]
    language: str

    def truth(self, scene: Scene) -> float:
        """The score that the scene deserves: 10 x weight present / weight asked."""
        asked = sum(part.weight for part in self.parts)
        return 10 * sum(part.weight * part.credit(scene) for part in self.parts) / asked


@dataclass(frozen=True, slots=True)
class World:
    """All that can be named: icons, and by language the names of things that are never drawn."""

    icons: tuple[Icon, ...]
    strangers: dict[str, tuple[str, ...]]


def answer_text(score: float) -> str:
    """The score as the model is to write it: one decimal, but a plain 10."""
    return "10" if score == 10 else f"{score:.1f}"


def why_text(query: Query, scene: Scene, score: float, *, language: str = "") -> str:
    """The explanation of the score that was given: two or three sentences in the query's language, or another one."""
    chosen = WHY[language or ("en" if query.text.isascii() else "zh")]
    lists: tuple[list[str], list[str], list[str]] = ([], [], [])
    for word, part in zip(query.words, query.parts, strict=True):
        credit = part.credit(scene)
        lists[0 if credit == 1 else 1 if credit else 2].append(word)
    seen, partly, missing = (
        form.format(chosen.joiner.join(words)) if words else "" for form, words in zip(chosen.forms, lists, strict=True)
    )
    first = chosen.score.format(f"{score:.1f}", seen or partly or chosen.nothing_seen)
    last = missing or chosen.nothing_missing
    return chosen.gap.join(filter(None, (first, chosen.end.format(partly) if seen and partly else "", last)))


def pick_parts(scene: Scene, world: World, random: Random) -> list[Part]:
    """One to four parts, of which a number spread evenly from none to all is on the scene."""
    wanted = random.choices((1, 2, 3, 4), (0.26, 0.3, 0.3, 0.14))[0]
    parts: list[Part] = []
    if random.random() < 0.33:
        others = [c for c in range(len(COLOURS)) if c != scene.colour]
        right = random.random() < 0.5 and not scene.outside
        parts.append(Part(scene.colour if right else random.choice(others), is_colour=True))
    there = random.sample(sorted(scene.icons), min(random.randint(0, wanted - len(parts)), len(scene.icons)))
    parts += [Part(icon, count=_pick_count(scene.count(icon), random)) for icon in there]
    while len(parts) < wanted:
        absent = _pick_absent(scene, world, random)
        if absent == -1 or absent not in {part.number for part in parts if not part.is_colour}:
            parts.append(Part(absent, count=1 if absent == -1 else _pick_count(0, random)))
    random.shuffle(parts)
    return parts


def _pick_count(there: int, random: Random) -> int:
    """How many are asked for: mostly no number; where there are several, or now and then, two or three."""
    if random.random() < (0.6 if there > 1 else 0.25):
        return random.choice((2, 3))
    return 1


def _pick_absent(scene: Scene, world: World, random: Random) -> int:
    """The number of an icon that is not there: one whose name is written, or one like those there; or a stranger."""
    there = scene.icons
    if scene.written and scene.written.icon not in there and random.random() < 0.5:
        return scene.written.icon
    if random.random() < 0.07:
        return -1
    choices = [number for number in range(len(world.icons)) if number not in there]
    if there and random.random() < 0.5:
        group = world.icons[random.choice(sorted(there))].group
        choices = [number for number in choices if world.icons[number].group == group] or choices
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
    text = re.sub(r"\ba (?=(a|two|three|2|3) )", "", text)
    if random.random() < 0.1:
        text = text.title() if random.random() < 0.5 else text.upper()
    plainly = tuple(re.sub(r"^(on )?(an? )?", "", parse_query(word.strip(END_OF_PART)).cleaned) for word in words)
    return _read_marks(parse_query(text).cleaned, parts, plainly, language)


def _name(part: Part, world: World, language: str, random: Random, plain: bool) -> str:
    """One of the part's names; the first one in two cases of three."""
    if part.is_colour:
        names = getattr(COLOURS[part.number], language)
        name = names[0] if plain or random.random() < 0.7 else random.choice(names)
        forms = COLOUR_FORMS[language]
        return (forms[0] if plain or random.random() < 0.5 else random.choice(forms)).format(name)
    if part.number < 0:
        return random.choice(world.strangers[language])
    icon = world.icons[part.number]
    names = getattr(icon, language)
    name = names[0] if plain or random.random() < 0.6 else random.choice(names)
    if part.count > 1:
        count = random.choice(COUNTS[language][part.count])
        return f"{count} {icon.plural}" if language == "en" else f"{count}{icon.measure}{name}"
    if language == "en" and not plain and random.random() < 0.25:
        return f"a {name}" if random.random() < 0.7 else icon.plural
    return name


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


def _read_marks(text: str, parts: list[Part], words: tuple[str, ...], language: str) -> Query:
    """The query without its marks, and the place of the letter before each."""
    pieces = text.split(END_OF_PART)
    ends, length = [], 0
    for piece in pieces[:-1]:
        length += len(piece)
        ends.append(length - 1)
    return Query("".join(pieces), tuple(parts), words, tuple(ends), language)
