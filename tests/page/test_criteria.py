"""The parts of a query: scored one by one at a switch, shown as a table, exported, cancelled."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.__main__ import main
from lychee_rerank.errors import ModelUnusable
from lychee_rerank.problems import ModelProblem
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH
from tests.fakes import FakeJudge
from tests.limits import WAIT_S
from tests.page.pages import RESULTS, SEVEN_REDS, Open, export, fetch, names_in, ranks, rerank, rows_of, texts
from tests.pictures import encode, make_plain, write_reds


@pytest.fixture
def parted(open_page: Open, photo_folder: Path) -> AppTest:
    """The results of a query with two parts, one of which could be Markdown and comes twice."""
    write_reds(photo_folder, SEVEN_REDS)
    return rerank(open_page(), "*Rot*, 和服 + *rot*")


def part_by_part(page: AppTest) -> AppTest:
    """Turns the switch on, and draws the page again once every part is scored."""
    page.toggle(key="criteria").set_value(True).run()
    for job in open_service().worker.book.under_way(""):
        assert job.wait(WAIT_S)
    return page.run()


def test_the_parts_of_a_query_are_scored_over_remembered_photos_and_exported(
    open_page: Open, parted: AppTest, judge: FakeJudge
) -> None:
    encoded = judge.encoded
    page = part_by_part(parted)
    assert "*Rot* · 和服" in texts(page)  # as they were typed, not as Markdown
    (table,) = [frame.value for frame in page.dataframe]
    assert list(table["name"]) == [f"{name}.png" for name in "abdcefg"]
    assert list(table["part 0"]) == list(table["part 1"]) == list(table["whole"])
    assert judge.queries[1:] == ["*rot*", "和服"]
    assert judge.encoded == encoded
    rows = rows_of(export(page, "shown", RESULTS.as_csv))
    assert [row["和服"] for row in rows] == [row["score"] for row in rows]
    again = part_by_part(open_page(run=page.query_params["run"]))
    assert len(again.dataframe) == 1
    assert len(judge.queries) == 3  # the runs of the parts are found again


@pytest.mark.parametrize("options", [[], ["--criteria"]])
def test_the_document_is_that_of_the_command_line_but_for_what_was_reused(
    open_page: Open, photo_folder: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    write_reds(photo_folder, SEVEN_REDS)
    (photo_folder / "h.png").write_bytes(b"")
    page = rerank(open_page("zh-CN"), "Rot, 和服")
    page = part_by_part(page) if options else page
    document = json.loads(export(page, "above", RESULTS.as_json))
    assert main(["rank", "Rot, 和服", str(photo_folder), "--json", "--no-store", *options]) == 0
    assert json.loads(capsys.readouterr().out) == document | {"reused": 0}
    assert document["reused"] is None


def test_a_part_that_was_cancelled_is_scored_when_the_switch_is_turned_again(parted: AppTest, judge: FakeJudge) -> None:
    judge.hold()
    parted.toggle(key="criteria").set_value(True).run()
    for job in open_service().worker.book.under_way(""):
        job.cancel()
    judge.let_go()
    page = part_by_part(parted)
    assert page.dataframe[0].value["part 1"].isna().all()  # shown as it is, not begun anew
    page.toggle(key="criteria").set_value(False).run()
    page = part_by_part(page)
    assert not page.dataframe[0].value["part 1"].isna().any()


def test_parts_have_progress_and_can_be_cancelled_while_they_are_scored(parted: AppTest, judge: FakeJudge) -> None:
    judge.hold()
    page = parted.toggle(key="criteria").set_value(True).run()
    parts = open_service().worker.book.under_way("")
    assert len(parts) == 2
    bars = [bar.proto.text for bar in page.get("progress")]
    assert RESULTS.criteria_progress.format(done=0, n=14) in bars
    page.button(key="cancel-criteria").click().run()
    judge.let_go()
    assert all(part.wait(WAIT_S) and part.cancelled for part in parts)
    assert "cancel-criteria" not in [button.key for button in page.run().button]


def test_every_row_of_the_parts_has_its_picture_however_many_there_are(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, {f"{n:03}.png": n for n in range(201)})
    page = part_by_part(rerank(open_page(), "a + b"))
    (table,) = [frame.value for frame in page.dataframe]
    paths = [url.removeprefix("http://localhost:8501/thumbnails/") for url in table["photo"]]
    assert len(set(paths)) == 201
    assert open_service().thumbnails.read(paths[0], owner="") is not None


def test_why_a_part_could_not_be_scored_is_shown(parted: AppTest, judge: FakeJudge) -> None:
    error = ModelUnusable(ModelProblem.CHANGED, file="weights", remedy="start again")
    judge.fails_at(red=255, error=error)
    page = part_by_part(parted)
    assert [error.value for error in page.error] == [ENGLISH.failure(error)]


def test_a_query_with_one_part_has_no_switch(page: AppTest) -> None:
    assert not page.toggle


# The whole query's score is red, coffee's is green, people's is blue: 9, 8, 2; 8, 5, 0; 7, 9, 9; 6, 6, 1.
COLOURS = {"a.png": (230, 204, 51), "b.png": (204, 128, 0), "c.png": (179, 230, 230), "d.png": (153, 153, 26)}


@pytest.fixture
def coloured(open_page: Open, photo_folder: Path, judge: FakeJudge) -> Callable[[str], AppTest]:
    """Ranks four photos by a query whose parts are scored in their own ways, part by part."""
    judge.layers = {"coffee": 1, "people": 2}
    for name, colour in COLOURS.items():
        (photo_folder / name).write_bytes(encode(make_plain(colour), "PNG"))
    return lambda query: part_by_part(rerank(open_page(), query))


def set_limits(page: AppTest, part: int, least: float, most: float) -> AppTest:
    return page.slider(key=f"limits-{page.query_params['run']}-{part}").set_value((least, most)).run()


def limits(page: AppTest) -> list[tuple[float, float]]:
    return [slider.value for slider in page.slider]


def address(page: AppTest) -> dict[str, Any]:
    """What a reload keeps; the browser itself notes that the switch is on."""
    return {"criteria": "true"} | {name: page.query_params[name] for name in ("run", "condition")}


def chips(page: AppTest) -> list[str]:
    return [button.label for button in page.button if (button.key or "").startswith("lift-")]


def test_cards_counts_and_exports_follow_what_is_asked_of_the_parts(coloured: Callable[[str], AppTest]) -> None:
    page = set_limits(coloured("coffee + people"), 0, 6.0, 10.0)
    assert ranks(page) == [1, 3, 4]
    page = set_limits(page, 1, 0.0, 2.0)
    assert (ranks(page), chips(page)) == ([1, 4], ["coffee from 6", "people up to 2"])
    assert RESULTS.shown.format(n=2, total=4) in texts(page)
    assert page.button(key="pick-below").label.endswith("· 0")
    assert names_in(fetch(page, RESULTS.best.format(n=2)))[:-1] == ["001_9.0_a.png", "004_6.0_d.png"]
    page.number_input(key="top").set_value(1).run()
    assert ranks(set_limits(page, 0, 6.0, 7.9)) == [4]  # the best of those that qualify
    assert page.button(key="pick-above").label.endswith("· 1")
    document = json.loads(export(page, "above", RESULTS.as_json))
    assert [photo["name"] for photo in document["results"]] == ["d.png"]
    assert document["conditions"] == [
        {"part": "coffee", "least": 6.0, "most": 7.9},
        {"part": "people", "least": 0.0, "most": 2.0},
    ]
    assert [row["name"] for row in rows_of(export(page, "shown", RESULTS.as_csv))] == ["d.png"]
    page.button(key="pick-shown").click().run()
    assert json.loads(export(page, "picks", RESULTS.as_json))["conditions"] == []  # picks are picks


def test_a_chip_takes_its_condition_back_and_show_all_takes_all(coloured: Callable[[str], AppTest]) -> None:
    page = set_limits(set_limits(coloured("coffee + people"), 0, 6.0, 10.0), 1, 0.0, 2.0)
    page.button(key="lift-0").click().run()
    assert (ranks(page), chips(page), limits(page)) == ([1, 2, 4], ["people up to 2"], [(0.0, 10.0), (0.0, 2.0)])
    page.button(key="show-all").click().run()
    assert (ranks(page), chips(page), limits(page)) == ([1, 2, 3, 4], [], [(0.0, 10.0), (0.0, 10.0)])
    assert "condition" not in page.query_params
    page = set_limits(page, 1, 9.5, 10.0)
    assert ranks(page) == []
    assert RESULTS.none_meets in texts(page)
    (best,) = [element.proto for element in page.get("link_button") if element.proto.label == RESULTS.best.format(n=0)]
    assert best.disabled


def test_the_address_keeps_what_is_asked_and_nonsense_in_it_is_passed_over(
    open_page: Open, coloured: Callable[[str], AppTest]
) -> None:
    page = set_limits(coloured("coffee + people"), 1, 1.0, 2.0)
    asked = address(page)
    assert asked["condition"] == ["people>=1", "people<=2"]
    again = open_page(**asked)
    assert (ranks(again), chips(again), limits(again)[1]) == ([1, 4], ["people from 1 to 2"], (1.0, 2.0))
    nonsense = ["", "people", "tea>=3", "people>=-1", "people>=99", "coffee>=8", "coffee<=3", "people<=nan"]
    again = open_page(**asked | {"condition": nonsense})
    assert (ranks(again), chips(again)) == ([1, 2, 3, 4], [])
    without = open_page(run=asked["run"], condition=asked["condition"])
    assert (ranks(without), chips(without)) == ([1, 2, 3, 4], [])  # nothing is asked of what is not scored


def test_what_the_query_wants_none_of_is_asked_to_be_absent_until_that_is_taken_back(
    open_page: Open, coloured: Callable[[str], AppTest], judge: FakeJudge
) -> None:
    page = coloured("coffee, no people")
    assert "coffee · − people" in texts(page)
    assert judge.queries == ["coffee, no people", "coffee", "people"]
    assert (ranks(page), chips(page), limits(page)) == ([1, 2, 4], ["people up to 2"], [(0.0, 10.0), (0.0, 2.0)])
    page.button(key="lift-1").click().run()
    assert (ranks(page), chips(page)) == ([1, 2, 3, 4], [])
    again = open_page(**address(page))
    assert (ranks(again), chips(again)) == ([1, 2, 3, 4], [])


def test_conditions_stay_with_their_run_on_this_page(coloured: Callable[[str], AppTest]) -> None:
    page = set_limits(coloured("coffee + people"), 0, 6.0, 10.0)
    first = page.query_params["run"]
    page = part_by_part(rerank(page, "people, no coffee"))
    assert chips(page) == ["coffee from 6"]  # it was set, and holds for the same part of another query
    page.button(key="lift-1").click().run()
    second = page.query_params["run"]
    page.query_params["run"] = first  # as by Back
    assert (chips(page.run()), ranks(page)) == (["coffee from 6"], [1, 3, 4])
    page.query_params["run"] = second
    assert (chips(page.run()), ranks(page)) == ([], [1, 2, 3, 4])


def test_a_part_that_looks_like_markdown_is_shown_as_it_was_typed(parted: AppTest) -> None:
    page = set_limits(part_by_part(parted), 0, 5.5, 10.0)
    assert page.slider[0].label == r"\*Rot\*"
    assert chips(page) == [r"\*Rot\* from 5\.5"]


@pytest.mark.usefixtures("coloured")
def test_a_photo_without_a_score_for_a_part_does_not_meet_what_is_asked_of_it(
    open_page: Open, judge: FakeJudge
) -> None:
    page = rerank(open_page(), "coffee + people")
    error = ModelUnusable(ModelProblem.CHANGED, file="weights", remedy="start again")
    judge.fails_at(red=COLOURS["d.png"][1], error=error)
    page = part_by_part(page)
    assert ranks(page) == [1, 2, 3, 4]
    assert ranks(set_limits(page, 0, 0.1, 10.0)) == [1, 2, 3]


def test_an_address_that_was_sent_before_the_last_change_takes_no_condition_back(
    coloured: Callable[[str], AppTest],
) -> None:
    page = set_limits(coloured("coffee + people"), 0, 3.0, 10.0)
    page = set_limits(page, 0, 6.0, 10.0)
    page.query_params["condition"] = ["coffee>=3"]  # as with a click just before
    assert (chips(page.run()), limits(page)[0]) == (["coffee from 6"], (6.0, 10.0))
    assert page.query_params["condition"] == "coffee>=6"


def test_what_should_not_be_there_is_left_out_at_one_click(open_page: Open, coloured: Callable[[str], AppTest]) -> None:
    run = coloured("coffee, no people").query_params["run"]
    page = open_page(run=run)
    assert ranks(page) == [1, 2, 3, 4]
    page.button(key="offer-without").click().run()
    page = part_by_part(page)
    assert (chips(page), ranks(page)) == (["people up to 2"], [1, 2, 4])
    assert "offer-without" not in [button.key for button in page.button]
    plain = rerank(open_page(), "coffee, people")
    assert "offer-without" not in [button.key for button in plain.button]
