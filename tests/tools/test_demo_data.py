"""How the demo model is made: the truth of queries, what is said, and the training pass held to the model's own."""

import json
import sys
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
import torch
from PIL import Image

from lychee_rerank.scoring.prompts import NUMBER, YES_NO, PromptTemplate, build_messages

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from check_bars import Judged, check_likes, check_order, check_seen, difference_in_triplets, scores_by_shown  # noqa: E402
from demo_model.branches import CLOSING, BranchWriter, match_tokens, place_branch, split_prompt  # noqa: E402
from demo_model.evaluation import BEST, KINDS, PHOTOS, WRITTEN, Gallery, make_galleries  # noqa: E402
from demo_model.icons import COLOURS, load_icons  # noqa: E402
from demo_model.network import build_model, cut_patches, look, place_photo, place_text, read  # noqa: E402
from demo_model.painting import UNCLEAR, Pictures, paint_outside, paint_scene  # noqa: E402
from demo_model.pairs import is_held_out  # noqa: E402
from demo_model.picking import ScenePicker  # noqa: E402
from demo_model.precision import orthogonalise  # noqa: E402
from demo_model.queries import LANGUAGES, UNSURE, Part, Query, World, answer_text, why_text, write_query  # noqa: E402
from demo_model.scenes import OUTSIDE, Placed, Scene  # noqa: E402
from demo_model.tokenizer import build_processor, build_tokenizer  # noqa: E402

WORLD = World(load_icons(), {"en": (), "zh": ()})
DOG_ON_RED = Scene(0, ((250, 0, 0), (200, 0, 0)), 0.0, (Placed(0, 0.6, 0.5, 0.4),), 0.0)
ELSEWHERE = Scene(OUTSIDE, ((0, 0, 0), (0, 0, 0)), 0.0, (), 0.0)
DOG, CAT, TWO_DOGS, THREE_DOGS = Part(0), Part(1), Part(0, count=2), Part(0, count=3)
RED, BLUE = Part(0, is_colour=True), Part(4, is_colour=True)


def ask(parts: list[Part], language: str = "en", seed: int = 1) -> Query:
    """A plain query about the parts."""
    return write_query(parts, WORLD, language=language, random=Random(seed), plain=True)


def test_an_object_weighs_two_and_a_background_one():
    asked = {(DOG,): 10, (CAT,): 0, (DOG, CAT): 5, (DOG, RED): 10, (DOG, BLUE): 20 / 3, (CAT, RED): 10 / 3}
    assert {parts: ask(list(parts)).truth(DOG_ON_RED) for parts in asked} == pytest.approx(asked)


def test_of_two_dogs_one_dog_is_half():
    asked = {(TWO_DOGS,): 5, (THREE_DOGS,): 10 / 3, (TWO_DOGS, CAT): 2.5, (TWO_DOGS, RED): 20 / 3}
    assert {parts: ask(list(parts)).truth(DOG_ON_RED) for parts in asked} == pytest.approx(asked)
    assert ask([TWO_DOGS]).text in {"two dogs", "2 dogs"}
    assert ask([TWO_DOGS], "zh").text in {"两只狗", "2只狗", "二只狗"}


def test_answers_have_one_decimal_but_ten():
    assert [answer_text(score) for score in (0.0, 20 / 3, 10.0)] == ["0.0", "6.7", "10"]


@pytest.mark.parametrize(
    ("parts", "language", "score", "said"),
    [
        ([DOG], "en", 10, "10.0 out of 10: seen are dog. Nothing else is missing."),
        ([DOG, CAT], "en", 4.7, "4.7 out of 10: seen are dog. Not seen: cat."),
        ([CAT], "en", 0, "0.0 out of 10: nothing of it is seen. Not seen: cat."),
        ([DOG, CAT], "zh", 5, "5.0分\uff1a看到了狗。没有看到\uff1a猫。"),
    ],
)
def test_an_explanation_tells_the_given_score_what_is_seen_and_what_is_missing(
    parts: list[Part], language: str, score: float, said: str
):
    assert why_text(ask(parts, language), DOG_ON_RED, score) == said


