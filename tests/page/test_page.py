"""The page, driven without a browser: both languages, uploads, runs, notices. A fake judge scores by redness."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import psutil
import pytest
import streamlit as st
from streamlit.runtime.caching.cache_resource_api import clear_session_cache
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from lychee_rerank.errors import ModelUnusable
from lychee_rerank.jobs.lock import FolderLock
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.page import past_runs as past
from lychee_rerank.problems import ModelProblem
from lychee_rerank.records import ChoiceReason, GpuState, ModelChoice, Readout, Rule
from lychee_rerank.scoring.judge import Judge
from lychee_rerank.scoring.prompts import template_for
from lychee_rerank.service import Service, close_service, open_service
from lychee_rerank.store.store import FILE_NAME
from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain

APP = Path(__file__).parents[2] / "app.py"
ADDRESS = "http://localhost:8501/"
WAIT_S = 30
REDS = {"a.png": 51, "b.png": 255, "c.png": 0, "d.png": 153}

Open = Callable[..., AppTest]


@pytest.fixture
def judge() -> FakeJudge:
    return FakeJudge()


@pytest.fixture
def open_page(tmp_path: Path, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    for name, folder in (("IMAGES", photo_folder), ("SAMPLES", photo_folder), ("DATA", tmp_path / "data")):
        monkeypatch.setenv(f"LYCHEE_{name}_DIR", str(folder))
    monkeypatch.setattr(ModelLoader, "load", lambda self: judge)
    st.cache_resource.clear()  # what a page keeps for its session, which all tests share
    st.cache_data.clear()

    def open_it(locale: str = "en-US", *, wait: bool = True, **query_params: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=WAIT_S)
        page.context["locale"] = locale
        page.context["url"] = ADDRESS
        page.query_params.update(query_params)
        if wait:
            loaded_service()
        return page.run()

    yield open_it
    close_service()


def loaded_service() -> Service:
    """The service, once the worker has its model or knows that it gets none."""
    service = open_service()
    assert service.worker.wait(WAIT_S)
    return service


def write_photos(folder: Path, reds: dict[str, int] = REDS) -> None:
    for name, red in reds.items():
        (folder / name).write_bytes(encode(make_plain((red, 0, 0)), "PNG"))


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return page.file_uploader[0].set_value([(name, content, "image/png") for name, content in files]).run()


def click(page: AppTest, query: str) -> AppTest:
    """Types and clicks."""
    page.text_area(key="query").set_value(query)
    return page.button(key="rerank").click().run()


def finish(page: AppTest) -> AppTest:
    """Draws the page again once its run, if there is one, is over."""
    job = open_service().worker.book.find(page.query_params.get("run", ""))
    assert job is None or job.wait(WAIT_S)
    return page.run() if job else page


def rerank(page: AppTest, query: str) -> AppTest:
    """Types and clicks, and draws the page again once the run is over."""
    return finish(click(page, query))


def texts(page: AppTest) -> list[str]:
    """Everything that the page says in plain text, in order."""
    assert not page.exception, page.exception
    return [
        element.value for kind in (page.markdown, page.text, page.caption, page.info, page.error) for element in kind
    ]


def refusals(page: AppTest) -> dict[str, str]:
    """Name and reason of every refused photo that the page lists."""
    (table,) = page.dataframe
    return dict(zip(table.value.iloc[:, 0], table.value.iloc[:, 1], strict=True))


def large(page: AppTest, index: int) -> Button:
    """The button that opens the photo at this place in upload order."""
    return page.button(key=f"large-{page.query_params['run']}-{index}")


def captions(page: AppTest) -> list[str]:
    return [text for text in texts(page) if text.startswith("**Rank")]


class _Images(HTMLParser):
    """The attributes of each picture in the HTML that was fed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


def thumbnails(page: AppTest) -> list[dict[str, str | None]]:
    """The attributes of each picture in the preview and on the cards."""
    parser = _Images()
    for element in page.get("html"):
        parser.feed(element.proto.body)
    return parser.found


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-GB", ENGLISH), ("fr-FR", ENGLISH)])
def test_the_language_of_the_browser_decides(open_page: Open, photo_folder: Path, locale: str, words: Words) -> None:
    write_photos(photo_folder)
    page = open_page(locale)
    assert page.text_area(key="query").label == words.query_label
    assert page.button(key="rerank").label == words.rerank
    assert page.file_uploader[0].label == words.drop_label
    assert words.gallery.format(n=4) in texts(page)


