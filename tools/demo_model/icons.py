"""The small world's words: icons with their names in both languages, and background colours; draws nothing."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("icons.tsv")


@dataclass(frozen=True, slots=True)
class Icon:
    """One thing that can be drawn and asked for; the first name of each language is the one shown.

    `plural` is that of the first English name, `measure` the Chinese word that stands between a count and a name.
    """

    group: str
    hexcode: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    measure: str
    plural: str


@dataclass(frozen=True, slots=True)
class Colour:
    """A background colour by name, with ranges of hue (degrees), saturation and value (0 to 1) that count as it."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    rgb: tuple[int, int, int]
    hue: tuple[float, float]
    saturation: tuple[float, float]
    value: tuple[float, float]


COLOURS = (
    Colour(("red",), ("红色", "红"), (214, 48, 49), (-8, 6), (0.6, 0.95), (0.55, 0.95)),
    Colour(("orange",), ("橙色", "橘色"), (240, 138, 36), (20, 34), (0.55, 0.95), (0.85, 1.0)),
    Colour(("yellow",), ("黄色", "黄"), (245, 205, 60), (45, 58), (0.4, 0.95), (0.85, 1.0)),
    Colour(("green",), ("绿色", "绿"), (84, 160, 96), (80, 160), (0.18, 0.8), (0.35, 0.88)),
    Colour(("blue",), ("蓝色", "蓝"), (66, 124, 196), (198, 232), (0.22, 0.9), (0.4, 0.97)),
    Colour(("purple",), ("紫色", "紫"), (134, 92, 184), (258, 292), (0.2, 0.8), (0.4, 0.94)),
    Colour(("pink",), ("粉色", "粉红色"), (244, 170, 192), (330, 355), (0.15, 0.45), (0.85, 1.0)),
    Colour(("brown",), ("棕色", "褐色"), (128, 84, 56), (14, 30), (0.35, 0.7), (0.3, 0.6)),
    Colour(("black",), ("黑色", "黑"), (24, 24, 28), (0, 360), (0.0, 0.2), (0.03, 0.16)),
    Colour(("white",), ("白色", "白"), (250, 250, 250), (0, 360), (0.0, 0.04), (0.95, 1.0)),
    Colour(("gray", "grey"), ("灰色", "灰"), (150, 152, 156), (0, 360), (0.0, 0.08), (0.42, 0.78)),
)


def load_icons() -> tuple[Icon, ...]:
    """The icons of the table, in its order, which is the order of every label."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return tuple(
        Icon(
            row["group"],
            row["hexcode"],
            en=(row["en"], *filter(None, row["more_en"].split("|"))),
            zh=(row["zh"], *filter(None, row["more_zh"].split("|"))),
            measure=row["measure"],
            plural=row["plural"],
        )
        for row in rows
    )


def load_strangers(names_folder: Path, icons: tuple[Icon, ...]) -> dict[str, tuple[str, ...]]:
    """Names by language of emoji that are never drawn: what a user may ask for and the model must not find."""
    known = {name for icon in icons for name in (*icon.en, *icon.zh)}
    strangers: dict[str, tuple[str, ...]] = {}
    for language in ("en", "zh"):
        rows = json.loads((names_folder / language / "data.json").read_text(encoding="utf-8"))
        labels = {row["label"].lower() for row in rows if row.get("group") not in (None, 2, 8, 9)}
        plain = {label for label in labels if label.replace(" ", "").isalpha() and len(label) <= 14}
        strangers[language] = tuple(sorted(label for label in plain if not _touches(label, known)))
    return strangers


def _touches(label: str, known: set[str]) -> bool:
    """True where the label holds a known name or part of one, so that asking for it would be ambiguous."""
    return any(name in label or label in name for name in known)


def _names(named: Icon | Colour, *more: str) -> dict[str, object]:
    return {"en": named.en[0], "zh": named.zh[0], "also": [*named.en[1:], *named.zh[1:], *more]}


def write_vocabulary(path: Path, icons: tuple[Icon, ...]) -> None:
    """Write vocabulary.json: the first name of every icon and colour in both languages, and what else it goes by."""
    content = {
        "icons": [{"hexcode": icon.hexcode, **_names(icon, icon.plural), "measure": icon.measure} for icon in icons],
        "colours": [{**_names(colour), "rgb": list(colour.rgb)} for colour in COLOURS],
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
