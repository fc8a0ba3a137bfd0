"""Stars and rejections: given in the large view, kept with the run, shown on the cards, carried into every export."""

import io
import json
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.errors import StorageFailed
from lychee_rerank.records import StarsByHand
from lychee_rerank.service import close_service, open_service
from lychee_rerank.words import Words
from tests.page.pages import (
    LANGUAGES,
    RESULTS,
    Open,
    addresses,
    export,
    fetch,
    large,
    names_in,
    ranks,
    rerank,
    rows_of,
    texts,
)

KEYS = ("1", "2", "3", "4", "5", "0", "X")


def press(page: AppTest, key: str) -> AppTest:
    """What the key does, by its button."""
    return page.button(key=f"stars-{key}").click().run()


def given(page: AppTest) -> StarsByHand:
    return open_service().store.stars.of(page.query_params["run"])


def shown(page: AppTest) -> list[str]:
    """What the cards say of stars and rejections, in their order; first what the large view says."""
    bodies = [element.proto.body for element in page.get("html")]
    return [body for body in bodies if 'class="given"' in body or 'class="rejected"' in body]


def signs(page: AppTest) -> str:
    """What is seen of the seven buttons."""
    return "".join(page.button(key=f"stars-{key}").label[0] for key in KEYS)


def test_a_key_gives_so_many_stars_and_takes_them_away_again(page: AppTest) -> None:
    large(page, 0).click().run()
    assert signs(page) == "☆☆☆☆☆∅✕"
    press(page, "3")
    assert (given(page), signs(page)) == (StarsByHand({0: 3}), "★★★☆☆∅✕")
    press(page, "5")
    assert (given(page), signs(page)) == (StarsByHand({0: 5}), "★★★★★∅✕")
    press(page, "5")
    assert (given(page), signs(page)) == (StarsByHand(), "☆☆☆☆☆∅✕")
    press(page, "2")
    press(page, "0")
    press(page, "0")  # none of none
    assert given(page) == StarsByHand()


def test_a_photo_is_rejected_or_has_stars_and_both_can_be_taken_back(page: AppTest) -> None:
    large(page, 0).click().run()
    press(page, "4")
    press(page, "X")
    assert (given(page), signs(page)) == (StarsByHand({}, frozenset({0})), "☆☆☆☆☆∅✕")
    assert page.button(key="stars-X").label.endswith(RESULTS.rejected)
    press(page, "X")
    assert given(page) == StarsByHand()
    assert page.button(key="stars-X").label.endswith(RESULTS.reject)
    for undo in ("0", "1"):
        press(page, "X")
        press(page, undo)
    assert given(page) == StarsByHand({0: 1})


def test_a_key_that_is_pressed_while_the_next_photo_is_still_being_drawn_rates_that_one(page: AppTest) -> None:
    large(page, 0).click().run()  # a.png, the best; b.png is the next
    press(page, "5")
    page.button(key="step-Right").click()
    press(page, "5")  # the button on the screen is still that of a photo with five stars
    assert given(page) == StarsByHand({0: 5, 1: 5})
    page.button(key="step-Right").click()
    press(page, "X")
    assert given(page) == StarsByHand({0: 5, 1: 5}, frozenset({3}))  # d.png
    assert page.session_state["large"][1] == 3  # nothing steps on by itself


@LANGUAGES
def test_cards_and_the_large_view_say_what_was_given(open_page: Open, page: AppTest, locale: str, words: Words) -> None:
    run, text = page.query_params["run"], words.results
    open_service().store.stars.give(run, 1, stars=3)
    open_service().store.stars.reject(run, 0)
    other = open_page(locale, run=run)
    rejected = f'<span class="rejected">{text.rejected}</span>'
    three = f'<span class="given" role="img" aria-label="{text.stars[3]}">★★★</span>'
    assert shown(other) == [rejected, three]
    large(other, 0).click().run()
    assert shown(other) == [rejected, three, rejected]  # the large view stands behind the cards
    assert ranks(other)[:7] == [1, 2, 3, 4, 5, 6, 7]  # it is shown in its place


def test_stars_are_the_same_in_every_tab_and_there_again_when_the_app_was_away(open_page: Open, page: AppTest) -> None:
    run = page.query_params["run"]
    large(page, 2).click().run()
    other = open_page(run=run)
    large(other, 2).click().run()
    press(page, "4")
    press(other, "2")
    assert signs(page.run()) == "★★☆☆☆∅✕"
    press(page, "2")  # two stars are given, wherever
    assert given(page) == StarsByHand()
    press(page, "3")
    close_service()
    again = open_page(run=run)
    assert len(shown(again)) == 1
    assert given(again) == StarsByHand({2: 3})


