"""The large view: one photo, the way to the next, and why it got its score."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from lychee_rerank.problems import RefusalReason
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH
from tests.fakes import FakeJudge
from tests.page.pages import Open, addresses, large, texts
from tests.pictures import write_reds


def test_the_large_view_shows_the_photo_and_the_way_to_the_next(page: AppTest) -> None:
    large(page, 0).click().run()  # a.png, the best
    assert page.button(key="step-Left").disabled
    assert f"**{ENGLISH.caption.format(rank=1, score=10.0)}**" in texts(page)
    page.button(key="step-Right").click().run()
    assert not page.button(key="step-Left").disabled
    page.button(key="pick-large").click().run()
    assert open_service().store.picks.of(page.query_params["run"]) == {1}
    assert any(url.endswith("?download=1") for url in addresses(page).values())


def test_a_key_that_is_pressed_while_the_next_photo_is_still_being_drawn_counts_for_that_one(page: AppTest) -> None:
    large(page, 0).click().run()
    page.button(key="step-Right").click()
    page.button(key="pick-large").click().run()
    picks = open_service().store.picks
    assert picks.of(page.query_params["run"]) == {1}
    page.button(key="pick-large").click().run()
    assert picks.of(page.query_params["run"]) == set()


def test_why_is_generated_once_and_kept_with_the_run(open_page: Open, page: AppTest, judge: FakeJudge) -> None:
    large(page, 0).click().run()
    assert "It is **red**." not in texts(page)
    judge.text = "It is **red**."
    page.button(key="why").click().run()
    assert "It is **red**." in [text.value for text in page.text]  # as it was generated, not as Markdown
    answers = judge.answers
    later = open_page(run=page.query_params["run"])
    large(later, 0).click().run()
    assert "It is **red**." in texts(later)
    assert not [button for button in later.button if button.key == "why"]
    assert judge.answers == answers


def test_why_a_photo_that_is_gone_has_no_answer_is_shown(page: AppTest, photo_folder: Path) -> None:
    (photo_folder / "a.png").write_bytes(b"changed into something else")
    large(page, 0).click().run()
    page.button(key="why").click().run()
    (warning,) = page.warning
    assert warning.value.endswith(ENGLISH.reason[RefusalReason.NOT_A_PICTURE])
    write_reds(photo_folder, {"a.png": 255})
    page.button(key="why").click().run()  # it can be requested again
    assert not page.warning
