"""Draws scenes: icons, and now and then a written word, on a coloured background; knows no query and no model."""

import colorsys
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from demo_model.icons import COLOURS

MAX_OVERLAP = 0.12  # share of the smaller square that another icon may cover
PLACING_TRIES = 60
OUTSIDE = -1  # the background colour of what is outside this world
SHRINK = (1.0, 1.0, 0.82, 0.68, 0.6, 0.55)  # of the sides, by the number of icons


@dataclass(frozen=True, slots=True)
class Placed:
    """An icon by its number, its centre and side in units of the scene's height, and how it is turned and stretched."""

    icon: int
    x: float
    y: float
    side: float
    turn_degrees: float = 0.0
    mirrored: bool = False
    stretch: float = 1.0  # width over height


@dataclass(frozen=True, slots=True)
class Written:
    """A word on the picture: the icon it names, its font, its centre and letter height in units of the height."""

    text: str
    icon: int
    font: Path
    x: float
    y: float
    height: float
    rgb: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is on a picture: background colour by number, two RGB tones of it, direction of the gradient, icons."""

    colour: int
    tones: tuple[tuple[int, int, int], tuple[int, int, int]]
    slant: float
    placed: tuple[Placed, ...]
    shadow: float  # 0 none, 1 dark
    written: Written | None = None

    @property
    def icons(self) -> frozenset[int]:
        """The numbers of the icons on it."""
        return frozenset(placed.icon for placed in self.placed)

    @property
    def outside(self) -> bool:
        """Whether it is a picture of another world, with nothing on it that has a name here."""
        return self.colour == OUTSIDE

    def count(self, icon: int) -> int:
        """How often an icon is on it."""
        return sum(placed.icon == icon for placed in self.placed)


def pick_tones(colour: int, random: Random) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Two tones that both count as the colour, the first one lighter: one alone in a third of the cases."""
    kind = COLOURS[colour]
    hue = random.uniform(*kind.hue) / 360 % 1
    saturation = random.uniform(*kind.saturation)
    values = sorted((random.uniform(*kind.value), random.uniform(*kind.value)), reverse=True)
    if random.random() < 0.35:
        values[1] = values[0]
    tones = [tuple(round(255 * c) for c in colorsys.hsv_to_rgb(hue, saturation, v)) for v in values]
    return tones[0], tones[1]


def place_icons(icons: list[int], *, aspect: float, random: Random, sizes: tuple[float, float]) -> tuple[Placed, ...]:
    """Places for the icons without heavy overlap; they shrink until there is room for all."""
    shrink = SHRINK[len(icons) - 1]
    while True:
        done: list[Placed] = []
        for icon in icons:
            side = random.uniform(*sizes) * shrink
            turn = random.uniform(-14, 14) if random.random() < 0.5 else 0.0
            if (spot := _free_spot(side, done, aspect=aspect, random=random)) is None:
                break
            done.append(Placed(icon, *spot, side, turn, random.random() < 0.3))
        if len(done) == len(icons):
            return tuple(done)
        shrink *= 0.9


def _free_spot(side: float, done: list[Placed], *, aspect: float, random: Random) -> tuple[float, float] | None:
    """A centre at which a square of `side` covers little of the others, or None."""
    half = side / 2
    for _ in range(PLACING_TRIES):
        x = random.uniform(min(half, aspect / 2), max(aspect - half, aspect / 2))
        y = random.uniform(min(half, 0.5), max(1 - half, 0.5))
        if all(_overlap(x - p.x, y - p.y, side, p.side) <= MAX_OVERLAP for p in done):
            return x, y
    return None


def _overlap(dx: float, dy: float, a: float, b: float) -> float:
    """The share of the smaller of two squares that the other covers."""
    reach = (a + b) / 2
    return max(0.0, min(reach - abs(dx), a, b)) * max(0.0, min(reach - abs(dy), a, b)) / min(a, b) ** 2


def pick_scene(icons: list[int], colour: int, *, aspect: float, random: Random, sizes: tuple[float, float]) -> Scene:
    """A scene with these icons, one of them twice being two of a kind, in places, tones and light of its own."""
    return Scene(
        colour,
        pick_tones(colour, random),
        random.uniform(-0.8, 0.8),
        place_icons(icons, aspect=aspect, random=random, sizes=sizes),
        random.uniform(0.3, 1.0) if random.random() < 0.7 else 0.0,
    )


