"""On the page, near-copies count as one, and photos are chosen by what their files say."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from lychee_rerank.facts import Orientation, PhotoFacts
from lychee_rerank.jobs.job import Job, Status
from lychee_rerank.page import outcomes
from lychee_rerank.page.outcomes import results_of
from lychee_rerank.query import parse_query
from lychee_rerank.records import Photo, Rule, Run, Score, ScoredPhoto
from lychee_rerank.results.file_filter import FileFilter
from lychee_rerank.results.selection import View
from lychee_rerank.service import open_service
from lychee_rerank.words import Words
from tests.page.pages import LANGUAGES, QUERY, RESULTS, Open, export, fetch, names_in, ranks, rerank, rows_of, texts
from tests.pictures import encode

# Redness is the score. Three shots of one scene, each in another size, another scene twice, and two lone photos.
SHOTS = {"a1": (255, 0), "a2": (250, 0), "a3": (245, 0), "b1": (240, 1), "b2": (200, 1), "c": (100, 2), "d": (50, 3)}
SIZES = {"a2": (240, 180), "b1": (300, 400), "b2": (150, 200), "c": (900, 600), "d": (200, 200)}
DAYS = {"a1": 3, "a2": 3, "a3": 4, "b1": 1, "c": 9}


def make_shot(name: str) -> bytes:
    """A scene of its own in green and blue, all of it equally red."""
    red, scene = SHOTS[name]
    squares = np.random.default_rng(scene).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(squares).resize(SIZES.get(name, (320, 240)), Image.Resampling.BICUBIC)
    _, green, blue = picture.split()
    exif = Image.Exif()
    if name in DAYS:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"2026:05:0{DAYS[name]} 12:00:00"
        exif[ExifTags.Base.Model] = "EOS R5"
    return encode(Image.merge("RGB", (Image.new("L", picture.size, red), green, blue)), "PNG", exif=exif)


@pytest.fixture
def shots(open_page: Open, photo_folder: Path) -> Callable[..., AppTest]:
    """Opens a page with the results for all shots."""
    for name in SHOTS:
        (photo_folder / f"{name}.png").write_bytes(make_shot(name))
    return lambda **how: rerank(open_page(**how), QUERY)


def upload_place(name: str) -> int:
    return sorted(SHOTS).index(name)


def popover_labels(block: Block) -> list[str]:
    """The labels of all popovers, in order."""
    own = [block.proto.popover.label] if block.proto and block.type == "popover" else []
    return own + [
        label for child in block.children.values() if isinstance(child, Block) for label in popover_labels(child)
    ]


def test_one_of_each_is_offered_in_words_and_everything_follows(shots: Callable[..., AppTest]) -> None:
    page = shots()
    offer = page.button(key="offer-distinct")
    assert offer.label == RESULTS.offer_distinct.format(n=5, first=7)
    assert ranks(page) == [1, 2, 3, 4, 5, 6, 7]
    offer.click().run()
    assert ranks(page) == [1, 4, 6, 7]
    assert "offer-distinct" not in [button.key for button in page.button]
    assert page.query_params["distinct"] == "true"
    assert RESULTS.shown.format(n=4, total=7) in texts(page)
    assert page.button(key="pick-shown").label.endswith("· 4")
    assert names_in(fetch(page, RESULTS.best.format(n=4)))[:-1] == [
        *("001_10.0_a1.png", "004_9.4_b1.png", "006_3.9_c.png", "007_2.0_d.png")
    ]
    page.number_input(key="top").set_value(3).run()
    assert ranks(page) == [1, 4, 6]
    assert [row["group"] for row in rows_of(export(page, "above", RESULTS.as_csv))] == ["1", "4", "6"]
    page.toggle(key="distinct").set_value(False).run()
    assert ranks(page) == [1, 2, 3]


def test_show_all_and_another_run_take_the_switch_along(shots: Callable[..., AppTest]) -> None:
    page = shots()
    page.toggle(key="distinct").set_value(True).run()
    page.button(key="show-all").click().run()
    assert (page.toggle(key="distinct").value, len(ranks(page))) == (False, 7)


@LANGUAGES
def test_the_best_of_several_says_so_and_opens_the_others(
    shots: Callable[..., AppTest], locale: str, words: Words
) -> None:
    page = shots(locale=locale, distinct="true")
    counts = [words.results.best_of.format(n=n) for n in (3, 2)]
    assert [label for label in popover_labels(page.main) if label in counts] == counts
    run = page.query_params["run"]
    assert not [button.key for button in page.button if (button.key or "").startswith(f"open-{run}-")]
    page.session_state[f"others-{run}-{upload_place('a1')}"] = True
    page.run()
    opened = [button for button in page.button if (button.key or "").startswith(f"open-{run}-")]
    assert [button.label for button in opened] == [
        words.caption.format(rank=n, score=s) for n, s in ((2, "9.8"), (3, "9.6"))
    ]
    opened[1].click().run()
    assert page.button(key="step-Right").disabled  # it is the last of its three
    assert "Rank 3 | Score: 9.6" in " ".join(texts(page))


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"orientation": "portrait"}, [4, 5]),
        ({"orientation": "square"}, [7]),
        ({"width": "300"}, [1, 3, 4, 6]),
        ({"days": "2026-05-03..2026-05-04"}, [1, 2, 3]),
        ({"days": "2026-05-04.."}, [3, 6]),
        ({"days": "..2026-05-03"}, [1, 2, 4]),
        ({"orientation": "landscape", "width": "640"}, [6]),
        ({"days": "2030-01-01..2031-01-01"}, []),
        ({"days": "2026-05-09..2026-05-01"}, []),
        ({"width": "9" * 5000}, []),
        ({"orientation": "upright", "width": "-3", "days": "yesterday..99"}, [1, 2, 3, 4, 5, 6, 7]),
        ({"sort": "taken"}, [4, 1, 2, 3, 6, 5, 7]),
    ],
)
def test_an_address_says_which_files_are_shown(
    shots: Callable[..., AppTest], asked: dict[str, str], shown: list[int]
) -> None:
    assert ranks(shots(**asked)) == shown


def test_controls_change_what_is_shown_and_the_address(shots: Callable[..., AppTest]) -> None:
    page = shots()
    page.pills(key="orientation").set_value(Orientation.LANDSCAPE).run()
    assert ranks(page) == [1, 2, 3, 6]
    assert page.query_params["orientation"] == "landscape"
    page.selectbox(key="width").set_value(640).run()
    assert ranks(page) == [6]
    assert page.query_params["width"] == "640"
    page.button(key="show-all").click().run()
    assert ranks(page) == [1, 2, 3, 4, 5, 6, 7]
    assert (page.pills(key="orientation").value, page.selectbox(key="width").value) == (None, 0)
    page.date_input(key="days").set_value((date(2026, 5, 1), date(2026, 5, 3))).run()
    assert ranks(page) == [1, 2, 4]
    assert page.query_params["days"] == "2026-05-01..2026-05-03"
    page.date_input(key="days").set_value((date(2026, 5, 1), date(2026, 5, 9))).run()
    assert "days" not in page.query_params
    assert len(ranks(page)) == 7


@pytest.mark.parametrize(("status", "groups"), [(Status.RUNNING, [1, 2]), (Status.DONE, [1, 1])])
def test_of_a_large_run_under_way_files_can_be_chosen_and_near_copies_wait_for_its_end(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, status: Status, groups: list[int]
) -> None:
    open_page()
    service, fingerprint = open_service(), bytes(range(243)) * 4
    monkeypatch.setattr(outcomes, "_MOST_WHILE_ACTIVE", 1)
    score = Score(5.0, 5.0, 1.0, "5", Rule.WHOLE_ANSWER)
    found = [ScoredPhoto(n, f"{n}.jpg", score, photo_hash=f"photo {n}") for n in range(2)]
    for one in found:
        service.store.facts.keep(one.photo_hash, PhotoFacts(30, 40, None, "", fingerprint))
    photos = tuple(Photo(one.name, Path(one.name)) for one in found)
    job = Job(Run("one", "", None, parse_query("red"), photos, begun_s=0.0), status=status)
    results = results_of(service, job, found)
    assert len(View(files=FileFilter(Orientation.PORTRAIT)).choose(results)) == 2
    assert [results.near_copies.group_of(photo) for photo in results.ranked] == groups


def test_an_address_that_was_sent_before_the_last_change_takes_nothing_back(shots: Callable[..., AppTest]) -> None:
    page = shots(orientation="portrait")
    page.pills(key="orientation").set_value(Orientation.LANDSCAPE).run()
    page.query_params["orientation"] = "portrait"  # as with a click just before
    assert ranks(page.run()) == [1, 2, 3, 6]
    assert page.query_params["orientation"] == "landscape"


def test_there_is_no_line_where_photos_do_not_differ(page: AppTest) -> None:
    keys = [element.key for kind in (page.toggle, page.pills, page.selectbox) for element in kind]
    assert not {"distinct", "orientation", "width"} & set(keys)
    assert "taken" not in page.selectbox(key="sort-box").options
