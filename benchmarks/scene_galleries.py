"""Large galleries of drawn scenes in which one photo alone is what a query asks for; asks no model.

    python -m benchmarks.scene_galleries [--material FOLDER] [--out build/scene-galleries]

Writes a folder per style for `lychee-rerank evaluate`: one seen in training, one that never was. There is a query for
each of the evaluation set's KINDS, in Chinese, English and mixed by turns; the pairs of things it asks for were never
drawn together in training. The gallery of a query holds, in a shuffled order:

- 1 scene that shows all that is asked for;
- 40 scenes that show a part of it, each picked by chance, where more than one thing is asked for;
- 10 scenes that show nothing of it but often things of its kind, and 40 more where there are no parts;
- scenes of other things up to 800: the first of a pool of 960 that hold nothing asked for, no background either.

All galleries share the pool, which is drawn once. `Query.truth` says what a scene holds.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from lychee_rerank.evaluation.labelled_set import LABELS_NAME
from lychee_rerank.settings import PROJECT_FOLDER

sys.path.insert(0, str(PROJECT_FOLDER / "tools"))

from demo_model.evaluation import ASPECT, KINDS, SIZES, ask_for, make_scene, pick_asked
from demo_model.icons import COLOURS, load_icons
from demo_model.material import STYLES, UNSEEN, Style
from demo_model.queries import LANGUAGES, Part, Query, World
from demo_model.scenes import Scene, pick_scene
from make_evaluation_set import draw_photo

DRAWN = (STYLES[0], UNSEEN)
MATERIAL, OUT = Path("build/demo-model/material"), Path("build/scene-galleries")
SEED = 23  # not that of the evaluation set
FULL_TRUTH = 10
POOL = "pool"  # so begin the names of what all galleries share
MOST_POOL_ICONS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How many scenes there are: in a gallery, in the pool, and of those made for one query besides its match."""

    photos: int = 800
    pool: int = 960
    graded: int = 40
    near_misses: int = 10


@dataclass(frozen=True, slots=True)
class NamedScene:
    """A scene and the name of its photo."""

    name: str
    scene: Scene


@dataclass(frozen=True, slots=True)
class SceneGallery:
    """A query and its photos in the order of the gallery."""

    query: Query
    photos: tuple[NamedScene, ...]

    @property
    def truths(self) -> dict[str, float]:
        """What every photo deserves, from 0 to 10, by its name."""
        return {photo.name: round(self.query.truth(photo.scene), 4) for photo in self.photos}


def compose_galleries(world: World, plan: Plan, *, seed: int = SEED) -> tuple[SceneGallery, ...]:
    """A gallery per kind of query; raises ValueError where the pool is too small to fill one."""
    random = Random(f"scene galleries/{seed}")
    pool = tuple(NamedScene(f"{POOL}-{n:03}.jpg", _make_pool_scene(world, random)) for n in range(plan.pool))
    starts = random.sample(range(len(world.icons)), len(KINDS))
    galleries = []
    for number, (start, kind) in enumerate(zip(starts, KINDS, strict=True)):
        parts = pick_asked(start, kind, world, random)
        query = ask_for(parts, world, LANGUAGES[number % len(LANGUAGES)], random)
        scenes = _make_own_scenes(query, world, plan, random)
        own = [NamedScene(f"{number:02}-{place:02}.jpg", scene) for place, scene in enumerate(scenes)]
        galleries.append(_fill_gallery(query, own, pool, plan=plan, random=random))
    return tuple(galleries)


def _make_pool_scene(world: World, random: Random) -> Scene:
    icons = random.sample(range(len(world.icons)), random.randint(1, MOST_POOL_ICONS))
    return pick_scene(icons, random.randrange(len(COLOURS)), aspect=ASPECT, random=random, sizes=SIZES)


def _make_own_scenes(query: Query, world: World, plan: Plan, random: Random) -> list[Scene]:
    """The match, the graded scenes where a part can be shown without the rest, and the near misses."""
    parts = list(query.parts)
    wholes = [[part] * part.count for part in parts]
    graded = plan.graded if sum(map(len, wholes)) > 1 else 0
    misses = plan.near_misses + plan.graded - graded
    return [
        make_scene(wholes, parts, world, random),
        *islice(_make_graded(query, wholes, world, random), graded),
        *(make_scene([], parts, world, random) for _ in range(misses)),
    ]


def _make_graded(query: Query, wholes: list[list[Part]], world: World, random: Random) -> Iterator[Scene]:
    """Scenes that show some of the parts asked for, and not all; without end."""
    while True:
        shown = [whole[: random.randint(0, len(whole))] for whole in wholes]
        if any(shown) and shown != wholes:
            yield make_scene(shown, list(query.parts), world, random)


def _fill_gallery(
    query: Query, own: list[NamedScene], pool: tuple[NamedScene, ...], *, plan: Plan, random: Random
) -> SceneGallery:
    """The query's own scenes among those of the pool that hold nothing it asks for; shuffled."""
    others = [photo for photo in pool if query.truth(photo.scene) == 0][: plan.photos - len(own)]
    if len(own) + len(others) < plan.photos:
        raise ValueError(f"the pool holds only {len(others)} scenes without anything of: {query.text}")
    photos = own + others
    random.shuffle(photos)
    return SceneGallery(query, tuple(photos))


def write_label(gallery: SceneGallery, number: int) -> str:
    """The gallery's line of queries.jsonl."""
    query = gallery.query
    label = {"id": f"{number:02}-{query.language}", "language": query.language, "query": query.text}
    return json.dumps(label | {"relevance": gallery.truths}, ensure_ascii=False) + "\n"


def draw_galleries(
    galleries: tuple[SceneGallery, ...], world: World, style: Style, *, material: Path, folder: Path
) -> None:
    """Every photo of them once, and queries.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, scene in {photo.name: photo.scene for gallery in galleries for photo in gallery.photos}.items():
        draw_photo(scene, world, style, material, folder / name)
    lines = [write_label(gallery, number) for number, gallery in enumerate(galleries)]
    (folder / LABELS_NAME).write_text("".join(lines), encoding="utf-8")


def draw_style(style: Style, *, material: Path = MATERIAL, out: Path = OUT) -> Path:
    """The folder with the galleries in one style."""
    world, folder = World(load_icons(), strangers={}), out / style.name
    draw_galleries(compose_galleries(world, Plan()), world, style, material=material, folder=folder)
    return folder


def main() -> None:
    """Draw the galleries in both styles."""
    parser = argparse.ArgumentParser(description="Draw large galleries with one match each.")
    parser.add_argument("--material", type=Path, default=MATERIAL)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    for style in DRAWN:
        draw_style(style, material=options.material, out=options.out)


if __name__ == "__main__":
    main()
