"""Draws training pictures at the size the model sees, roughened so that other drawing styles are not strange to it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageFilter

from demo_model.icons import COLOURS, Icon
from demo_model.material import STYLES, load_styles
from demo_model.photographs import load_fonts, load_photographs
from demo_model.scenes import Scene, draw_background, fit_icon, fit_word

ICON_PX = 96
PHOTOGRAPH_PX = 256
CELL_PX = 28  # one visual token
FIRST_STYLE = 0.28  # how often the sample gallery's own style is drawn; the others share the rest
ENOUGH_COVER, LITTLE_COVER = 0.22, 0.06  # shares of a cell that an icon covers to name it, or to leave it background
COLOURLESS, GREY_SHARE = 0.2, 0.25  # most saturation of black, white and grey; how often all of such a picture is grey
LUMINANCE = np.array([[0.299], [0.587], [0.114]], dtype=np.float32)  # ITU-R BT.601
UNCLEAR = -100  # the label that cross entropy skips


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is drawn with: per icon the styles that have it, photographs of another world, fonts by language."""

    icons: tuple[dict[int, Image.Image], ...]
    photographs: tuple[Image.Image, ...]
    fonts: dict[str, tuple[Path, ...]]

    @property
    def outside_label(self) -> int:
        """The label of a visual token that shows nothing of this world."""
        return len(self.icons) + len(COLOURS)


def load_pictures(material: Path, icons: tuple[Icon, ...]) -> Pictures:
    """Every icon in every training style, the photographs, the fonts."""
    return Pictures(
        tuple(load_styles(material, icon.hexcode, side_px=ICON_PX) for icon in icons),
        load_photographs(material, side_px=PHOTOGRAPH_PX),
        load_fonts(material),
    )


def paint_scene(
    scene: Scene, pictures: Pictures, size: tuple[int, int], *, aspect: float, random: Random
) -> tuple[np.ndarray, np.ndarray]:
    """The picture [H, W, 3] uint8, and a label per visual token: icon number, else icons + colour, else UNCLEAR."""
    noise = np.random.default_rng(random.getrandbits(32))
    canvas = np.asarray(draw_background(scene, size)).astype(np.float32)
    owner = np.full(canvas.shape[:2], -1, dtype=np.int16)
    style = _pick_style(random)
    for placed in scene.placed:
        if random.random() < 0.15:
            style = _pick_style(random)
        drawn = pictures.icons[placed.icon]
        stretched = replace(placed, stretch=random.uniform(0.85, 1.18)) if random.random() < 0.3 else placed
        icon, corner = fit_icon(drawn.get(style) or random.choice(list(drawn.values())), stretched, size, aspect)
        _paste(canvas, owner, _roughen_icon(icon, random), corner, number=placed.icon, scene=scene)
    if scene.written:
        word, corner = fit_word(scene.written, size, aspect)
        pixels = np.asarray(word).astype(np.float32)
        _blend(canvas, pixels[..., :3], pixels[..., 3], corner)
    if COLOURS[scene.colour].saturation[1] <= COLOURLESS and random.random() < GREY_SHARE:
        canvas = np.repeat(canvas @ LUMINANCE, 3, axis=-1)  # other backgrounds would lose their name
    labels = _label_cells(owner, background=len(pictures.icons) + scene.colour)
    return _roughen_picture(canvas, random, noise), labels


def _pick_style(random: Random) -> int:
    return 0 if random.random() < FIRST_STYLE else random.randrange(1, len(STYLES))


