"""Quick looks on the page: provisional scores at once, told apart from full ones, and what is likely settled."""

import threading
from pathlib import Path

import pytest

from lychee_rerank.service import close_service, open_service
from lychee_rerank.words import CHINESE, ENGLISH, Words
from tests.fakes import FakeJudge
from tests.limits import WAIT_S
from tests.page.pages import Open, click, export, finish, rows_of, texts
from tests.scoring.test_quick_look import write_photos


@pytest.fixture
def judge() -> FakeJudge:
    """One whose quick looks are begun by nothing but a run, and whose `begun` tells of full looks alone."""
    judge = FakeJudge()
    judge.for_quick_looks(None)
    judge.begun = threading.Event()
    return judge


@pytest.fixture(autouse=True)
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LYCHEE_QUICK_LOOK", "always")


def ranks(shown: list[str]) -> list[str]:
    return [text for text in shown if "Rank " in text]


def test_provisional_scores_are_there_at_once_and_give_way_to_full_ones(
    open_page: Open, photo_folder: Path, judge: FakeJudge
) -> None:
    write_photos(photo_folder, [(51, 140), (255, 250), (0, 10)])
    judge.hold()
    page = click(open_page(), "red")
    assert judge.begun.wait(WAIT_S)
    page.run()
    shown = texts(page)
    assert ranks(shown) == ["Rank 1 | Score: ≈ 9.4", "Rank 2 | Score: ≈ 5.5", "Rank 3 | Score: ≈ 0.0"]
    assert ENGLISH.results.quick_legend in shown
    assert any(text.startswith("Scoring photo 1 of 3") for text in shown)
    judge.let_go()
    shown = texts(finish(page))
    assert ranks(shown) == ["**Rank 1 | Score: 10.0**", "**Rank 2 | Score: 2.0**", "**Rank 3 | Score: 0.0**"]
    assert ENGLISH.results.quick_legend not in shown


@pytest.mark.parametrize(("locale", "line"), [("en-US", "Quick look at photo 1 of 3"), ("zh-CN", "先快速浏览 1/3 张")])
def test_quick_looks_are_counted_as_such(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, line: str
) -> None:
    write_photos(photo_folder, [(51, 140), (255, 250), (0, 10)])
    assert judge.quick is not None
    judge.quick.begun = threading.Event()
    judge.quick.hold()
    page = click(open_page(locale), "red")
    assert judge.quick.begun.wait(WAIT_S)
    page.run()
    assert any(text.startswith(line) for text in texts(page))
    judge.quick.let_go()
    finish(page)


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("en-US", "Cancelled: 3 photos = 1 scored + 0 refused + 2 with a quick look alone + 0 not looked at"),
        ("zh-CN", "已取消：共 3 张 = 已评分 1 + 拒收 0 + 只快速浏览 2 + 未分析 0"),
    ],
)
def test_a_cancelled_run_keeps_both_kinds_of_scores_and_its_table_tells_them_apart(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, line: str
) -> None:
    write_photos(photo_folder, [(51, 140), (255, 250), (0, 10)])
    judge.hold()
    page = click(open_page(locale), "red")
    assert judge.begun.wait(WAIT_S)
    page.run()
    page.button(key="cancel").click().run()
    judge.let_go()
    shown = texts(finish(page))
    assert any(text.startswith(line) for text in shown)
    assert ranks(shown) == ["**Rank 1 | Score: 10.0**", "Rank 2 | Score: ≈ 5.5", "Rank 3 | Score: ≈ 0.0"]
    as_csv = (CHINESE if locale == "zh-CN" else ENGLISH).results.as_csv
    assert [(row["name"], row["look"]) for row in rows_of(export(page, "above", as_csv))] == [
        ("1.png", "full"),
        ("0.png", "quick"),
        ("2.png", "quick"),
    ]


def test_the_next_process_reads_what_was_kept_of_quick_looks(
    open_page: Open, photo_folder: Path, judge: FakeJudge, tmp_path: Path
) -> None:
    write_photos(photo_folder, [(51, 140), (255, 250), (0, 10)])
    finish(click(open_page(), "red"))
    assert len(list((tmp_path / "data" / "quick-looks").iterdir())) == 3
    close_service()
    finish(click(open_page(), "green"))
    assert judge.quick is not None
    assert (judge.encoded, judge.quick.encoded, judge.quick.answers) == (6, 3, 6)


@pytest.mark.parametrize(("setting", "value"), [("LYCHEE_QUICK_BYTES", "0"), ("LYCHEE_DATA_DIR", "/dev/null/data")])
def test_nothing_is_kept_of_quick_looks_where_that_is_not_wanted_or_the_folder_is_a_temporary_one(
    open_page: Open, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)
    write_photos(photo_folder, [(51, 140), (255, 250), (0, 10)])
    finish(click(open_page(), "red"))
    assert list(open_service().data.path.glob("quick-looks/*")) == []


@pytest.mark.parametrize(("locale", "words"), [("en-US", ENGLISH), ("zh-CN", CHINESE)])
def test_what_is_likely_settled_is_marked_until_the_run_ends(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words
) -> None:
    write_photos(photo_folder, [(255, 250)] * 10 + [(100, 100)] * 60)
    reached, go_on = threading.Event(), threading.Event()

    def stop_at_the_61st() -> None:
        if judge.answers >= 60:
            reached.set()
            go_on.wait(WAIT_S)

    judge.before_generate = stop_at_the_61st
    page = click(open_page(locale), "red")
    assert reached.wait(WAIT_S)
    page.run()
    line = words.results.settled_line.format(n=10)
    assert any(line in html.proto.body for html in page.get("html"))
    go_on.set()
    finish(page)
    assert not any(line in html.proto.body for html in page.get("html"))
    assert "**Rank 1 | Score: 10.0**" in texts(page)
