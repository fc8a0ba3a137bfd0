"""Large galleries of scenes: one match each, graded scenes, and a shared rest; nothing is drawn."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from demo_model.evaluation import KINDS
from demo_model.icons import load_icons
from demo_model.pairs import is_held_out
from demo_model.queries import LANGUAGES, World

from benchmarks.scene_galleries import Plan, SceneGallery, compose_galleries, write_label

WORLD = World(load_icons(), strangers={})
PLAN = Plan(photos=24, pool=60, graded=6, near_misses=2)
GALLERIES = compose_galleries(WORLD, PLAN)


def of_the_pool(gallery: SceneGallery) -> set[str]:
    return {photo.name for photo in gallery.photos if photo.name.startswith("pool-")}


def test_one_photo_alone_is_a_full_match():
    assert [list(gallery.truths.values()).count(10) for gallery in GALLERIES] == [1] * len(KINDS)
    assert {len(gallery.truths) for gallery in GALLERIES} == {PLAN.photos}


def test_the_graded_scenes_show_a_part_where_there_are_parts():
    graded = [sum(0 < truth < 10 for truth in gallery.truths.values()) for gallery in GALLERIES]
    assert graded == [PLAN.graded if sum(counts) + colour > 1 else 0 for counts, colour in KINDS]


def test_the_rest_is_of_the_pool_and_holds_nothing_asked_for():
    rest = PLAN.photos - 1 - PLAN.graded - PLAN.near_misses
    assert {len(of_the_pool(gallery)) for gallery in GALLERIES} == {rest}
    assert {gallery.truths[name] for gallery in GALLERIES for name in of_the_pool(gallery)} == {0}


def test_one_name_is_one_scene_in_all_galleries():
    named = {(photo.name, photo.scene) for gallery in GALLERIES for photo in gallery.photos}
    assert len({name for name, _ in named}) == len(named)
    assert of_the_pool(GALLERIES[0]) & of_the_pool(GALLERIES[1])


def test_pairs_asked_for_were_never_drawn_in_training():
    for gallery in GALLERIES:
        codes = [WORLD.icons[part.number].hexcode for part in gallery.query.parts if not part.is_colour]
        assert all(is_held_out(one, other) for one in codes for other in codes if one != other)


def test_galleries_come_out_the_same_again_and_others_of_another_seed():
    assert compose_galleries(WORLD, PLAN) == GALLERIES
    assert compose_galleries(WORLD, PLAN, seed=1) != GALLERIES


def test_a_pool_that_is_too_small_is_said():
    with pytest.raises(ValueError, match="the pool holds only"):
        compose_galleries(WORLD, replace(PLAN, pool=10))


def test_a_label_holds_every_photo_in_its_order():
    label = json.loads(write_label(GALLERIES[2], 2))
    assert (label["id"], label["language"], label["query"]) == ("02-mixed", LANGUAGES[2], GALLERIES[2].query.text)
    assert list(label["relevance"].items()) == list(GALLERIES[2].truths.items())