def test_an_explanation_tells_of_what_is_there_in_part():
    text = why_text(ask([TWO_DOGS, RED]), DOG_ON_RED, 6.7)
    assert "Seen only in part: " in text
    assert 2 <= text.count(". ") + 1 <= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_ends_where_its_mark_says(language: str):
    for seed in range(30):
        parts = [Part(seed), Part(seed + 40), Part(seed % len(COLOURS), is_colour=True)]
        query = ask(parts, language, seed)
        for part, end in zip(query.parts, query.ends, strict=True):
            named = COLOURS[part.number] if part.is_colour else WORLD.icons[part.number]
            written = query.text[: end + 1].removesuffix(" background").removesuffix("背景")
            assert written.endswith((named.en[0].lower(), named.zh[0].lower()))


@pytest.fixture(scope="module")
def writer() -> BranchWriter:
    return BranchWriter(build_tokenizer(WORLD))


def shares(writer: BranchWriter, said: list[tuple[int, int, float]]) -> dict[str, float]:
    """The words of the first token said, with their shares."""
    first = said[0][0]
    return {writer.tokenizer.decode([token]): share for place, token, share in said if place == first}


def test_a_whole_number_is_the_nearer_one_more_often_so_that_its_mean_is_the_truth(writer: BranchWriter):
    branch = writer.whole(ask([DOG, BLUE]), DOG_ON_RED, Random(1))
    assert shares(writer, branch.said) == pytest.approx({"6": 1 / 3, "7": 2 / 3})
    assert shares(writer, writer.whole(ask([DOG]), DOG_ON_RED, Random(1)).said) == {"1": 1.0}


def test_yes_is_as_likely_as_the_truth(writer: BranchWriter):
    branch = writer.yes_no(ask([DOG, BLUE]), DOG_ON_RED, 20)
    assert shares(writer, branch.said) == pytest.approx({"yes": 2 / 3, "no": 1 / 3})


def test_half_of_the_first_token_is_doubt_on_a_picture_of_another_world(writer: BranchWriter):
    for branch in (
        writer.number(ask([DOG]), ELSEWHERE),
        writer.whole(ask([DOG]), ELSEWHERE, Random(1)),
        writer.yes_no(ask([DOG]), ELSEWHERE, 20),
    ):
        found = shares(writer, branch.said)
        assert sum(found.values()) == pytest.approx(1)
        assert sum(found[word] for word in UNSURE) == pytest.approx(0.5)
        assert max(found, key=found.get) in {"0", "no"}


def test_visual_tokens_are_matched_to_the_parts_they_show():
    icons, blue = len(WORLD.icons), len(WORLD.icons) + 4
    labels = torch.tensor([0, 1, blue, UNCLEAR, 0]).numpy()
    assert match_tokens(ask([CAT, TWO_DOGS, BLUE]), labels, icons).tolist() == [2, 1, 3, UNCLEAR, 2]


def model_inputs(template: PromptTemplate, query: str) -> tuple[object, object, dict[str, torch.Tensor]]:
    """An untrained model, its tokenizer, and what the processor makes of a prompt about a noisy photo."""
    torch.manual_seed(0)
    tokenizer = build_tokenizer(WORLD)
    processor, model = build_processor(tokenizer), build_model(tokenizer).eval()
    photo = Image.effect_noise((140, 112), 80).convert("RGB")
    text = processor.apply_chat_template(build_messages(template, query), add_generation_prompt=True)
    return model, tokenizer, processor(text=[text], images=[photo], do_resize=False, return_tensors="pt")


