"""Draws the set that the demo model is judged by, once in a style seen in training and once in one never seen.

    python tools/make_evaluation_set.py [--material FOLDER] [--out build/evaluation]

Writes two folders per style for `lychee-rerank evaluate`: one asked in words, and STYLE-like, asked with example
photos. In the first a line of queries.jsonl tells which photos hold the word alone ("written"), and how many of the
things asked for each shows ("shown").
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo_model.evaluation import ASPECT, Gallery, make_galleries
from demo_model.icons import load_icons
from demo_model.like_evaluation import ALONE, LikeGallery, make_like_galleries
from demo_model.material import STYLES, UNSEEN, Style, load_icon
from demo_model.photographs import load_fonts
from demo_model.queries import World
from demo_model.scenes import Scene, draw_scene

SEED = 11
SIZE = (1024, 768)
ICON_PX = 512
JPEG_QUALITY = 88


def draw_photo(scene: Scene, world: World, style: Style, material: Path, path: Path) -> None:
    """The scene as a JPEG file."""
    icons = {n: load_icon(material, style, world.icons[n].hexcode, side_px=ICON_PX) for n in scene.icons}
    draw_scene(scene, icons, SIZE, aspect=ASPECT).save(path, quality=JPEG_QUALITY)


def write_line(gallery: Gallery, number: int, language: int) -> str:
    """The line of one query: its truth for every photo of the gallery."""
    query = gallery.queries[language]
    names = [photo_name(number, place) for place in range(len(gallery.scenes))]
    objects = [part for part in query.parts if not part.is_colour]
    return json.dumps(
        {
            "id": f"{number:02}-{query.language}",
            "triplet": number,
            "language": query.language,
            "query": query.text,
            "objects": len(objects),
            "relevance": {n: round(query.truth(s), 4) for n, s in zip(names, gallery.scenes, strict=True)},
            "written": [name for name, scene in zip(names, gallery.scenes, strict=True) if scene.written],
            "shown": {
                name: sum(part.credit(scene) == 1 for part in objects)
                for name, scene in zip(names, gallery.scenes, strict=True)
            },
        },
        ensure_ascii=False,
    )


def write_like_lines(gallery: LikeGallery, number: int) -> list[str]:
    """The lines of the questions with an example: their truth for every photo of the gallery."""
    names = [photo_name(number, place) for place in range(len(gallery.scenes))]
    return [
        json.dumps(
            {
                "id": f"{number:02}-{place}",
                "language": language,
                "query": asked.words.text if asked.words else "",
                "like": example_name(number, place if language == ALONE else 0),
                "relevance": {n: round(asked.truth(s), 4) for n, s in zip(names, gallery.scenes, strict=True)},
            },
            ensure_ascii=False,
        )
        for place, (language, asked) in enumerate(gallery.asked)
    ]


def example_name(gallery: int, place: int) -> str:
    """The file name of an example."""
    return f"{gallery:02}-example-{place}.jpg"


def photo_name(gallery: int, place: int) -> str:
    """The file name of a gallery's photo."""
    return f"{gallery:02}-{place:02}.jpg"


def main() -> None:
    """Draw the galleries in both styles."""
    parser = argparse.ArgumentParser(description="Draw the demo model's evaluation set.")
    parser.add_argument("--material", type=Path, default=Path("build/demo-model/material"))
    parser.add_argument("--out", type=Path, default=Path("build/evaluation"))
    options = parser.parse_args()
    world = World(load_icons(), strangers={})
    galleries = make_galleries(world, load_fonts(options.material), seed=SEED)
    for style in (STYLES[0], UNSEEN):
        folder = options.out / style.name
        folder.mkdir(parents=True, exist_ok=True)
        for number, gallery in enumerate(galleries):
            for place, scene in enumerate(gallery.scenes):
                draw_photo(scene, world, style, options.material, folder / photo_name(number, place))
        lines = [write_line(gallery, n, at) for at in range(3) for n, gallery in enumerate(galleries)]
        (folder / "queries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        draw_likes(options.out / f"{style.name}-like", world, style, options.material)


def draw_likes(folder: Path, world: World, style: Style, material: Path) -> None:
    """The galleries that are asked with an example, in one style."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, gallery in enumerate(make_like_galleries(world, seed=SEED)):
        for place, scene in enumerate(gallery.scenes):
            draw_photo(scene, world, style, material, folder / photo_name(number, place))
        for place, (_, asked) in enumerate(gallery.asked):
            draw_photo(asked.example, world, style, material, folder / example_name(number, place))
        lines += write_like_lines(gallery, number)
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
