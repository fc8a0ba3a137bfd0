"""Judges a written demo model on galleries drawn for the purpose, through the model's own generate; trains nothing."""

import io
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import torch
from PIL import Image
from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from demo_model.icons import COLOURS
from demo_model.material import Style, load_icon
from demo_model.queries import LANGUAGES, Part, Query, World, write_query
from demo_model.scenes import Scene, draw_scene, pick_scene
from lychee_rerank.prompts import NUMBER

QUERIES, PHOTOS = 20, 32
SIZE = (1024, 768)
ASPECT = SIZE[0] / SIZE[1]
SIZES = (0.34, 0.62)  # sides of icons in units of the height
ICON_PX = 512
JPEG_QUALITY = 90
ANSWER_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Gallery:
    """A query and the scenes it is asked of; exactly one of them shows every part."""

    query: Query
    scenes: tuple[Scene, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well scores follow the truth: pooled Spearman, ranks of the best photo (ties against us), no numbers."""

    language: str
    queries: int
    spearman: float
    best_ranks: tuple[int, ...]
    unreadable: int

    @property
    def first_three(self) -> int:
        """Queries whose best photo is among the first three."""
        return sum(rank <= 3 for rank in self.best_ranks)


def make_galleries(world: World, *, seed: int) -> tuple[Gallery, ...]:
    """Galleries of graded truth, the languages taking turns."""
    random = Random(f"evaluation/{seed}")
    return tuple(_make_gallery(world, LANGUAGES[n % 3], 2 + n % 3, random) for n in range(QUERIES))


def _make_gallery(world: World, language: str, count: int, random: Random) -> Gallery:
    """One query of `count` parts, one in three times with a background among them, and its scenes."""
    icons = random.sample(range(len(world.icons)), count)
    parts = [Part(icon) for icon in icons]
    if random.random() < 0.4:
        parts[-1] = Part(random.randrange(len(COLOURS)), is_colour=True)
    query = write_query(parts, world, language=language, random=random)
    scenes = [_make_scene(parts, parts, world, random)]
    while len(scenes) < PHOTOS:
        scenes.append(_make_scene(random.sample(parts, random.randrange(count)), parts, world, random))
    return Gallery(query, tuple(scenes))


def _make_scene(shown: list[Part], asked: list[Part], world: World, random: Random) -> Scene:
    """A scene with the parts shown, none of the others asked for, and one or two things besides."""
    taken = {part.number for part in asked if not part.is_colour}
    icons = [part.number for part in shown if not part.is_colour]
    others = [n for n in range(len(world.icons)) if n not in taken]
    kin = [n for n in others if world.icons[n].group in {world.icons[t].group for t in taken}]
    for _ in range(random.randint(0 if icons else 1, min(2, 4 - len(icons)))):
        choices = kin if kin and random.random() < 0.5 else others
        icons.append(random.choice([number for number in choices if number not in icons]))
    wanted = [part.number for part in asked if part.is_colour]
    colours = [part.number for part in shown if part.is_colour] or [c for c in range(len(COLOURS)) if c not in wanted]
    return pick_scene(icons, random.choice(colours), aspect=ASPECT, random=random, sizes=SIZES)


class Judge:
    """A written model folder with its processor, asked as the product asks it."""

    def __init__(self, folder: Path) -> None:
        self.model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True, local_files_only=True
        ).eval()
        self.processor = AutoProcessor.from_pretrained(folder, local_files_only=True)

    def score(self, query: str, picture: Image.Image) -> str:
        """The model's answer to a cleaned query about an upright RGB picture, decoded greedily."""
        size = self.processor.image_processor.size
        height, width = smart_resize(
            picture.height, picture.width, factor=28,
            min_pixels=size["shortest_edge"], max_pixels=size["longest_edge"],
        )  # fmt: skip
        photo = picture.resize((width, height), Image.Resampling.BICUBIC)
        user = [{"type": "image"}, {"type": "text", "text": NUMBER.fill(query)}]
        system = [{"type": "text", "text": NUMBER.system}]
        turns = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        text = self.processor.apply_chat_template(turns, add_generation_prompt=True)
        inputs = self.processor(text=[text], images=[photo], do_resize=False, return_tensors="pt")
        with torch.inference_mode():
            tokens = self.model.generate(**inputs, max_new_tokens=ANSWER_TOKENS, do_sample=False)
        return self.processor.tokenizer.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def draw_photo(scene: Scene, world: World, style: Style, material: Path) -> Image.Image:
    """The scene as a photo: drawn large, saved as JPEG and read back."""
    icons = {n: load_icon(material, style, world.icons[n].hexcode, side_px=ICON_PX) for n in scene.icons}
    file = io.BytesIO()
    draw_scene(scene, icons, SIZE, aspect=ASPECT).save(file, "JPEG", quality=JPEG_QUALITY)
    return Image.open(file).convert("RGB")


def judge_gallery(judge: Judge, gallery: Gallery, pictures: list[Image.Image]) -> list[tuple[float, float | None]]:
    """Truth and score of every photo; None where the answer is no number."""
    rows: list[tuple[float, float | None]] = []
    for scene, picture in zip(gallery.scenes, pictures, strict=True):
        answer = judge.score(gallery.query.text, picture)
        rows.append((gallery.query.truth(scene), float(answer) if answer.replace(".", "", 1).isdigit() else None))
    return rows


def sum_up(language: str, galleries: list[list[tuple[float, float | None]]]) -> Figures:
    """The figures over some galleries' rows; an answer without a number counts as 0."""
    ranks = []
    for rows in galleries:
        scores = np.array([score or 0.0 for _, score in rows])
        best = int(np.argmax([truth for truth, _ in rows]))
        ranks.append(int((scores >= scores[best]).sum()))
    pooled = pd.DataFrame([(truth, score or 0.0) for rows in galleries for truth, score in rows]).rank()
    unreadable = sum(score is None for rows in galleries for _, score in rows)
    return Figures(language, len(galleries), float(pooled.corr().iloc[0, 1]), tuple(ranks), unreadable)
