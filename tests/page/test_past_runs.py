"""Past runs on the page: listed, opened with all that belongs to them, cleared and brought back."""

from pathlib import Path

import pytest
from streamlit.runtime.caching.cache_resource_api import clear_session_cache
from streamlit.testing.v1 import AppTest

from lychee_rerank.page import past_runs as past
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH
from tests.limits import WAIT_S
from tests.page.pages import REDS, Open, captions, rerank, upload
from tests.pictures import encode, make_plain, write_reds


def test_a_finished_run_is_listed_opened_and_cleared(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    ranking = captions(rerank(open_page(), "red"))
    page = open_page()
    assert past_runs(page) == [ENGLISH.past_runs.format(n=1)]
    (run_id,) = (run.id for run in open_service().store.runs.past("", most=2))
    page.button(key=f"open-{run_id}").click().run()
    assert captions(page) == ranking
    assert page.text_area(key="query").value == "red"
    assert page.button(key=f"open-{run_id}").disabled
    page.button(key=f"clear-{run_id}").click().run()
    assert ("run" in page.query_params, captions(page)) == (False, [])
    assert open_service().store.runs.past("", most=2) == ()
    page.button(key=f"undo-{run_id}").click().run()
    page.button(key=f"open-{run_id}").click().run()
    assert captions(page) == ranking


def past_runs(page: AppTest) -> list[str]:
    """The labels of the boxes with past runs: one, or none."""
    return [box.proto.popover.label for box in page.get("popover") if box.proto.popover.label.startswith("Past")]


def test_a_cleared_run_is_deleted_for_good_once_its_page_is_closed(
    open_page: Open, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(open_page(), "red")
    run_id = page.query_params["run"]
    page.button(key=f"clear-{run_id}").click().run()
    clear_session_cache("test session id")  # the connection is lost
    lost = page.session_state["cleared-runs"].deletion
    page.button(key=f"undo-{run_id}").click().run()  # it was not closed
    assert lost.finished.is_set()
    assert open_service().store.upkeep.hidden_runs() == frozenset()
    page.button(key=f"clear-{run_id}").click().run()
    monkeypatch.setattr(past, "COMES_BACK_S", 0.0)
    clear_session_cache("test session id")
    page.session_state["cleared-runs"].deletion.join(WAIT_S)
    assert open_service().store.database.rows("SELECT id FROM runs") == []


def test_a_run_brings_its_query_its_gallery_its_line_and_its_order(open_page: Open, photo_folder: Path) -> None:
    (photo_folder / "sub").mkdir()
    write_reds(photo_folder, REDS)
    write_reds(photo_folder / "sub", {"x.png": 10, "y.png": 20})
    page = open_page()
    page.selectbox(key="subfolder").select("sub").run()
    page = rerank(page, "first")
    first = page.query_params["run"]
    page.number_input(key="top").set_value(1).run()
    page.selectbox(key="subfolder").select("").run()
    page = upload(
        page, ("u.png", encode(make_plain((99, 0, 0)), "PNG")), ("v.png", encode(make_plain((9, 0, 0)), "PNG"))
    )
    page = rerank(page, "second")
    second, gallery = page.query_params["run"], page.query_params["gallery"]
    page.number_input(key="top").set_value(0).run()
    page.selectbox(key="sort-box").set_value("least").run()
    page.button(key=f"open-{first}").click().run()
    assert (page.text_area(key="query").value, len(captions(page))) == ("first", 1)
    assert (page.query_params["folder"], page.query_params["source"], page.query_params["sort"]) == (
        "sub",
        "folder",
        "score",
    )
    page.query_params["run"] = second  # as by Back
    page.run()
    assert (page.text_area(key="query").value, len(captions(page))) == ("second", 2)
    assert (page.query_params["gallery"], page.query_params["source"], page.query_params["sort"]) == (
        gallery,
        "uploads",
        "least",
    )
