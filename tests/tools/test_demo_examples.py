"""Questions that an example asks in the demo model's training: their truth, their tokens, the pass, the galleries."""

from itertools import combinations
from random import Random

import pytest
import torch
from PIL import Image

from lychee_rerank.scoring.prompts import NUMBER_LIKE, YES_NO_LIKE, PromptTemplate, build_messages
from tests.tools.test_demo_data import (
    BLUE,
    DOG,
    DOG_ON_RED,
    ELSEWHERE,
    RED,
    WORLD,
    ask,
    draw_with_dots,
    shares,
    writer,
)

from demo_model.batches import Batches, Plan  # isort: skip
from demo_model.branches import BranchWriter, match_example, place_branch  # isort: skip
from demo_model.examples import Likeness, pick_changes, write_changes  # isort: skip
from demo_model.like_evaluation import ALONE, make_like_galleries  # isort: skip
from demo_model.network import build_model, look, place_photo, place_text, read  # isort: skip
from demo_model.painting import UNCLEAR  # isort: skip
from demo_model.pairs import is_held_out  # isort: skip
from demo_model.queries import LANGUAGES, World, why_text  # isort: skip
from demo_model.scenes import Placed, Scene  # isort: skip
from demo_model.tokenizer import build_processor, build_tokenizer  # isort: skip

__all__ = ["writer"]
TWO_DOGS_AND_A_CAT = Scene(4, ((0, 0, 250),) * 2, 0.0, tuple(Placed(i, 0.5, 0.5, 0.3) for i in (0, 0, 1)), 0.0)
CAT_ON_BLUE = Scene(4, ((0, 0, 250), (0, 0, 200)), 0.0, (Placed(1, 0.6, 0.5, 0.4),), 0.0)


def test_an_example_asks_for_all_it_shows_and_words_change_it():
    alone = Likeness(TWO_DOGS_AND_A_CAT)
    assert [alone.truth(scene) for scene in (TWO_DOGS_AND_A_CAT, CAT_ON_BLUE, DOG_ON_RED)] == pytest.approx([10, 6, 2])
    on_red = Likeness(CAT_ON_BLUE, ask([RED]))
    assert [on_red.truth(scene) for scene in (CAT_ON_BLUE, DOG_ON_RED)] == pytest.approx([20 / 3, 10 / 3])
    with_dog = Likeness(CAT_ON_BLUE, ask([DOG]))
    assert [with_dog.truth(scene) for scene in (CAT_ON_BLUE, TWO_DOGS_AND_A_CAT)] == pytest.approx([6, 10])
    assert alone.truth(ELSEWHERE) == 0


@pytest.mark.parametrize(("language", "said"), [
    ("en", "5.0 out of 10: seen are cat. Not seen: 2 dogs, red background."),
    ("zh", "5.0分\uff1a看到了猫。没有看到\uff1a两只狗、红色背景。"),
])  # fmt: skip
def test_an_explanation_names_what_the_example_shows_and_what_the_words_ask(language: str, said: str):
    asked = Likeness(TWO_DOGS_AND_A_CAT, ask([RED]))
    named = asked.named(WORLD, language)
    assert why_text(named, CAT_ON_BLUE, 5.0, language=language).replace("two dogs", "2 dogs") == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_change_ends_where_its_mark_says(language: str):
    random = Random(3)
    for _ in range(60):
        changes = pick_changes(CAT_ON_BLUE, DOG_ON_RED, lambda icons: [5, 6, 7], random)
        words = write_changes(changes, WORLD, language=language, random=random)
        assert tuple(changes) == words.parts
        assert words.text == words.text.strip()
        for word, end in zip(words.words, words.ends, strict=True):
            assert words.text[: end + 1].endswith(word[-1])


def test_yes_is_as_likely_as_the_truth_of_an_example(writer: BranchWriter):
    branch = writer.yes_no_like(Likeness(CAT_ON_BLUE), TWO_DOGS_AND_A_CAT, example_tokens=6, visual_tokens=20)
    assert shares(writer, branch.said) == pytest.approx({"yes": 1.0})
    branch = writer.yes_no_like(Likeness(CAT_ON_BLUE, ask([RED])), DOG_ON_RED, example_tokens=6, visual_tokens=20)
    assert shares(writer, branch.said) == pytest.approx({"yes": 1 / 3, "no": 2 / 3})
    assert branch.credits == pytest.approx([0, 1])
    assert branch.tokens.count(writer.pad) == 26


def test_visual_tokens_of_an_example_say_how_much_of_their_thing_is_shown(writer: BranchWriter):
    blue = len(WORLD.icons) + 4
    labels = torch.tensor([0, 1, blue, UNCLEAR]).numpy()
    branch = writer.like(Likeness(TWO_DOGS_AND_A_CAT), DOG_ON_RED, labels, WORLD, template=NUMBER_LIKE)
    assert [credit for _, credit in branch.shown] == [0.5, 0.0, 0.0]
    assert [branch.tokens[place] for place, _ in branch.shown] == [writer.pad] * 3
    asked = Likeness(TWO_DOGS_AND_A_CAT, ask([RED]))
    labels = torch.tensor([0, 1, blue, blue - 4, UNCLEAR, 9]).numpy()
    assert match_example(asked, labels, len(WORLD.icons)).tolist() == [1, 1, 0, 2, UNCLEAR, 0]


