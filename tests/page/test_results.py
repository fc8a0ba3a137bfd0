"""Results on the page, driven without a browser: the line, the order, picks, bands, exports, copies."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Radio

from lychee_rerank.__main__ import main
from lychee_rerank.errors import ModelUnusable, StorageFailed
from lychee_rerank.photos.folders import PICKS_FOLDER
from lychee_rerank.problems import ModelProblem, RefusalReason
from lychee_rerank.service import open_service
from lychee_rerank.words import CHINESE, ENGLISH
from tests.fakes import FakeJudge
from tests.page.test_page import Open, captions, judge, large, open_page, rerank, texts, write_photos  # noqa: F401

RESULTS = ENGLISH.results
QUERY = "something red"
# Redness is the score: 10.0 9.6 9.2 6.8 6.4 3.4 0.0, in an upload order of its own.
REDS = {"c.png": 173, "a.png": 255, "g.png": 0, "b.png": 245, "d.png": 235, "e.png": 163, "f.png": 87}


@pytest.fixture
def page(open_page: Open, photo_folder: Path) -> AppTest:  # noqa: F811
    write_photos(photo_folder, REDS)
    return rerank(open_page(), QUERY)


def ranks(page: AppTest) -> list[int]:
    return [int(caption.split()[1]) for caption in captions(page)]


def addresses(page: AppTest) -> dict[str, str]:
    """The address behind each link button."""
    return {element.proto.label: element.proto.url for element in page.get("link_button")}


def fetch(page: AppTest, label: str) -> bytes:
    """What the visitor's browser gets for a click on the link."""
    path = addresses(page)[label].removeprefix("http://localhost:8501")
    download = open_service().downloads.find(path.rsplit("/", 1)[1], owner="")
    assert download is not None
    pieces = download.open()
    assert pieces is not None
    return b"".join(pieces)