def test_another_run_has_stars_of_its_own(page: AppTest) -> None:
    first = page.query_params["run"]
    large(page, 0).click().run()
    press(page, "4")
    rerank(page, "something else")
    assert page.query_params["run"] != first
    assert shown(page) == []
    assert given(page) == StarsByHand()


def rate(page: AppTest, *, stars: dict[int, int], rejected: tuple[int, ...] = ()) -> AppTest:
    """Gives so many stars by place in upload order, and draws the page anew."""
    kept, run = open_service().store.stars, page.query_params["run"]
    for place, count in stars.items():
        kept.give(run, place, stars=count)
    for place in rejected:
        kept.reject(run, place)
    return page.run()


def test_every_export_has_what_was_given_by_hand(page: AppTest) -> None:
    rate(page, stars={0: 1, 6: 5}, rejected=(1,))
    rows = rows_of(export(page, "shown", RESULTS.as_csv))
    assert [row["name"][0] for row in rows] == ["a", "b", "d", "c", "e", "f", "g"]
    assert [row["stars"] for row in rows] == ["1", "", "", "", "", "", "5"]
    assert [row["rejected"] for row in rows] == ["", "yes", "", "", "", "", ""]
    photos = json.loads(export(page, "shown", RESULTS.as_json))["results"]
    assert [photo["stars"] for photo in photos] == [1, None, None, None, None, None, 5]
    assert [photo["rejected"] for photo in photos] == [False, True, *[False] * 5]
    page.selectbox(key="xmp").set_value("sidecar").run()
    archive = zipfile.ZipFile(io.BytesIO(export(page, "shown")))
    sidecars = {name[4:].split("_")[1][0]: archive.read(name) for name in archive.namelist() if name.endswith(".xmp")}
    for name, stars in {"a": 1, "b": 0, "d": 5, "g": 5}.items():
        assert f'Rating="{stars}"'.encode() in sidecars[name]
    assert not any(b"-1" in sidecar for sidecar in sidecars.values())


def test_what_is_rejected_is_none_of_the_best_and_not_above_the_line(page: AppTest) -> None:
    rate(page, stars={}, rejected=(1,))
    assert [name[:3] for name in names_in(fetch(page, RESULTS.best.format(n=6)))] == [
        *("001", "003", "004", "005", "006", "007"),
        "ran",
    ]
    page.number_input(key="top").set_value(2).run()
    assert ranks(page) == [1, 2, 3]  # the third takes its place, and it is seen in between
    assert [name[:3] for name in names_in(export(page, "above"))] == ["001", "003", "ran"]
    assert RESULTS.rejected_among.format(n=1) not in texts(page)
    assert [name[:3] for name in names_in(export(page, "shown"))] == ["001", "002", "003", "ran"]
    assert RESULTS.rejected_among.format(n=1) in texts(page)
    page.button(key="pick-above").click().run()
    assert open_service().store.picks.of(page.query_params["run"]) == {0, 3}


def test_the_best_are_those_at_the_time_of_the_click(page: AppTest) -> None:
    address = addresses(page)[RESULTS.best_all.format(n=7)]
    open_service().store.stars.reject(page.query_params["run"], 0)  # in another tab
    download = open_service().downloads.find(address.rsplit("/", 1)[1], owner="")
    assert download is not None
    pieces = download.open()
    assert pieces is not None
    assert names_in(b"".join(pieces))[0].startswith("002")


def test_where_everything_is_rejected_there_is_no_best_one(page: AppTest) -> None:
    rate(page, stars={}, rejected=tuple(range(7)))
    best = next(link.proto for link in page.get("link_button") if link.proto.label == RESULTS.best.format(n=0))
    assert best.disabled
    assert ranks(page) == [1, 2, 3, 4, 5, 6, 7]


def test_stars_that_cannot_be_read_are_none_and_the_results_stand(
    open_page: Open, page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate(page, stars={0: 3})

    def fail(run_id: str) -> StarsByHand:
        raise StorageFailed("the data folder", detail="disk I/O error")

    monkeypatch.setattr(open_service().store.stars, "of", fail)
    other = open_page(run=page.query_params["run"])
    assert shown(other) == []
    assert ranks(other) == [1, 2, 3, 4, 5, 6, 7]


@LANGUAGES
def test_the_large_view_lists_the_keys(open_page: Open, page: AppTest, locale: str, words: Words) -> None:
    other = open_page(locale, run=page.query_params["run"])
    large(other, 0).click().run()
    (listed,) = (text for text in texts(other) if "`Esc`" in text)
    assert all(f"`{key}`" in listed for key in ("←", "→", "1", "5", "0", "X", "Esc", "Ctrl+Enter", "?"))
    assert words.results.keys in [box.proto.popover.label for box in other.get("popover")]
