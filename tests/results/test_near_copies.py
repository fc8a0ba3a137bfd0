"""Which photos are one shot, by their fingerprints and times."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from itertools import pairwise
from random import Random

import pytest
from PIL import Image, ImageEnhance

from lychee_rerank.photos.fingerprint import FINGERPRINT_BYTES, take_fingerprint
from lychee_rerank.results.near_copies import BURST_LIMIT, LIMIT, group_near_copies
from tests.pictures import encode, make_photo, make_plain

NOON = datetime(2024, 5, 1, 12)
BALL, BOX, LAMP = (0.2, 0.3, "red"), (0.6, 0.4, "navy"), (0.4, 0.7, "white")
SIZE = (480, 360)


def draw(*things: tuple[float, float, str], ground: str = "darkseagreen") -> Image.Image:
    """Squares a fifth of the height wide, by their upper left corners in shares of the sides."""
    picture = make_plain(ground, size=SIZE)
    picture.paste(make_plain("peru", size=(480, 90)), (0, 270))
    for x, y, colour in things:
        picture.paste(make_plain(colour, size=(72, 72)), (round(x * 480), round(y * 360)))
    return picture


def group(pictures: Sequence[Image.Image], times: Sequence[datetime | None] | None = None) -> tuple[int, ...]:
    return group_near_copies([take_fingerprint(one) for one in pictures], times or [None] * len(pictures))


def joins(one: Image.Image, other: Image.Image, *, seconds: float | None = None) -> bool:
    """Whether two photos, taken so many seconds from each other, are one group."""
    times = None if seconds is None else [NOON, NOON + timedelta(seconds=seconds)]
    first, second = group([one, other], times)
    return first == second


SCENE = draw(BALL, BOX, LAMP)
SCENES = [draw(BALL, BOX, LAMP, ground=ground) for ground in ("darkseagreen", "black", "gold", "skyblue", "orchid")]
COPIES = {
    "a quarter of the size": SCENE.resize((120, 90), Image.Resampling.LANCZOS),
    "JPEG quality 40": Image.open(BytesIO(encode(SCENE, quality=40))).convert("RGB"),
    "cropped": SCENE.crop((20, 10, 476, 352)),
    "darker": ImageEnhance.Brightness(SCENE).enhance(0.8),
    "lighter": ImageEnhance.Brightness(SCENE).enhance(1.15),
    "more contrast": ImageEnhance.Contrast(SCENE).enhance(1.2),
    "turned": SCENE.rotate(1, Image.Resampling.BICUBIC).crop((8, 8, 472, 352)),
}
OTHERS = {
    "one thing gone": draw(BALL, LAMP),
    "one thing more": draw(BALL, BOX, LAMP, (0.8, 0.1, "black")),
    "one thing of another colour": draw(BALL, (0.6, 0.4, "gold"), LAMP),
    "placed otherwise": draw((0.6, 0.4, "red"), (0.2, 0.3, "navy"), LAMP),
    "other things": draw((0.2, 0.3, "gold"), (0.6, 0.4, "white"), (0.4, 0.7, "black")),
    "mirrored": SCENE.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_is_with_its_original(copy: Image.Image) -> None:
    assert joins(SCENE, copy)
    assert joins(copy, SCENE)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("seconds", [None, 1])
def test_a_look_alike_is_not(other: Image.Image, seconds: float | None) -> None:
    assert not joins(SCENE, other, seconds=seconds)
    assert not joins(other, SCENE, seconds=seconds)


def test_groups_are_counted_in_upload_order() -> None:
    other = OTHERS["other things"]
    assert group([SCENE, other, COPIES["cropped"], make_photo(), other, SCENE]) == (0, 1, 0, 2, 1, 0)
    assert group([]) == ()
    assert group([SCENE]) == (0,)


def test_steps_that_are_near_each_other_do_not_join_what_is_far() -> None:
    steps = [draw((0.1 + 0.015 * step, 0.3, "red"), BOX) for step in range(24)]
    numbers = group(steps)
    assert all(joins(one, following) for one, following in pairwise(steps))
    assert not joins(steps[0], steps[-1])
    assert numbers == tuple(sorted(numbers))
    assert all(joins(steps[numbers.index(number)], step) for number, step in zip(numbers, steps, strict=True))
    assert 1 < len(set(numbers)) < len(steps)


def test_a_photo_near_two_faces_is_with_the_first() -> None:
    first, between, second = (draw((0.1 + move, 0.3, "red"), BOX) for move in (0, 0.04, 0.08))
    assert [joins(first, between), joins(second, between), joins(first, second)] == [True, True, False]
    assert group([first, second, between]) == (0, 1, 0)
    assert group([second, first, between]) == (0, 1, 0)


def test_later_photos_change_no_group_that_is_there() -> None:
    photos = [*SCENES, *COPIES.values(), *OTHERS.values()]
    Random(1).shuffle(photos)
    numbers = group(photos)
    assert all(group(photos[:count]) == numbers[:count] for count in range(len(photos)))


def test_without_a_fingerprint_a_photo_is_alone() -> None:
    print_ = take_fingerprint(SCENE)
    assert group_near_copies([None, print_, None, print_, None], [NOON] * 5) == (0, 1, 2, 1, 3)


@pytest.mark.parametrize("colour", ["black", "white", "red"])
def test_equal_bytes_are_together_even_where_there_is_nothing_to_see(colour: str) -> None:
    assert joins(make_plain(colour), make_plain(colour))


def test_plain_photos_of_other_colours_are_not() -> None:
    reds = [make_plain((red, 0, 0)) for red in range(256)]
    assert group(reds) == tuple(range(256))


def test_the_same_pattern_in_quite_another_light_is_another_photo() -> None:
    dark = ImageEnhance.Brightness(SCENE).enhance(0.35)
    assert not joins(SCENE, dark)


def test_more_copies_than_are_compared_at_once_are_one_group() -> None:
    copies = [SCENE.crop((left, top, left + 460, top + 345)) for left in range(20) for top in range(15)]
    assert set(group(copies)) == {0}
    far = [make_photo(seed=seed).rotate(90 * seed) for seed in (0, 1)]
    assert group([far[0], *copies, far[1]]) == (0, *[1] * len(copies), 2)


def find_burst() -> Image.Image:
    """The scene with one thing in the first shade that is too far from its own for a copy."""
    shades = (draw(BALL, (0.6, 0.4, f"rgb({level}, {level}, 128)"), LAMP) for level in range(128))
    return next(one for one in shades if not joins(SCENE, one))


@pytest.mark.parametrize(("seconds", "joined"), [(0, True), (5, True), (-5, True), (6, False), (-6, False)])
def test_photos_taken_within_seconds_may_differ_more(seconds: float, joined: bool) -> None:
    assert LIMIT < BURST_LIMIT
    assert joins(SCENE, find_burst(), seconds=seconds) is joined


def test_a_time_that_is_not_known_supports_nothing() -> None:
    pair = [SCENE, find_burst()]
    assert [group(pair, times) for times in ([None, NOON], [NOON, None], [None, None])] == [(0, 1)] * 3


def test_equal_bytes_stay_together_whatever_their_times() -> None:
    burst = find_burst()
    late = NOON + timedelta(hours=1)
    assert group([SCENE, burst, burst, burst], [NOON, None, NOON, late]) == (0, 0, 0, 0)


def test_times_are_those_on_the_clock() -> None:
    pair, east = [SCENE, find_burst()], timezone(timedelta(hours=8))
    assert group(pair, [NOON, NOON.replace(tzinfo=UTC)]) == (0, 0)
    assert group(pair, [NOON.replace(tzinfo=east), NOON.replace(tzinfo=UTC)]) == (0, 0)
    assert group(pair, [datetime.min, datetime.max]) == (0, 1)


def test_every_photo_needs_a_time_or_none() -> None:
    with pytest.raises(ValueError, match="zip"):
        group_near_copies([take_fingerprint(SCENE)], [])


def test_the_limit_can_be_chosen() -> None:
    prints = [take_fingerprint(SCENE), take_fingerprint(COPIES["cropped"])]
    assert group_near_copies(prints, [None, None], limit=0) == (0, 1)
    assert group_near_copies(prints, [NOON, NOON], limit=0) == (0, 0)
    assert group_near_copies(prints, [NOON, NOON], limit=0, burst_limit=0) == (0, 1)


def test_copies_find_each_other_among_hundreds_of_photos() -> None:
    random = Random(2)
    originals = [random.randbytes(FINGERPRINT_BYTES) for _ in range(700)]
    copies = [bytes(level ^ random.getrandbits(1) for level in original) for original in originals]
    assert group_near_copies(originals + copies[::-1], [None] * 1400) == (*range(700), *reversed(range(700)))