def paint_outside(pictures: Pictures, size: tuple[int, int], random: Random) -> tuple[np.ndarray, np.ndarray]:
    """A picture [H, W, 3] uint8 of another world, a photograph or a pattern, and its labels."""
    noise = np.random.default_rng(random.getrandbits(32))
    if random.random() < 0.7:
        canvas = _cut_photograph(random.choice(pictures.photographs), size, random)
    else:
        canvas = _paint_pattern(size, random, noise)
    cells = (size[0] // CELL_PX) * (size[1] // CELL_PX)
    return _roughen_picture(canvas, random, noise), np.full(cells, pictures.outside_label, dtype=np.int64)


def _cut_photograph(photograph: Image.Image, size: tuple[int, int], random: Random) -> np.ndarray:
    """A window of the photograph, mirrored and in another light now and then, as [H, W, 3] float32."""
    scale = random.uniform(0.35, 1.0) * min(photograph.width / size[0], photograph.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    left, top = random.uniform(0, photograph.width - width), random.uniform(0, photograph.height - height)
    window = photograph.resize(size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))
    if random.random() < 0.5:
        window = window.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = np.asarray(window).astype(np.float32)
    return pixels * np.array([random.uniform(0.75, 1.2) for _ in range(3)], dtype=np.float32) + random.uniform(-20, 20)


def _paint_pattern(size: tuple[int, int], random: Random, noise: np.random.Generator) -> np.ndarray:
    """Cloudy noise of several coarsenesses in three colours, as [H, W, 3] float32."""
    canvas = np.zeros((size[1], size[0], 3), dtype=np.float32)
    for cells in random.sample((2, 3, 5, 9, 17, 40), 3):
        coarse = noise.uniform(0, 255, (cells, cells, 3)).astype(np.uint8)
        way = Image.Resampling.NEAREST if random.random() < 0.25 else Image.Resampling.BICUBIC
        canvas += np.asarray(Image.fromarray(coarse, "RGB").resize(size, way)) * random.uniform(0.1, 0.6)
    return canvas - canvas.mean() + random.uniform(60, 200)


def _roughen_icon(icon: Image.Image, random: Random) -> np.ndarray:
    """The icon [h, w, 4] float32 with its colours, contrast, sharpness and outline changed at random."""
    if random.random() < 0.1:
        icon = icon.filter(ImageFilter.UnsharpMask(1.5, 120))
    pixels = np.asarray(icon).astype(np.float32)
    rgb = pixels[..., :3]
    if random.random() < 0.6:
        grey = rgb.mean(axis=-1, keepdims=True)
        rgb = grey + (rgb - grey) * random.uniform(0.5, 1.6)
        rgb = (rgb - 128) * random.uniform(0.65, 1.35) + 128 + random.uniform(-30, 30)
        rgb = rgb * np.array([random.uniform(0.85, 1.15) for _ in range(3)], dtype=np.float32)
    if random.random() < 0.25:
        rgb = rgb @ _turn_hues(random.uniform(-0.5, 0.5))
    if random.random() < 0.12:
        rgb = np.round(rgb / 48) * 48  # few tones, as flat styles have
    if random.random() < 0.12:
        wide = np.asarray(icon.getchannel("A").filter(ImageFilter.MaxFilter(3))).astype(np.float32)
        inside = pixels[..., 3:] / 255
        rgb = rgb * inside + (1 - inside) * random.choice((10, 60, 250))
        pixels = np.concatenate([rgb, wide[..., None]], axis=-1)
    return np.concatenate([np.clip(rgb, 0, 255), pixels[..., 3:]], axis=-1)


def _turn_hues(radians: float) -> np.ndarray:
    """The matrix [3, 3] that turns RGB colours about grey."""
    grey, cos = np.full((3, 3), 1 / 3), math.cos(radians)
    across = np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]]) * (math.sin(radians) / math.sqrt(3))
    return (grey * (1 - cos) + np.eye(3) * cos + across).astype(np.float32)


def _paste(
    canvas: np.ndarray, owner: np.ndarray, icon: np.ndarray, corner: tuple[int, int], *, number: int, scene: Scene
) -> None:
    """Lay the icon with its shadow on the canvas, and write its number where it is solid."""
    if scene.shadow:
        shift = max(1, icon.shape[0] // 16)
        soft = Image.fromarray(icon[..., 3].astype(np.uint8)).filter(ImageFilter.GaussianBlur(max(1, shift)))
        _blend(
            canvas,
            np.zeros_like(icon[..., :3]),
            np.asarray(soft) * (0.4 * scene.shadow),
            (corner[0], corner[1] + shift),
        )
    _blend(canvas, icon[..., :3], icon[..., 3], corner)
    window, part = _cut(owner.shape, icon.shape, corner)
    owner[window][icon[part][..., 3] > 128] = number


def _blend(canvas: np.ndarray, rgb: np.ndarray, alpha: np.ndarray, corner: tuple[int, int]) -> None:
    """Blend a picture into the canvas in place; what hangs over the edge is cut."""
    window, part = _cut(canvas.shape, rgb.shape, corner)
    share = (alpha[part] / 255)[..., None]
    canvas[window] += (rgb[part] - canvas[window]) * share


def _cut(
    canvas: tuple[int, ...], icon: tuple[int, ...], corner: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where an icon at a corner lies on the canvas, and which part of it that is."""
    left, top = max(0, corner[0]), max(0, corner[1])
    right, bottom = min(canvas[1], corner[0] + icon[1]), min(canvas[0], corner[1] + icon[0])
    part = slice(top - corner[1], bottom - corner[1]), slice(left - corner[0], right - corner[0])
    return (slice(top, bottom), slice(left, right)), part


def _label_cells(owner: np.ndarray, *, background: int) -> np.ndarray:
    """The label of every visual token, row by row, from the number that each pixel belongs to."""
    rows, columns = owner.shape[0] // CELL_PX, owner.shape[1] // CELL_PX
    cells = owner.reshape(rows, CELL_PX, columns, CELL_PX).transpose(0, 2, 1, 3).reshape(rows * columns, -1)
    labels = np.full(len(cells), UNCLEAR, dtype=np.int64)
    for number, cell in enumerate(cells):
        owners, counts = np.unique(cell[cell >= 0], return_counts=True)
        covered = counts.sum() / cell.size
        if covered < LITTLE_COVER:
            labels[number] = background
        elif counts.max() / cell.size >= ENOUGH_COVER:
            labels[number] = owners[counts.argmax()]
    return labels


def _roughen_picture(canvas: np.ndarray, random: Random, noise: np.random.Generator) -> np.ndarray:
    """The whole picture as uint8, now and then grey, blurred, noisy or of another light."""
    if random.random() < 0.25:
        canvas = canvas * random.uniform(0.88, 1.1) + random.uniform(-8, 8)
    if random.random() < 0.15:
        canvas = canvas + noise.normal(0, random.uniform(2, 9), canvas.shape).astype(np.float32)
    picture = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8), "RGB")
    if random.random() < 0.2:
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 0.9)))
    return np.asarray(picture)