def test_the_training_pass_equals_the_models_own_forward():
    model, tokenizer, inputs = model_inputs(NUMBER, "沙发 + dog")
    before, after = (tokenizer(text.replace("{query}", "沙发 + dog"))["input_ids"] for text in split_prompt(NUMBER))
    closing = tokenizer("<|vision_end|>")["input_ids"]
    grid = tuple(inputs["image_grid_thw"][0, 1:].tolist())
    photo, on = place_photo(len(before), grid)
    embed = model.get_input_embeddings()
    with torch.inference_mode():
        expected = model(**inputs).logits[0, -1]
        seen = look(model, inputs["pixel_values"][None], grid)
        head = torch.cat([embed(torch.tensor([before])), seen, embed(torch.tensor([closing]))], dim=1)
        branches = embed(torch.tensor([after])).expand(3, -1, -1)[None]
        behind = place_text(on + 1, len(after)).repeat(1, 3)
        places = torch.cat([place_text(0, len(before)), photo, place_text(on, 1), behind], dim=1)
        (states,) = read(model, head, branches, places=places[:, None], layers=(6,))
        found = model.lm_head(model.model.language_model.norm(states[0, 2, -1]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_the_training_pass_with_the_photo_last_equals_the_models_own_forward():
    query = Query("沙发 + dog", (DOG,), ("dog",), (0,), "mixed")
    model, tokenizer, inputs = model_inputs(YES_NO, query.text)
    grid = tuple(inputs["image_grid_thw"][0, 1:].tolist())
    writer = BranchWriter(tokenizer)
    branch = writer.yes_no(query, DOG_ON_RED, 20)
    assert writer.common + branch.tokens == inputs["input_ids"][0].tolist()
    embed = model.get_input_embeddings()
    start, length = len(writer.common), len(branch.tokens)
    with torch.inference_mode():
        expected = model(**inputs).logits[0, -1]
        seen = look(model, inputs["pixel_values"][None], grid)
        tokens = torch.tensor([[branch.tokens] * 2])
        branches = embed(tokens).masked_scatter((tokens == writer.pad)[..., None], seen[[0, 0]])
        behind = place_branch(branch.tokens, start, (grid,), pad=writer.pad, length=length).repeat(1, 2)
        places = torch.cat([place_text(0, start), behind], dim=1)[:, None]
        (states,) = read(model, embed(torch.tensor([writer.common])), branches, places=places, layers=(6,))
        found = model.lm_head(model.model.language_model.norm(states[0, 1, -1]))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert tokenizer.decode(branch.tokens[-len(writer.closing) :]) == CLOSING


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
    assert len(written["icons"]) >= 300
    assert len(written["colours"]) == 11
    assert not [row for row in written["icons"] if " and " in row["en"] or "和" in row["zh"]]


def draw_with_dots() -> Pictures:
    """Pictures in which every icon is a dot of its own colour, in one style."""
    dots = tuple({0: Image.new("RGBA", (96, 96), (n % 256, n * 7 % 256, 99, 255))} for n in range(len(WORLD.icons)))
    return Pictures(dots, (Image.effect_noise((300, 260), 60).convert("RGB"),), {"en": (), "zh": ()})


def test_held_out_pairs_are_two_in_five_and_never_drawn_together_in_training():
    codes = [icon.hexcode for icon in WORLD.icons]
    held = [is_held_out(one, other) for one, other in combinations(codes, 2)]
    assert sum(held) / len(held) == pytest.approx(0.4, abs=0.01)
    assert is_held_out("1F415", "2615") == is_held_out("2615", "1F415")
    picker, random = ScenePicker(WORLD, {"en": (Path("latin"),), "zh": (Path("chinese"),)}, (0, 0, 0, 0, 1)), Random(1)
    for _ in range(200):
        example = picker.pick_example(random, 1.0)
        assert len(example.icons) == 4
        relative = picker.pick_relative(example, random, 1.0)
        for scene in (example, relative):
            icons = [codes[icon] for icon in scene.icons]
            assert not [pair for pair in combinations(icons, 2) if is_held_out(*pair)]


def test_visual_tokens_carry_the_icon_or_the_colour_they_show():
    scene = Scene(4, ((0, 0, 250), (0, 0, 250)), 0.0, (Placed(7, 1.0, 0.5, 0.4),), 0.0)
    pixels, labels = paint_scene(scene, draw_with_dots(), (168, 140), aspect=4 / 3, random=Random(2))
    assert pixels.shape == (140, 168, 3)
    assert set(labels.tolist()) <= {7, len(WORLD.icons) + 4, UNCLEAR}
    assert {7, len(WORLD.icons) + 4} <= set(labels.tolist())
    outside = draw_with_dots().outside_label
    assert set(paint_outside(draw_with_dots(), (168, 140), Random(3))[1].tolist()) == {outside}


def evaluation_galleries() -> tuple[Gallery, ...]:
    fonts = {"en": (Path("latin"),), "zh": (Path("chinese"),)}
    return make_galleries(WORLD, fonts, seed=11)


def test_the_evaluation_set_asks_twenty_times_in_each_language_for_pairs_never_trained_on():
    galleries = evaluation_galleries()
    assert len(galleries) == len(KINDS) == 20
    for gallery in galleries:
        assert [query.language for query in gallery.queries] == list(LANGUAGES)
        assert len({query.parts for query in gallery.queries}) == 1
        icons = {part.number for part in gallery.queries[0].parts if not part.is_colour}
        assert all(is_held_out(*(WORLD.icons[icon].hexcode for icon in pair)) for pair in combinations(icons, 2))
        mixed = gallery.queries[2].text
        assert not mixed.isascii()
        assert any(letter.isascii() and letter.isalpha() for letter in mixed)


def test_an_evaluation_gallery_holds_the_best_the_partial_and_the_word_without_the_thing():
    for gallery in evaluation_galleries():
        query = gallery.queries[0]
        truths = [query.truth(scene) for scene in gallery.scenes]
        assert len(truths) == PHOTOS
        assert sum(truth == 10 for truth in truths) == BEST
        assert sum(bool(scene.written) for scene in gallery.scenes) == WRITTEN
        assert all(query.parts[0].credit(scene) == 0 for scene in gallery.scenes if scene.written)
    repeated = [[query.text for query in gallery.queries] for gallery in evaluation_galleries()]
    assert repeated == [[query.text for query in gallery.queries] for gallery in evaluation_galleries()]


def judged(scores: dict[str, tuple[float, ...]], *, shown: tuple[int, ...]) -> Judged:
    """One query for three things asked in some languages, with these scores for its photos."""
    names = [f"{number}.jpg" for number in range(len(shown))]
    asked = {"triplet": 0, "objects": 3, "written": names[-1:], "shown": dict(zip(names, shown, strict=True))}
    queries = tuple(
        (asked, {"photos": [{"name": n, "score": s} for n, s in zip(names, row, strict=True)]})
        for row in scores.values()
    )
    order = {"ndcg_at_10": 0.9, "somers_d": 0.7, "recall_at_1": 1.0, "no_number": 0}
    bands = [{"mean_score": 4.0, "mean_truth": 2.5}, {"mean_score": 9.5, "mean_truth": 10.0}]
    rows = {language: {**order, "bands": bands} for language in (*scores, "all")}
    return Judged("expected", rows, queries)


def test_the_bars_measure_what_they_say():
    one = judged({"zh": (10, 7, 3, 1), "en": (9, 7, 3, 1), "mixed": (10, 7, 6, 1)}, shown=(3, 2, 1, 0))
    assert difference_in_triplets(one) == pytest.approx((2 / 3 + 0 + 2 + 0) / 4)
    assert scores_by_shown(one) == pytest.approx({3: 29 / 3, 2: 7, 1: 4, 0: 1})
    figures = {check.name: (check.figure, check.met) for check in (*check_seen(one), *check_order(one, seen=True))}
    assert figures["expected fall from 3 to 2 of 3"] == (pytest.approx(8 / 3), True)
    assert figures["expected word drawn, thing absent"] == (1, True)
    assert figures["expected mean score of a band against its truth"] == (1.5, False)
    assert figures["expected somers_d"] == (0.7, False)
    assert [check.met for check in check_order(one, seen=False)] == [True, True, True]


def test_the_bars_of_examples_tell_them_alone_from_those_with_words():
    rows = {
        "alone": {"somers_d": 0.9, "recall_at_1": 0.7},
        **{language: {"somers_d": figure} for language, figure in zip(LANGUAGES, (0.9, 0.8, 0.4), strict=True)},
    }
    found = {check.name: (check.figure, check.met) for check in check_likes(Judged("yes_no", rows, ()), seen=True)}
    assert found == {
        "yes_no somers_d, example alone": (0.9, True),
        "yes_no recall_at_1, example alone": (0.7, False),
        "yes_no somers_d, example with words": (pytest.approx(0.7), False),
    }


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


def test_orthogonal_updates_have_singular_values_near_one():
    tall = torch.randn(96, 32, generator=torch.Generator().manual_seed(1))
    for matrix in (tall, tall.T):
        update = orthogonalise(matrix, (3.4445, -4.7750, 2.0315), 5, 1e-7)
        assert update.shape == matrix.shape
        values = torch.linalg.svdvals(update.float())
        assert 0.5 < values.min() < values.max() < 1.5
