"""Draws the sample gallery into images/: 32 scenes in Fluent 3D, in the kinds of file that phones and tools make.

    python tools/draw_samples.py [--material FOLDER] [--out images]

Knows file kinds; the drawing itself is demo_model.scenes.
"""

import argparse
import csv
from pathlib import Path
from random import Random

import numpy as np
from demo_model.icons import load_icons
from demo_model.material import STYLES, load_icon
from demo_model.scenes import Placed, Scene, draw_scene
from PIL import Image

SIZE = (1024, 768)
ASPECT = SIZE[0] / SIZE[1]
SEED = 20_260
JPEG_QUALITY = 88
TABLE = Path(__file__).with_name("samples.tsv")
TONES = {  # calm pairs, lighter above
    "sage": ((178, 208, 170), (112, 148, 110)),
    "meadow": ((158, 206, 132), (92, 152, 84)),
    "slate": ((150, 176, 204), (76, 104, 138)),
    "sky": ((184, 216, 246), (112, 160, 212)),
    "sea": ((110, 172, 222), (40, 92, 156)),
    "straw": ((250, 228, 148), (232, 194, 84)),
    "apricot": ((252, 178, 96), (232, 134, 52)),
    "clay": ((150, 104, 72), (100, 64, 42)),
    "cherry": ((226, 78, 74), (166, 36, 40)),
    "rose": ((252, 214, 226), (240, 166, 190)),
    "lilac": ((206, 186, 236), (150, 124, 196)),
    "grape": ((146, 106, 196), (92, 62, 146)),
    "stone": ((190, 191, 194), (128, 130, 134)),
    "snow": ((252, 252, 252), (244, 245, 247)),
    "night": ((38, 38, 44), (14, 14, 18)),
}
LAYOUTS = {  # centres and sides in units of the height, for one, two and three icons
    1: (((0.667, 0.5, 0.72),),),
    2: (((0.43, 0.55, 0.56), (0.96, 0.42, 0.44)), ((0.4, 0.45, 0.46), (0.9, 0.54, 0.58))),
    3: (
        ((0.42, 0.55, 0.52), (0.94, 0.3, 0.38), (0.96, 0.73, 0.36)),
        ((0.48, 0.58, 0.56), (1.02, 0.29, 0.4), (1.05, 0.73, 0.36)),
        ((0.3, 0.32, 0.4), (0.36, 0.76, 0.36), (0.9, 0.53, 0.56)),
    ),
}
TURNED, CMYK, CLEAR, DEEP = "IMG_7489.jpg", "IMG_6021.jpg", "IMG_2093.png", "IMG_3539.png"
EXIF_ORIENTATION, EXIF_QUARTER_TURN = 274, 6  # stored a quarter turn to the left; a viewer turns it back


def compose(names: list[str], tone: str, random: Random) -> Scene:
    """A scene after one of the layouts, each place moved a little."""
    numbers = {icon.en[0]: number for number, icon in enumerate(load_icons())}
    spots = random.choice(LAYOUTS[len(names)])

    def near(value: float) -> float:
        return value + random.uniform(-0.025, 0.025)

    placed = tuple(
        Placed(numbers[name], near(x), near(y), near(side)) for name, (x, y, side) in zip(names, spots, strict=True)
    )
    return Scene(0, TONES[tone], random.uniform(-0.3, 0.3), placed, shadow=0.9)


def save_sample(picture: Image.Image, path: Path, *, clear: Image.Image | None) -> None:
    """Write the picture as the kind its name says, with the oddity that the gallery keeps for that name."""
    if path.name == TURNED:
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = EXIF_QUARTER_TURN
        picture.transpose(Image.Transpose.ROTATE_90).save(path, quality=JPEG_QUALITY, exif=exif)
    elif path.name == CMYK:
        picture.convert("CMYK").save(path, quality=JPEG_QUALITY)
    elif path.name == CLEAR and clear is not None:
        clear.save(path, optimize=True)
    elif path.name == DEEP:
        grey = np.asarray(picture.convert("L"), dtype=np.uint16) * 257  # 255 becomes 65535
        Image.fromarray(grey).save(path)
    elif path.suffix == ".png":
        picture.save(path, optimize=True)
    else:
        picture.save(path, quality=JPEG_QUALITY)


def draw_clear(scene: Scene, pictures: dict[int, Image.Image]) -> Image.Image:
    """The scene's icons on nothing: RGBA whose background is see-through."""
    canvas = Image.new("RGBA", SIZE)
    for placed in scene.placed:
        side = round(placed.side * SIZE[1])
        icon = pictures[placed.icon].resize((side, side), Image.Resampling.LANCZOS)
        canvas.alpha_composite(icon, (round(placed.x * SIZE[1] - side / 2), round(placed.y * SIZE[1] - side / 2)))
    return canvas


def main() -> None:
    """Draw every row of samples.tsv."""
    parser = argparse.ArgumentParser(description="Draw the sample gallery.")
    parser.add_argument("--material", type=Path, default=Path("build/demo-model/material"))
    parser.add_argument("--out", type=Path, default=Path("images"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    icons, random = load_icons(), Random(SEED)
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            scene = compose(row["icons"].split(", "), row["tone"], random)
            pictures = {
                number: load_icon(options.material, STYLES[0], icons[number].hexcode, side_px=512)
                for number in scene.icons
            }
            clear = draw_clear(scene, pictures) if row["name"] == CLEAR else None
            save_sample(draw_scene(scene, pictures, SIZE, aspect=ASPECT), options.out / row["name"], clear=clear)


if __name__ == "__main__":
    main()
