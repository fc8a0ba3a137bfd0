"""Prints how well the demo model ranks galleries never trained on, by language, in a seen style and an unseen one.

python tools/evaluate_demo_model.py [--work build/demo-model] [--model lychee_rerank/demo_model]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo_model.evaluation import Figures, Judge, draw_photo, judge_gallery, make_galleries, sum_up
from demo_model.icons import load_icons
from demo_model.material import STYLES, UNSEEN, Style
from demo_model.queries import LANGUAGES, World

from lychee_rerank.prompts import clean_query

SEED = 11
SAMPLE_QUERIES = (
    "沙发 + 灯泡 + 咖啡",
    "sofa, light bulb and coffee",
    "sofa + 灯泡 + coffee",
    "a dog on a red background",
    "红色背景上的狗",
    "有狗和猫",
    "dog",
    "汉堡和薯条",
    "rocket, moon",
    "粉色背景 + 蛋糕",
    "足球、奖杯",
    "plane + 相机",
)
BITS_16 = 256


def judge_style(judge: Judge, world: World, style: Style, material: Path) -> list[Figures]:
    """The figures of one style, by language and then over all."""
    rows: dict[str, list[list[tuple[float, float | None]]]] = {language: [] for language in LANGUAGES}
    for gallery in make_galleries(world, seed=SEED):
        pictures = [draw_photo(scene, world, style, material) for scene in gallery.scenes]
        rows[gallery.query.language].append(judge_gallery(judge, gallery, pictures))
    figures = [sum_up(language, rows[language]) for language in LANGUAGES]
    return [*figures, sum_up("all", [one for language in LANGUAGES for one in rows[language]])]


def print_figures(style: Style, figures: list[Figures]) -> None:
    """One line per language."""
    for row in figures:
        print(
            f"{style.name:10} {row.language:6} {row.queries:2} queries: Spearman {row.spearman:.3f}, best in first "
            f"three {row.first_three}, ranks of the best {row.best_ranks}, no number {row.unreadable}"
        )


def open_sample(path: Path) -> Image.Image:
    """A sample as upright RGB: turned by its EXIF tag, 16 bits cut to 8, transparency laid over white."""
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode.startswith("I"):
        picture = Image.fromarray((np.asarray(picture) // BITS_16).astype(np.uint8))
    if "A" in picture.getbands():
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return picture.convert("RGB")


def print_samples(judge: Judge, folder: Path) -> None:
    """For each of some queries, the samples in order of score."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in {".jpg", ".png", ".webp"}]
    pictures = {path.name: open_sample(path) for path in paths}
    for query in SAMPLE_QUERIES:
        answers = {name: judge.score(clean_query(query), picture) for name, picture in pictures.items()}
        ranked = sorted(answers.items(), key=lambda row: -float(row[1]))
        shown = ranked if query == SAMPLE_QUERIES[0] else ranked[:6]
        print(query, "->", ", ".join(f"{name} {answer}" for name, answer in shown))


def main() -> None:
    """Print the figures of both styles, then the samples."""
    parser = argparse.ArgumentParser(description="Evaluate the bundled demo model.")
    parser.add_argument("--work", type=Path, default=Path("build/demo-model"))
    parser.add_argument("--model", type=Path, default=Path("lychee_rerank/demo_model"))
    parser.add_argument("--images", type=Path, default=Path("images"))
    options = parser.parse_args()
    torch.set_num_threads(2)
    judge, world = Judge(options.model), World(load_icons(), strangers={})
    print_samples(judge, options.images)
    for style in (STYLES[0], UNSEEN):
        print_figures(style, judge_style(judge, world, style, options.work / "material"))


if __name__ == "__main__":
    main()