def test_the_page_switches_its_language(open_page: Open) -> None:
    page = open_page("en-US")
    page.segmented_control(key="lang").set_value("zh").run()
    assert page.button(key="rerank").label == "开始重排序 (Rerank)"


def test_the_sidebar_holds_the_query_box_and_the_button_and_no_third(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    assert [element.type for element in list(open_page().sidebar)[1:]] == ["text_area", "button"]


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
def test_a_run_ends_in_a_ranked_grid_with_raw_answers(
    open_page: Open, photo_folder: Path, locale: str, words: Words
) -> None:
    write_photos(photo_folder)
    page = rerank(open_page(locale), "Red")
    assert captions(page) == [
        "**Rank 1 | Score: 10.0**", "**Rank 2 | Score: 6.0**", "**Rank 3 | Score: 2.0**", "**Rank 4 | Score: 0.0**",
    ]  # fmt: skip
    assert [code.value for code in page.code] == ["10.0", "6.0", "2.0", "0.0"]
    assert [text for text in texts(page) if text in REDS] == ["b.png", "d.png", "a.png", "c.png"]
    assert [block.label for block in page.expander] == [words.raw_answer] * 4
    sum_told = words.done.split("·")[0].format(all=words.photos(4), scored=4, refused=0)
    assert any(text.startswith(sum_told) for text in texts(page))


def test_refused_photos_are_listed_with_their_reasons_and_the_sum_is_shown(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder, {"good.png": 255, "other.png": 0})
    (photo_folder / "bad.jpg").write_bytes(b"<html>no picture</html>")
    (photo_folder / "empty.png").write_bytes(b"")
    page = rerank(open_page(), "red")
    said = texts(page)
    assert any(text.startswith("4 photos = 2 scored + 2 refused") for text in said)
    assert refusals(page) == {
        "bad.jpg": "this is a web page, not a JPEG, PNG or WebP picture",
        "empty.png": "the file is empty",
    }


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
def test_the_raw_answer_tells_how_it_was_read_and_how_sure_the_model_was(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words
) -> None:
    write_photos(photo_folder, {"a.png": 51, "b.png": 255})
    judge.sureness = 0.75
    told = [caption.value for caption in rerank(open_page(locale), "red").caption]
    for expected in (10.0, 2.0):
        assert words.reading.format(rule=words.rule[Rule.WHOLE_ANSWER], expected=expected, mass=0.75) in told


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
def test_photos_that_only_upload_order_tells_apart_are_marked(
    open_page: Open, photo_folder: Path, locale: str, words: Words
) -> None:
    write_photos(photo_folder, {"a.png": 51, "b.png": 255, "c.png": 51})
    page = rerank(open_page(locale), "red")
    assert texts(page).count(words.tied) == 2
    assert [text.value for text in page.text if text.value in REDS] == ["b.png", "a.png", "c.png"]


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
@pytest.mark.parametrize(
    ("demo", "sureness", "outside"), [(True, 0.79, 4), (True, 0.8, 0), (False, 0.1, 0)], ids=["unsure", "sure", "7B"]
)
def test_photos_that_the_demo_model_does_not_know_are_marked_and_counted(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words, demo: bool, sureness: float,
    outside: int,
) -> None:  # fmt: skip
    write_photos(photo_folder)
    judge.card, judge.sureness = replace(judge.card, demo=demo), sureness
    said = texts(rerank(open_page(locale), "red"))
    assert said.count(words.demo_outside) == outside
    assert (words.demo_outside_count.format(n=4) in said) == bool(outside)


@pytest.mark.parametrize(("readout", "rule"), [("expected", Rule.EXPECTED), ("yes_no", Rule.YES_NO)])
def test_the_page_scores_by_the_readout_of_the_settings(
    open_page: Open, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch, readout: str, rule: Rule
) -> None:
    monkeypatch.setenv("LYCHEE_READOUT", readout)
    write_photos(photo_folder)
    page = rerank(open_page(), "red")
    assert sum(caption.value.startswith(ENGLISH.rule[rule]) for caption in page.caption) == 4
    assert judge.templates == [template_for(Readout(readout))]


def test_an_answer_without_a_number_is_marked(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_photos(photo_folder)
    judge.says = "no idea"
    page = rerank(open_page(), "red")
    assert texts(page).count(ENGLISH.no_number) == 4
    assert [code.value for code in page.code] == ["no idea"] * 4


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
def test_one_photo_is_no_run_but_a_friendly_notice(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words
) -> None:
    write_photos(photo_folder, {"only.png": 255})
    page = rerank(open_page(locale), "red")
    assert words.one_photo in texts(page)
    assert (judge.answers, "run" in page.query_params) == (0, False)


def test_an_empty_query_is_no_run_but_a_friendly_notice(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_photos(photo_folder)
    page = rerank(open_page(), "  \n ")
    assert "Please write what you are looking for first." in texts(page)
    assert judge.queries == []


def test_a_query_that_is_too_long_is_told_with_its_length(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    assert any("2001 characters" in text for text in texts(rerank(open_page(), "x" * 2001)))


def test_drops_add_up_to_one_gallery_and_come_before_the_folder(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    page = open_page()
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    assert "1 photo" in texts(page)
    upload(page, ("y.png", encode(make_plain((204, 0, 0)), "PNG")), ("notes.txt", b"hello"))
    assert "3 photos" in texts(page)
    rerank(page, "red")
    assert captions(page) == ["**Rank 1 | Score: 8.0**", "**Rank 2 | Score: 4.0**"]
    assert refusals(page) == {"notes.txt": "this is a text file, not a JPEG, PNG or WebP picture"}


def test_the_page_can_switch_between_uploads_and_folder(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    page = open_page()
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    page.segmented_control(key="source-1").set_value("folder").run()
    assert "4 photos" in texts(page)
    page.button(key="new-gallery").click().run()
    assert "4 photos" in texts(page)
    assert page.file_uploader[0].label == ENGLISH.drop_label


def test_a_dropped_name_is_shown_as_text(open_page: Open) -> None:
    names = ["![x](http://example.com/x.png).png", "<script>alert(1)</script>.png"]
    page = open_page()
    upload(page, *((name, encode(make_plain((n, 0, 0)), "PNG")) for n, name in enumerate(names)))
    rerank(page, "red")
    assert {text.value for text in page.text} >= set(names)
    assert not [markdown.value for markdown in page.markdown if "example.com" in markdown.value]


def test_a_reload_finds_the_run_and_its_query(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    run_id = rerank(open_page(), "Red things").query_params["run"]
    again = open_page(run=run_id)
    assert captions(again)[0] == "**Rank 1 | Score: 10.0**"
    assert again.text_area(key="query").value == "Red things"


def test_a_run_that_ends_in_a_blink_is_drawn_whole_by_its_click(
    open_page: Open, judge: FakeJudge, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lychee_rerank.page.run._BLINK_S", 60.0)
    judge.before_answer = lambda: time.sleep(0.1)
    write_photos(photo_folder)
    page = click(open_page(), "Red things")
    assert captions(page)[0] == "**Rank 1 | Score: 10.0**"
    assert not page.button(key="rerank").disabled
    assert "cancel" not in {button.key for button in page.button}


def test_a_run_that_is_not_known_is_told_and_the_gallery_shown(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    page = open_page(run="nobody")
    assert ENGLISH.run_gone in texts(page)
    assert len(thumbnails(page)) == 4


def test_a_click_during_a_run_neither_stops_nor_restarts_it(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_photos(photo_folder)
    judge.hold()
    page = open_page()
    click(page, "red")
    assert judge.begun.wait(WAIT_S)
    page.run()
    assert any(text.startswith("Looking at photo 1 of 4") for text in texts(page))
    for _ in range(3):
        page.button(key="rerank").click().run()
    page.segmented_control(key="lang").set_value("zh").run()
    assert any(text.startswith("正在分析第1/4张图…") for text in texts(page))
    judge.let_go()
    finish(page)
    assert (judge.queries, judge.answers) == (["red"], 4)
    assert captions(page)[0] == "**Rank 1 | Score: 10.0**"


def test_cancel_ends_the_run_and_keeps_what_is_scored(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_photos(photo_folder)
    judge.hold()
    page = open_page()
    click(page, "red")
    assert judge.begun.wait(WAIT_S)
    page.run().button(key="cancel").click().run()
    judge.let_go()
    finish(page)
    assert captions(page) == ["**Rank 1 | Score: 2.0**"]
    assert any(text.startswith("Cancelled: 4 photos = 1 scored + 0 refused + 3 not looked at") for text in texts(page))


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
def test_a_model_that_cannot_be_used_is_told_with_file_and_remedy(
    open_page: Open, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    def load(self: ModelLoader) -> Judge:
        raise ModelUnusable(ModelProblem.CUT_SHORT, file="model-00002-of-00004.safetensors", remedy="fetch it again")

    monkeypatch.setattr(ModelLoader, "load", load)
    write_photos(photo_folder)
    page = open_page(locale)
    (told,) = [error.value for error in page.error]
    assert "model-00002-of-00004.safetensors" in told
    assert words.model_remedy[ModelProblem.CUT_SHORT] in told


def test_the_demo_model_says_what_it_is_offers_queries_and_names_what_it_cannot_know(
    open_page: Open, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, judge: FakeJudge
) -> None:
    def load(self: ModelLoader) -> Judge:
        self.choice = ModelChoice(DEMO_FOLDER, "demo", demo=True, reason=ChoiceReason.NO_WEIGHTS)
        return judge

    monkeypatch.setattr(ModelLoader, "load", load)
    write_photos(photo_folder)
    page = open_page("zh-CN")
    assert any("内置演示模型" in text and "lychee-rerank fetch" in text for text in texts(page))
    page.button(key="example-0").click().run()
    assert page.text_area(key="query").value == CHINESE.examples[0]
    assert not any(text.startswith(CHINESE.demo_unknown[:7]) for text in texts(page))
    page.text_area(key="query").set_value("沙发 + 藏族姑娘").run()
    assert CHINESE.demo_unknown.format(parts="藏族姑娘") in texts(page)


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", CHINESE), ("en-US", ENGLISH)])
def test_an_old_driver_and_layers_off_the_gpu_are_told(
    open_page: Open, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    judge.card = replace(judge.card, off_gpu_layers=12)

    def load(self: ModelLoader) -> Judge:
        self.gpu = GpuState(name=None, free_bytes=0, total_bytes=0, driver_too_old=True)
        return judge

    monkeypatch.setattr(ModelLoader, "load", load)
    told = [warning.value for warning in open_page(locale).warning]
    assert told == [words.driver_too_old, words.off_gpu.format(layers=12)]


def test_a_data_folder_that_cannot_be_written_is_told_and_uploads_still_work(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path / "file" / "data"))
    page = open_page()
    assert any("cannot be written" in warning.value for warning in page.warning)
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    assert "1 photo" in texts(page)


def test_a_large_gallery_comes_in_pages_with_the_pager_above_the_grid(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder, {f"{n:03}.png": n % 256 for n in range(61)})
    page = open_page()
    assert len(thumbnails(page)) == 60
    page = rerank(page, "red")
    assert (len(captions(page)), captions(page)[0]) == (60, "**Rank 1 | Score: 2.4**")
    grids = [grid for grid in page.get("grid_container") if any(element.type == "html" for element in grid)]
    assert grids
    assert not any(element.type == "pagination" for grid in grids for element in grid)
    assert [element.type for element in page.get("pagination")] == ["pagination"]


def test_the_name_of_a_photo_is_text_whatever_stands_in_it(open_page: Open, photo_folder: Path) -> None:
    hostile = "\"><img src=x onerror='alert(1)'>.png"
    write_photos(photo_folder, {hostile: 255, "b.png": 0})
    drawn = thumbnails(open_page())
    assert [attributes["alt"] for attributes in drawn] == [hostile, "b.png"]
    assert {name for attributes in drawn for name in attributes} == {
        "class",
        "loading",
        "alt",
        "src",
        "srcset",
        "sizes",
    }


def test_what_was_dropped_is_on_the_disk_and_no_longer_in_memory(open_page: Open, tmp_path: Path) -> None:
    page = upload(open_page(), ("x.png", b"first"), ("y.png", b"second"))
    assert "2 photos" in texts(page)
    kept = [path for path in (tmp_path / "data" / "uploads").iterdir() if path.is_file()]
    assert sorted(path.read_bytes() for path in kept) == [b"first", b"second"]
    assert page.file_uploader[0].value == []


def test_a_new_query_during_a_run_leaves_that_run_in_sight(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_photos(photo_folder)
    judge.hold()
    page = open_page()
    for query in ("red", "blue"):
        click(page, query)
    assert judge.begun.wait(WAIT_S)
    page.run()
    assert ENGLISH.waiting.format(n=1) in texts(page)
    assert "Also under way: “red” · 0/4" in texts(page)
    (first,) = [button for button in page.button if str(button.key).startswith("cancel-")]
    first.click().run()
    judge.let_go()
    finish(page)
    assert judge.queries == ["red", "blue"]
    assert judge.answers == 1 + 4
    assert "“blue” · 4 photos" in texts(page)


def test_a_run_cancelled_while_it_waits_says_so_at_once(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_photos(photo_folder)
    judge.hold()
    page = open_page()
    for query in ("red", "blue"):
        click(page, query)
    page.button(key="cancel").click().run()
    assert any(text.startswith("Cancelled: 4 photos = 0 scored + 0 refused + 4 not looked at") for text in texts(page))
    judge.let_go()


def test_a_run_under_way_is_found_by_a_visitor_who_comes_back_without_its_address(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_photos(photo_folder)
    judge.hold()
    click(open_page(), "red")
    assert ENGLISH.other_run.format(query="red", done=0, n=4) in texts(open_page())
    judge.let_go()


def test_a_finished_run_is_listed_opened_and_cleared(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
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
    write_photos(photo_folder)
    page = rerank(open_page(), "red")
    run_id = page.query_params["run"]
    page.button(key=f"clear-{run_id}").click().run()
    clear_session_cache("test session id")  # the connection is lost
    lost = page.session_state["cleared-runs"].deletion
    page.button(key=f"undo-{run_id}").click().run()  # it was not closed
    assert lost.finished.is_set()
    assert open_service().store.upkeep.aside() == frozenset()
    page.button(key=f"clear-{run_id}").click().run()
    monkeypatch.setattr(past, "COMES_BACK_S", 0.0)
    clear_session_cache("test session id")
    page.session_state["cleared-runs"].deletion.join(WAIT_S)
    assert open_service().store.database.rows("SELECT id FROM runs") == []


def test_a_run_brings_its_query_its_gallery_its_line_and_its_order(open_page: Open, photo_folder: Path) -> None:
    (photo_folder / "sub").mkdir()
    write_photos(photo_folder)
    write_photos(photo_folder / "sub", {"x.png": 10, "y.png": 20})
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


def test_a_new_run_keeps_the_line_that_the_user_has_drawn(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    page = rerank(open_page(), "red")
    page.number_input(key="top").set_value(2).run()
    assert len(captions(rerank(page, "another query"))) == 2


def warnings(page: AppTest) -> list[str]:
    assert not page.exception, page.exception
    return [warning.value for warning in page.warning]


def test_a_full_disk_is_told_while_it_lasts_and_the_run_goes_on(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    page, store = open_page(), open_service().store
    (pages,) = store.database.rows("PRAGMA page_count")[0]
    store.database.rows(f"PRAGMA max_page_count = {pages}")
    long = "red " * 400  # no page of the file has room for it
    assert len(captions(rerank(page, long))) == 4
    assert warnings(page) == [ENGLISH.not_saving.format(folder=open_service().data.path)]
    store.database.rows("PRAGMA max_page_count = 100000")
    store.database.catch_up()
    assert warnings(page.run()) == []
    (kept,) = store.runs.past("", most=2)
    assert kept.photos == 4


def test_a_broken_file_of_past_runs_is_told(open_page: Open, photo_folder: Path, tmp_path: Path) -> None:
    write_photos(photo_folder)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE_NAME).write_bytes(b"no database " * 1000)
    page = open_page()
    (aside,) = (tmp_path / "data").glob(f"{FILE_NAME}.corrupt-*")
    assert warnings(page) == [ENGLISH.set_aside.format(file=aside.name)]
    assert len(captions(rerank(page, "red"))) == 4


def test_a_second_app_on_the_folder_opens_finished_runs_and_says_who_scores(
    open_page: Open, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photos(photo_folder)
    page = rerank(open_page(), "red")
    ranking, run_id = captions(page), page.query_params["run"]
    close_service()
    monkeypatch.setattr(FolderLock, "acquire", lambda self: False)  # what it says where another process holds it
    page = open_page(wait=False, run=run_id)
    assert captions(page) == ranking
    assert ENGLISH.elsewhere in texts(page)
    answered = judge.answers
    assert "run" in click(page, "blue").query_params
    assert ENGLISH.elsewhere in texts(page)
    assert judge.answers == answered
    assert captions(page) == ranking


def test_a_data_folder_that_cannot_be_read_any_more_is_told_without_a_traceback(
    open_page: Open, photo_folder: Path
) -> None:
    write_photos(photo_folder)
    page = upload(open_page(), ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    open_service().store.database._connection.execute("DROP TABLE uploads")
    assert ENGLISH.storage_failed.format(folder=open_service().data.path) in texts(page.run())


def test_photos_are_decoded_outside_of_this_process(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    rerank(open_page(), "red")
    commands = [" ".join(child.cmdline()) for child in psutil.Process().children()]
    assert [command for command in commands if "lychee_rerank.photos.decode_child" in command]


def test_a_run_that_breaks_is_no_cancelled_run(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_photos(photo_folder)
    judge.before_answer = lambda: 1 / 0
    page = rerank(open_page(), "red")
    assert any(text.startswith("Stopped: 4 photos = 0 scored") for text in texts(page))
    assert [error.value for error in page.error] == [ENGLISH.run_failed.format(problem=ENGLISH.unexpected)]


def test_a_gallery_that_is_not_known_is_told(open_page: Open, photo_folder: Path) -> None:
    write_photos(photo_folder)
    page = open_page(gallery="nobody")
    assert [warning.value for warning in page.warning] == [ENGLISH.gallery_gone]
    assert "gallery" not in page.query_params


def test_a_run_started_while_the_model_loads_waits_for_it(
    open_page: Open, photo_folder: Path, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(ModelLoader, "load", lambda self: gate.wait(WAIT_S) and judge)
    write_photos(photo_folder)
    page = open_page(wait=False)
    assert ENGLISH.loading_any in texts(page)
    click(page, "red")
    assert ENGLISH.waiting.format(n=0) not in texts(page)
    gate.set()
    finish(page)
    assert captions(page)[0] == "**Rank 1 | Score: 10.0**"


def test_a_folder_that_cannot_be_read_is_told_and_the_samples_are_offered(
    open_page: Open, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_photos(photo_folder)
    closed = tmp_path / "closed"
    closed.mkdir()
    monkeypatch.setenv("LYCHEE_IMAGES_DIR", str(closed))
    access = os.access  # root may read everything: what the system says to others is said here
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and access(path, mode))
    page = open_page()
    told = ENGLISH.folder_unreadable.format(folder=closed, user=os.getuid())
    assert [warning.value for warning in page.warning] == [told]
    assert "4 photos" in texts(page)


def test_a_run_behind_the_gallery_can_be_shown_again(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_photos(photo_folder)
    judge.hold()
    page = open_page()
    run_id = click(page, "red").query_params["run"]
    upload(page, ("x.png", encode(make_plain((102, 0, 0)), "PNG")))
    assert "run" not in page.query_params
    assert "Also under way: “red” · 0/4" in texts(page)
    page.text_area(key="query").set_value("blue")
    page.button(key=f"show-{run_id}").click().run()
    assert page.query_params["run"] == run_id
    assert page.text_area(key="query").value == "red"
    judge.let_go()