def draw_background(scene: Scene, size: tuple[int, int]) -> Image.Image:
    """The gradient from the first tone at the top to the second at the bottom, slanted."""
    width, height = size
    y = np.linspace(-0.5, 0.5, height)[:, None]
    x = np.linspace(-0.5, 0.5, width)[None, :]
    along = (math.cos(scene.slant) * y + math.sin(scene.slant) * x) / (
        abs(math.cos(scene.slant)) + abs(math.sin(scene.slant))
    )
    share = (along + 0.5)[..., None]
    first, second = (np.array(tone, dtype=np.float32) for tone in scene.tones)
    return Image.fromarray((first * (1 - share) + second * share + 0.5).astype(np.uint8), "RGB")


def fit_icon(
    icon: Image.Image, placed: Placed, size: tuple[int, int], aspect: float
) -> tuple[Image.Image, tuple[int, int]]:
    """The icon turned, mirrored and scaled for a canvas of `size`, and its upper left corner on it."""
    if placed.mirrored:
        icon = icon.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    width = max(4, round(placed.side * placed.stretch * size[0] / aspect))
    height = max(4, round(placed.side * size[1]))
    corner = round(placed.x * size[0] / aspect - width / 2), round(placed.y * size[1] - height / 2)
    icon = icon.resize((width, height), Image.Resampling.BICUBIC)
    if placed.turn_degrees:
        icon = icon.rotate(placed.turn_degrees, Image.Resampling.BICUBIC)
    return icon, corner


def write_word(text: str, icon: int, font: Path, *, aspect: float, random: Random) -> Written:
    """The word in a place, a size and a shade of its own; long words stay on the picture."""
    height = min(random.uniform(0.1, 0.24), 1.6 * aspect / max(4, len(text) * (1 if text.isascii() else 1.8)))
    shade = random.choice(((20, 20, 24), (250, 250, 250), (120, 30, 30), (30, 50, 120)))
    x, y = random.uniform(0.3, 0.7) * aspect, random.choice((random.uniform(0.1, 0.25), random.uniform(0.75, 0.9)))
    return Written(text, icon, font, x, y, height, shade)


def fit_word(written: Written, size: tuple[int, int], aspect: float) -> tuple[Image.Image, tuple[int, int]]:
    """The word as an RGBA picture for a canvas of `size`, and its upper left corner on it."""
    font = load_font(written.font, max(6, round(written.height * size[1])))
    left, top, right, bottom = font.getbbox(written.text)
    picture = Image.new("RGBA", (max(1, int(right - left) + 2), max(1, int(bottom - top) + 2)), (*written.rgb, 0))
    ImageDraw.Draw(picture).text((1 - left, 1 - top), written.text, font=font, fill=(*written.rgb, 255))
    x, y = written.x * size[0] / aspect, written.y * size[1]
    return picture, (round(x - picture.width / 2), round(y - picture.height / 2))


@lru_cache(maxsize=256)
def load_font(path: Path, height_px: int) -> ImageFont.FreeTypeFont:
    """A font at a height; opening one takes longer than writing with it."""
    return ImageFont.truetype(path, height_px)


def draw_scene(scene: Scene, icons: dict[int, Image.Image], size: tuple[int, int], *, aspect: float) -> Image.Image:
    """The scene in full, with a soft shadow below each icon."""
    picture = draw_background(scene, size)
    for placed in scene.placed:
        icon, corner = fit_icon(icons[placed.icon], placed, size, aspect)
        if scene.shadow:
            _cast_shadow(picture, icon.getchannel("A"), corner, dark=0.45 * scene.shadow)
        picture.paste(icon, corner, icon)
    if scene.written:
        word, corner = fit_word(scene.written, size, aspect)
        picture.paste(word, corner, word)
    return picture


def _cast_shadow(picture: Image.Image, alpha: Image.Image, corner: tuple[int, int], *, dark: float) -> None:
    """Darken the picture under a blurred, shifted copy of the icon's outline."""
    margin = max(2, alpha.height // 6)
    mask = Image.new("L", (alpha.width + 2 * margin, alpha.height + 2 * margin))
    mask.paste(alpha, (margin, margin))
    mask = mask.filter(ImageFilter.GaussianBlur(margin / 3.2)).point(lambda v: int(v * dark))
    spot = corner[0] - margin + margin // 5, corner[1] - margin + margin // 2
    box = (*spot, spot[0] + mask.width, spot[1] + mask.height)
    under = picture.crop(box)
    picture.paste(ImageChops.multiply(under, Image.new("RGB", under.size, (40, 36, 48))), spot, mask)
