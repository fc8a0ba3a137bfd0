"""The parts of a query: scored one by one at a switch, shown as a table, exported, cancelled."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.__main__ import main
from lychee_rerank.errors import ModelUnusable
from lychee_rerank.problems import ModelProblem
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH
from tests.fakes import FakeJudge
from tests.page.pages import RESULTS, SEVEN_REDS, Open, export, rerank, rows_of, texts
from tests.pictures import write_reds


@pytest.fixture
def parted(open_page: Open, photo_folder: Path) -> AppTest:
    """The results of a query with two parts, one of which could be Markdown and comes twice."""
    write_reds(photo_folder, SEVEN_REDS)
    return rerank(open_page(), "*Rot*, 和服 + *rot*")


def part_by_part(page: AppTest) -> AppTest:
    """Turns the switch on, and draws the page again once every part is scored."""
    page.toggle(key="criteria").set_value(True).run()
    for job in open_service().worker.book.under_way(""):
        assert job.wait(30)
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
    assert all(part.wait(30) and part.cancelled for part in parts)
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