def names_in(content: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_the_photos_above_the_cliff_stand_apart(page: AppTest) -> None:
    assert "##### The first 3 stand out." in texts(page)
    lines = [element.proto.body for element in page.get("html") if "cliff" in element.proto.body]
    assert any("The first 3 stand out · 9.2 → 6.8" in line for line in lines)


def test_threshold_top_k_and_order_act_together_and_stand_in_the_address(page: AppTest) -> None:
    assert ranks(page) == [1, 2, 3, 4, 5, 6, 7]
    page.number_input(key="min").set_value(6.5).run()
    assert ranks(page) == [1, 2, 3, 4]
    page.number_input(key="top").set_value(2).run()
    assert ranks(page) == [1, 2]
    page.number_input(key="top").set_value(0).run()
    page.selectbox(key="sort-box").set_value("upload").run()
    assert ranks(page) == [1, 2, 4, 3]  # a, b, c, d in the folder
    page.selectbox(key="sort-box").set_value("least").run()
    assert ranks(page) == [4, 3, 2, 1]
    assert page.query_params["sort"] == "least"
    page.number_input(key="min").set_value(10.0).run()
    page.number_input(key="top").set_value(0).run()
    assert ranks(page) == [1]


def test_an_address_brings_the_order_back_and_nonsense_in_it_is_passed_over(open_page: Open, page: AppTest) -> None:  # noqa: F811
    run = page.query_params["run"]
    assert ranks(open_page(run=run, sort="least")) == [7, 6, 5, 4, 3, 2, 1]
    assert ranks(open_page(run=run, sort="nonsense", min="nonsense")) == [1, 2, 3, 4, 5, 6, 7]


def test_what_hides_every_photo_is_told_and_taken_away_by_one_button(page: AppTest) -> None:
    page.selectbox(key="sort-box").set_value("least").run()
    page.number_input(key="min").set_value(6.5).run()
    page.pills(key="band").set_value(2).run()  # below 6.0
    assert ranks(page) == []
    assert RESULTS.none_in_range.format(low=0.0, high=5.9) in texts(page)
    page.button(key="show-all").click().run()
    assert ranks(page) == [7, 6, 5, 4, 3, 2, 1]
    assert "show-all" not in [button.key for button in page.button]


def test_a_line_above_everything_says_so(open_page: Open, photo_folder: Path) -> None:  # noqa: F811
    write_photos(photo_folder, {"a.png": 51, "b.png": 87})
    page = rerank(open_page(), QUERY)
    page.number_input(key="min").set_value(6.5).run()
    assert RESULTS.none_shown in texts(page)


@pytest.mark.parametrize(("band", "shown"), [(0, [1, 2, 3]), (1, [4, 5]), (2, [6, 7])])
def test_a_band_is_counted_and_shown_alone(page: AppTest, band: int, shown: list[int]) -> None:
    options = page.pills(key="band").options
    assert options[band].endswith(f"{RESULTS.bands[band]} · {len(shown)}")
    page.pills(key="band").set_value(band).run()
    assert ranks(page) == shown


def test_picks_are_ticked_one_by_one_and_by_the_line(page: AppTest) -> None:
    box = next(box for box in page.checkbox if box.label == RESULTS.pick)
    box.check().run()
    assert len(names_in(export(page, "picks"))) == 2  # the photo and the table
    page.number_input(key="min").set_value(6.5).run()
    page.button(key="pick-above").click().run()
    assert [name[:3] for name in names_in(export(page, "picks"))] == ["001", "002", "003", "004", "ran"]
    page.button(key="pick-below").click().run()
    assert [name[:3] for name in names_in(export(page, "picks"))] == ["005", "006", "007", "ran"]
    page.button(key="pick-none").click().run()
    export_part(page).set_value("picks").run()
    assert RESULTS.as_zip not in addresses(page)


def test_picks_are_there_again_when_the_page_is_opened_anew(open_page: Open, page: AppTest) -> None:  # noqa: F811
    run = page.query_params["run"]
    next(box for box in page.checkbox if box.label == RESULTS.pick).check().run()
    other = open_page(run=run)
    assert [box.value for box in other.checkbox if box.label == RESULTS.pick] == [True] + [False] * 6
    other.number_input(key="min").set_value(6.5).run()
    other.button(key="pick-above").click().run()
    page.button(key="pick-none").click().run()  # this page shows one tick, and takes that one off
    assert open_service().store.picks.of(run) == {1, 2, 3}


def ticks(page: AppTest) -> list[bool]:
    return [box.value for box in page.checkbox if box.label == RESULTS.pick]


def test_ticks_that_another_tab_took_off_are_gone_here_too(open_page: Open, page: AppTest) -> None:  # noqa: F811
    next(box for box in page.checkbox if box.label == RESULTS.pick).check().run()
    other = open_page(run=page.query_params["run"])
    other.button(key="pick-none").click().run()
    assert ticks(page.run()) == [False] * 7


def test_a_checkbox_speaks_for_a_tick_only_until_something_else_has_changed_it(page: AppTest) -> None:
    box = next(box for box in page.checkbox if box.label == RESULTS.pick)
    box.check()  # on its way while the tick is given in the large view and taken off again
    run = page.query_params["run"]
    state = page.session_state[f"boxes-of-{run}"]
    state[0] = replace(state[0], key="a newer one")
    assert ticks(page.run()) == [False] * 7
    assert open_service().store.picks.of(run) == frozenset()


def test_picks_that_cannot_be_read_are_none_and_the_results_stand(
    open_page: Open,  # noqa: F811
    page: AppTest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(run_id: str) -> frozenset[int]:
        raise StorageFailed("the data folder", detail="disk I/O error")

    monkeypatch.setattr(open_service().store.picks, "of", fail)
    other = open_page(run=page.query_params["run"])
    assert not any(box.value for box in other.checkbox if box.label == RESULTS.pick)
    assert ranks(other) == [1, 2, 3, 4, 5, 6, 7]


def export(page: AppTest, part: str, label: str = RESULTS.as_zip) -> bytes:
    export_part(page).set_value(part).run()
    return fetch(page, label)


def export_part(page: AppTest) -> Radio[str]:
    """The choice of what is exported."""
    return next(radio for radio in page.radio if (radio.key or "").startswith("export-part"))


def test_an_export_starts_at_the_picks_where_there_are_any(page: AppTest) -> None:
    assert export_part(page).value == "shown"
    next(box for box in page.checkbox if box.label == RESULTS.pick).check().run()
    assert export_part(page).value == "picks"
    export_part(page).set_value("above").run()
    page.button(key="pick-shown").click().run()
    assert export_part(page).value == "above"  # what the user has chosen stays


def test_the_ten_best_are_one_click_away(page: AppTest) -> None:
    names = names_in(fetch(page, RESULTS.best_all.format(n=7)))
    assert [name.split("_")[-1] for name in names] == [
        *["a.png", "b.png", "d.png", "c.png", "e.png", "f.png", "g.png"],
        "ranking.csv",
    ]


def test_a_band_is_exported_whole(page: AppTest) -> None:
    page.pills(key="band").set_value(1).run()
    assert [name[:3] for name in names_in(export(page, "shown"))] == ["004", "005", "ran"]


def test_the_table_and_the_document_hold_what_was_chosen(page: AppTest) -> None:
    page.number_input(key="min").set_value(9.0).run()
    rows = list(csv.DictReader(io.StringIO(export(page, "above", RESULTS.as_csv).decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["a.png", "b.png", "d.png"]
    document = json.loads(export(page, "below", RESULTS.as_json))
    assert [photo["rank"] for photo in document["results"]] == [4, 5, 6, 7]
    assert document["spread"]["cliff"] == 3


def test_ratings_and_the_query_are_written_only_where_that_is_asked_for(page: AppTest) -> None:
    page.selectbox(key="xmp").set_value("sidecar").run()
    sidecar = zipfile.ZipFile(io.BytesIO(export(page, "above"))).read("001_10.0_a.png.xmp").decode()
    assert 'Rating="5"' in sidecar or ">5<" in sidecar
    assert QUERY not in sidecar
    page.checkbox(key="write-query").check().run()
    assert QUERY in zipfile.ZipFile(io.BytesIO(export(page, "above"))).read("001_10.0_a.png.xmp").decode()


def test_stars_that_do_not_rise_are_told_and_nothing_is_exported(page: AppTest) -> None:
    page.selectbox(key="xmp").set_value("embedded").run()
    next(box for box in page.text_input if box.label == RESULTS.stars_label).set_value("2,4,6,8").run()
    assert [warning.value for warning in page.warning] == [RESULTS.stars_wrong]
    assert RESULTS.as_zip not in addresses(page)


def test_a_cleared_run_is_exported_no_more(page: AppTest) -> None:
    label, service = RESULTS.best_all.format(n=7), open_service()
    run = page.query_params["run"]
    service.worker.book.forget(run)
    service.retention.clear_run(run)
    download = service.downloads.find(addresses(page)[label].rsplit("/", 1)[1], owner="")
    assert download is not None
    assert download.open() is None


def test_copies_lie_below_the_mounted_folder_and_are_not_ranked_again(page: AppTest, photo_folder: Path) -> None:
    page.number_input(key="top").set_value(2).run()
    page.text_input(key="copy-folder").set_value("../for the flyer").run()
    page.button(key="copy").click().run()
    copies = photo_folder / PICKS_FOLDER / "for the flyer"
    assert sorted(path.name for path in copies.iterdir()) == ["001_10.0_a.png", "002_9.6_b.png", "ranking.csv"]
    assert (copies / "001_10.0_a.png").read_bytes() == (photo_folder / "a.png").read_bytes()
    assert str(copies) in page.success[0].value
    service = open_service()
    service.folder.rescan()
    service.folder.wait(30)
    listed = service.folder.standing().listed
    assert listed is not None
    assert len(listed.photos) == len(REDS)


def test_a_second_copy_of_the_same_picks_says_that_they_are_there(page: AppTest, photo_folder: Path) -> None:
    copies = photo_folder / PICKS_FOLDER / QUERY
    page.number_input(key="top").set_value(2).run()
    for told in (
        ENGLISH.exported.format(n="2 photos", folder=copies, table="ranking.csv"),
        ENGLISH.exported_before.format(n="2 photos", folder=copies, table="ranking.csv"),
    ):
        page.button(key="copy").click().run()
        assert [success.value for success in page.success] == [told]
        assert len(list(copies.iterdir())) == 3
    page.number_input(key="top").set_value(3).run()
    page.button(key="copy").click().run()
    first, second = ENGLISH.exported, ENGLISH.exported_some_before
    table = "ranking (2).csv"
    told = first.format(n="1 photo", folder=copies, table=table) + second.format(n="2 photos")
    assert [success.value for success in page.success] == [told]


def test_a_folder_that_cannot_be_written_is_named_with_what_helps(page: AppTest, photo_folder: Path) -> None:
    (photo_folder / PICKS_FOLDER).write_text("no folder")
    page.button(key="copy").click().run()
    assert f"{PICKS_FOLDER}" in page.error[0].value
    assert not page.success


def test_the_large_view_shows_the_photo_and_the_way_to_the_next(page: AppTest) -> None:
    large(page, 0).click().run()  # a.png, the best
    assert page.button(key="step-Left").disabled
    assert f"**{ENGLISH.caption.format(rank=1, score=10.0)}**" in texts(page)
    page.button(key="step-Right").click().run()
    assert not page.button(key="step-Left").disabled
    page.button(key="pick-large-1").click().run()
    assert open_service().store.picks.of(page.query_params["run"]) == {1}
    assert any(url.endswith("?download=1") for url in addresses(page).values())


@pytest.fixture
def parted(open_page: Open, photo_folder: Path) -> AppTest:  # noqa: F811
    """The results of a query with two parts, one of which looks like Markdown and comes twice."""
    write_photos(photo_folder, REDS)
    return rerank(open_page(), "*Rot*, 和服 + *rot*")


def part_by_part(page: AppTest) -> AppTest:
    """Turns the switch on, and draws the page again once every part is scored."""
    page.toggle(key="criteria").set_value(True).run()
    for job in open_service().worker.book.under_way(""):
        assert job.wait(30)
    return page.run()


def test_the_parts_of_a_query_are_scored_over_remembered_photos_and_exported(
    open_page: Open,  # noqa: F811
    parted: AppTest,
    judge: FakeJudge,  # noqa: F811
) -> None:
    looks = judge.encoded
    page = part_by_part(parted)
    assert "*Rot* · 和服" in texts(page)  # as they were typed, not as Markdown
    (table,) = [frame.value for frame in page.dataframe]
    assert list(table["name"]) == [f"{name}.png" for name in "abdcefg"]
    assert list(table["part 0"]) == list(table["part 1"]) == list(table["whole"])
    assert judge.queries[1:] == ["*rot*", "和服"]
    assert judge.encoded == looks
    rows = list(csv.DictReader(io.StringIO(export(page, "shown", RESULTS.as_csv).decode("utf-8-sig"))))
    assert [row["和服"] for row in rows] == [row["score"] for row in rows]
    again = part_by_part(open_page(run=page.query_params["run"]))
    assert len(again.dataframe) == 1
    assert len(judge.queries) == 3  # the runs of the parts are found again


@pytest.mark.parametrize("options", [[], ["--criteria"]])
def test_the_document_is_that_of_the_command_line_but_for_what_was_reused(
    open_page: Open,  # noqa: F811
    photo_folder: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
) -> None:
    write_photos(photo_folder, REDS)
    (photo_folder / "h.png").write_bytes(b"")
    page = rerank(open_page("zh-CN"), "Rot, 和服")
    page = part_by_part(page) if options else page
    document = json.loads(export(page, "above", RESULTS.as_json))
    assert main(["rank", "Rot, 和服", str(photo_folder), "--json", "--no-store", *options]) == 0
    assert json.loads(capsys.readouterr().out) == document | {"reused": 0}
    assert document["reused"] is None


def test_a_part_that_was_cancelled_is_scored_when_the_switch_is_turned_again(
    parted: AppTest,
    judge: FakeJudge,  # noqa: F811
) -> None:
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


def test_parts_have_progress_and_can_be_cancelled_while_they_are_scored(parted: AppTest, judge: FakeJudge) -> None:  # noqa: F811
    judge.hold()
    page = parted.toggle(key="criteria").set_value(True).run()
    parts = open_service().worker.book.under_way("")
    assert len(parts) == 2
    bars = [bar.proto.text for bar in page.get("progress")]
    assert RESULTS.criteria_progress.format(done=0, n=14) in bars
    page.button(key="cancel-criteria").click().run()
    judge.let_go()
    assert all(part.wait(30) and part.cancelled for part in parts)
    assert "cancel-criteria" not in [button.key for button in page.run().button]


def test_every_row_of_the_parts_has_its_picture_however_many_there_are(open_page: Open, photo_folder: Path) -> None:  # noqa: F811
    write_photos(photo_folder, {f"{n:03}.png": n for n in range(201)})
    page = part_by_part(rerank(open_page(), "a + b"))
    (table,) = [frame.value for frame in page.dataframe]
    paths = [url.removeprefix("http://localhost:8501/thumbnails/") for url in table["photo"]]
    assert len(set(paths)) == 201
    assert open_service().thumbnails.read(paths[0], owner="") is not None


def test_why_a_part_could_not_be_scored_is_told(parted: AppTest, judge: FakeJudge) -> None:  # noqa: F811
    error = ModelUnusable(ModelProblem.CHANGED, file="weights", remedy="start again")
    judge.fails_at(red=255, error=error)
    page = part_by_part(parted)
    assert [error.value for error in page.error] == [ENGLISH.failure(error)]


def test_a_query_with_one_part_has_no_switch(page: AppTest) -> None:
    assert not page.toggle


def test_why_is_told_once_and_kept_with_the_run(open_page: Open, page: AppTest, judge: FakeJudge) -> None:  # noqa: F811
    large(page, 0).click().run()
    assert "It is **red**." not in texts(page)
    judge.says = "It is **red**."
    page.button(key="why").click().run()
    assert "It is **red**." in [text.value for text in page.text]  # as it was said, not as Markdown
    told = judge.answers
    later = open_page(run=page.query_params["run"])
    large(later, 0).click().run()
    assert "It is **red**." in texts(later)
    assert not [button for button in later.button if button.key == "why"]
    assert judge.answers == told


def test_why_a_photo_that_is_gone_has_no_answer_is_told(page: AppTest, photo_folder: Path) -> None:
    (photo_folder / "a.png").write_bytes(b"changed into something else")
    large(page, 0).click().run()
    page.button(key="why").click().run()
    (warning,) = page.warning
    assert warning.value.endswith(ENGLISH.reason[RefusalReason.NOT_A_PICTURE])
    write_photos(photo_folder, {"a.png": 255})
    page.button(key="why").click().run()  # it can be asked again
    assert not page.warning


def test_chinese(open_page: Open, page: AppTest) -> None:  # noqa: F811
    run = page.query_params["run"]
    seen = open_page("zh-CN", run=run)
    assert "##### 前 3 张脱颖而出。" in texts(seen)
    assert seen.number_input(key="min").label == CHINESE.results.threshold
