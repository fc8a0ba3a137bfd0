"""How the demo model is made: the truth of queries, and the training pass held to the model's own forward."""

import json
import sys
from pathlib import Path
from random import Random

import pytest
import torch
from PIL import Image

from lychee_rerank.prompts import NUMBER

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from demo_model.icons import COLOURS, load_icons  # noqa: E402
from demo_model.network import Prompt, build_model, cut_patches, look, read  # noqa: E402
from demo_model.queries import LANGUAGES, Part, Query, World, answer_text, write_query  # noqa: E402
from demo_model.scenes import Placed, Scene  # noqa: E402
from demo_model.tokenizer import build_processor, build_tokenizer  # noqa: E402

WORLD = World(load_icons(), {"en": (), "zh": ()})
DOG_ON_RED = Scene(0, ((250, 0, 0), (200, 0, 0)), 0.0, (Placed(0, 0.6, 0.5, 0.4),), 0.0)


def ask(parts: list[Part], language: str = "en", seed: int = 1) -> Query:
    """A plain query about the parts."""
    return write_query(parts, WORLD, language=language, random=Random(seed), plain=True)


def test_an_object_weighs_two_and_a_background_one():
    dog, cat, red, blue = Part(0), Part(1), Part(0, is_colour=True), Part(4, is_colour=True)
    asked = {(dog,): 10, (cat,): 0, (dog, cat): 5, (dog, red): 10, (dog, blue): 20 / 3, (cat, red): 10 / 3}
    assert {parts: ask(list(parts)).truth(DOG_ON_RED) for parts in asked} == pytest.approx(asked)


def test_answers_have_one_decimal_but_ten():
    assert [answer_text(score) for score in (0.0, 20 / 3, 10.0)] == ["0.0", "6.7", "10"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_ends_where_its_mark_says(language: str):
    for seed in range(30):
        parts = [Part(seed), Part(seed + 40), Part(seed % len(COLOURS), is_colour=True)]
        query = ask(parts, language, seed)
        for part, end in zip(query.parts, query.ends, strict=True):
            named = COLOURS[part.number] if part.is_colour else WORLD.icons[part.number]
            written = query.text[: end + 1].removesuffix(" background").removesuffix("背景")
            assert written.endswith((named.en[0].lower(), named.zh[0].lower()))


def test_the_training_pass_equals_the_models_own_forward():
    torch.manual_seed(0)
    tokenizer = build_tokenizer(WORLD)
    processor, model = build_processor(tokenizer), build_model(tokenizer).eval()
    photo = Image.effect_noise((140, 112), 80).convert("RGB")
    text = processor.apply_chat_template(
        [
            {"role": "system", "content": [{"type": "text", "text": NUMBER.system}]},
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": NUMBER.fill("沙发 + dog")}]},
        ],
        add_generation_prompt=True,
    )
    inputs = processor(text=[text], images=[photo], do_resize=False, return_tensors="pt")
    before, after = text.split("<|image_pad|>")
    closing = "<|vision_end|>"
    prompt = Prompt(*(torch.tensor(tokenizer(part)["input_ids"]) for part in (before, closing)))
    branch = torch.tensor(tokenizer(after.removeprefix(closing))["input_ids"]).expand(1, 3, -1)
    grid = tuple(inputs["image_grid_thw"][0, 1:].tolist())
    with torch.inference_mode():
        expected = model(**inputs).logits[0, -1]
        seen = look(model, inputs["pixel_values"][None], grid)
        (states,) = read(model, prompt, seen, branches=branch, grid=grid, layers=(6,))
        found = model.lm_head(model.model.language_model.norm(states[0, 2, -1]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_patches_are_cut_as_the_processor_cuts_them():
    processor = build_processor(build_tokenizer(WORLD))
    photo = Image.effect_noise((112, 84), 80).convert("RGB")
    expected = processor.image_processor(images=[photo], do_resize=False, return_tensors="pt")["pixel_values"]
    mean, spread = (
        torch.tensor(value)[:, None, None]
        for value in (processor.image_processor.image_mean, processor.image_processor.image_std)
    )
    pixels = torch.tensor(list(photo.get_flattened_data())).view(84, 112, 3).permute(2, 0, 1) / 255
    torch.testing.assert_close(cut_patches(((pixels - mean) / spread)[None])[0], expected, atol=1e-5, rtol=0)


def test_the_written_vocabulary_is_the_table():
    written = json.loads((ROOT / "lychee_rerank" / "demo_model" / "vocabulary.json").read_text(encoding="utf-8"))
    assert [row["hexcode"] for row in written["icons"]] == [icon.hexcode for icon in WORLD.icons]
    assert len(written["icons"]) >= 120
    assert len(written["colours"]) == 11
    assert not [row for row in written["icons"] if " and " in row["en"] or "和" in row["zh"]]


def kind_of(path: Path) -> tuple[str, str, int]:
    """Format, mode and EXIF orientation of a picture file."""
    with Image.open(path) as picture:
        return picture.format or "", picture.mode, picture.getexif().get(274, 1)


def test_the_sample_gallery_holds_the_odd_kinds_of_file():
    kinds = {path.name: kind_of(path) for path in sorted((ROOT / "images").iterdir())}
    assert len(kinds) == 32
    assert sum(name.endswith(".jpg") for name in kinds) >= 8
    assert {form for form, _, _ in kinds.values()} == {"JPEG", "PNG", "WEBP"}
    assert {"RGB", "RGBA", "CMYK", "I;16"} <= {mode for _, mode, _ in kinds.values()}
    assert [turn for _, _, turn in kinds.values() if turn != 1]