def model_inputs(template: PromptTemplate, words: str) -> tuple[object, object, dict[str, torch.Tensor]]:
    """An untrained model, its tokenizer, and what the processor makes of a prompt about a photo and an example."""
    torch.manual_seed(0)
    tokenizer = build_tokenizer(WORLD)
    processor, model = build_processor(tokenizer), build_model(tokenizer).eval()
    photo, example = (Image.effect_noise(size, 80).convert("RGB") for size in ((140, 112), (84, 168)))
    photos = [photo, example] if template is NUMBER_LIKE else [example, photo]
    text = processor.apply_chat_template(build_messages(template, words), add_generation_prompt=True)
    return model, tokenizer, processor(text=[text], images=photos, do_resize=False, return_tensors="pt")


def split(inputs: dict[str, torch.Tensor]) -> tuple[list[torch.Tensor], list[tuple[int, int]]]:
    """The patches of each picture, and their grids."""
    grids = [tuple(grid) for grid in inputs["image_grid_thw"][:, 1:].tolist()]
    return list(inputs["pixel_values"].split([rows * columns for rows, columns in grids])), grids


def test_the_training_pass_with_an_example_equals_the_models_own_forward():
    model, tokenizer, inputs = model_inputs(NUMBER_LIKE, "但要蓝色背景")
    writer = BranchWriter(tokenizer)
    patches, (grid, example_grid) = split(inputs)
    asked = Likeness(CAT_ON_BLUE, ask([BLUE], "zh"))
    words = type(asked.words)("但要蓝色背景", asked.words.parts, asked.words.words, (5,), "zh")
    labels = torch.full((18,), UNCLEAR).numpy()
    branch = writer.like(Likeness(CAT_ON_BLUE, words), DOG_ON_RED, labels, WORLD, template=NUMBER_LIKE)
    embed = model.get_input_embeddings()
    photo, on = place_photo(len(writer.before), grid)
    with torch.inference_mode():
        expected = model(**inputs).logits[0, -1]
        seen, example = look(model, patches[0][None], grid), look(model, patches[1][None], example_grid)
        head = [embed(torch.tensor([writer.before])), seen, embed(torch.tensor([writer.closing[:1]]))]
        tokens = torch.tensor([branch.tokens])
        branches = embed(tokens).masked_scatter((tokens == writer.pad)[..., None], example)
        behind = place_branch(branch.tokens, on + 1, (example_grid,), pad=writer.pad, length=len(branch.tokens))
        places = torch.cat([place_text(0, len(writer.before)), photo, place_text(on, 1), behind], dim=1)[:, None]
        (states,) = read(model, torch.cat(head, dim=1), branches[None], places=places, layers=(6,))
        found = model.lm_head(model.model.language_model.norm(states[0, 0, -1]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_the_training_pass_with_an_example_and_the_photo_last_equals_the_models_own_forward():
    asked = Likeness(CAT_ON_BLUE, ask([BLUE], "zh"))
    model, tokenizer, inputs = model_inputs(YES_NO_LIKE, asked.words.text)
    writer = BranchWriter(tokenizer)
    patches, grids = split(inputs)
    branch = writer.yes_no_like(asked, DOG_ON_RED, example_tokens=18, visual_tokens=20)
    assert writer.common + branch.tokens == inputs["input_ids"][0].tolist()
    embed = model.get_input_embeddings()
    start, length = len(writer.common), len(branch.tokens)
    with torch.inference_mode():
        expected = model(**inputs).logits[0, -1]
        seen = [look(model, one[None], grid) for one, grid in zip(patches, grids, strict=True)]
        tokens = torch.tensor([[branch.tokens]])
        branches = embed(tokens).masked_scatter((tokens == writer.pad)[..., None], torch.cat(seen, dim=1))
        behind = place_branch(branch.tokens, start, tuple(grids), pad=writer.pad, length=length)
        places = torch.cat([place_text(0, start), behind], dim=1)[:, None]
        (states,) = read(model, embed(torch.tensor([writer.common])), branches, places=places, layers=(6,))
        found = model.lm_head(model.model.language_model.norm(states[0, 0, -1]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_batch_asks_every_photo_with_the_example_of_its_family():
    plan = Plan(photos=4, queries=1, last_queries=1, examples=2, likes=2, last_likes=1, small_share=0.5)
    world = World(WORLD.icons, {"en": ("spoon",), "zh": ("勺子",)})
    batches = Batches(world, draw_with_dots(), build_tokenizer(WORLD), plan=plan, seed="")
    batches.picker.fonts = {}
    batches.picker._write_on = lambda scene, aspect, random: scene  # no font is here
    batch = batches.build(Random(5))
    assert batch.likened.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert (batch.like_last.owners.tolist(), batch.like_last.examples.tolist()) == ([0, 1, 2, 3], [0, 1, 0, 1])
    pads = (batch.like.tokens == batches.writer.pad).sum(dim=1).unique().tolist()
    assert pads == [batch.examples.labels.shape[1]]
    both = batch.examples.labels.shape[1] + batch.photos.labels.shape[1]
    assert (batch.like_last.asked.tokens == batches.writer.pad).sum(dim=1).unique().tolist() == [both]


def test_the_galleries_ask_sixty_times_each_way_for_pairs_never_trained_on():
    galleries = list(make_like_galleries(WORLD, seed=11))
    languages = [language for gallery in galleries for language, _ in gallery.asked]
    assert [languages.count(language) for language in (ALONE, *LANGUAGES)] == [60, 20, 20, 20]
    for gallery in galleries:
        for language, asked in gallery.asked:
            truths = [asked.truth(scene) for scene in gallery.scenes]
            assert (len(truths), sum(truth == 10 for truth in truths)) == (32, 2)
            assert (asked.words is None) == (language == ALONE)
            assert not any(scene is asked.example for scene in gallery.scenes)
            icons = {part.number for part in (*asked.kept, *asked.changes) if not part.is_colour}
            assert all(is_held_out(*(WORLD.icons[icon].hexcode for icon in pair)) for pair in combinations(icons, 2))
