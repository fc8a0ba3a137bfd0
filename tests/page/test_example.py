"""A photo as the question: chosen on a card or in the large view, shown above the query box, ranked and marked."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.problems import RefusalReason
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH, Words
from tests.fakes import FakeJudge
from tests.page.pages import (
    LANGUAGES,
    QUERY,
    REDS,
    RESULTS,
    Open,
    addresses,
    captions,
    click,
    finish,
    large,
    rerank,
    texts,
    thumbnails,
    warnings,
)
from tests.pictures import encode, make_plain, write_reds


def more_like(page: AppTest, index: int) -> AppTest:
    """Clicks on the card of the photo at this place in upload order."""
    return page.button(key=f"like-{page.query_params['run']}-{index}").click().run()


def example_of(page: AppTest) -> str | None:
    """The name of the example that stands above the query box; None where there is none."""
    in_sidebar = {element.proto.body for element in page.sidebar.get("html")}
    shown = [one for one in thumbnails(page) if one.get("title") and any(str(one["src"]) in it for it in in_sidebar)]
    return str(shown[0]["alt"]) if shown else None


def marked(page: AppTest) -> int:
    """How many photos are marked as the example."""
    return sum('class="example"' in element.proto.body for element in page.get("html"))


@pytest.fixture
def asked(open_page: Open, photo_folder: Path) -> AppTest:
    """The page with a question in words answered, and d.png (redness 6.0) chosen as the example of the next."""
    write_reds(photo_folder, REDS)
    return more_like(rerank(open_page(), QUERY), 3)


def test_a_card_makes_its_photo_the_example_keeps_the_words_and_begins_no_run(asked: AppTest, judge: FakeJudge) -> None:
    assert example_of(asked) == "d.png"
    assert asked.text_area(key="query").value == QUERY
    assert asked.text_area(key="query").placeholder == ENGLISH.like.placeholder
    assert (judge.answers, judge.examples) == (4, [])


def test_with_an_example_the_query_may_be_empty_and_the_photos_like_it_come_first(asked: AppTest) -> None:
    page = rerank(asked, "")
    assert captions(page)[0] == "**Rank 1 | Score: 10.0**"
    assert [text.value for text in page.text if text.value in REDS] == ["d.png", "a.png", "b.png", "c.png"]
    assert "like d.png · 4 photos" in texts(page)
    assert marked(page) == 1


def test_among_the_near_copies_behind_a_card_the_example_is_marked_too(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, {"a.png": 255, "a again.png": 255})
    page = rerank(more_like(rerank(open_page(distinct="true"), QUERY), 0), "")
    assert marked(page) == 1
    page.session_state[f"others-{page.query_params['run']}-0"] = True
    assert marked(page.run()) == 2


@LANGUAGES
def test_what_was_asked_is_told_in_words(open_page: Open, photo_folder: Path, locale: str, words: Words) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(more_like(rerank(open_page(locale), QUERY), 0), "but in blue")
    told = {"en": "like a.png: but in blue · 4 photos", "zh": "与 a.png 类似，but in blue · 4 张"}
    assert told[words.code] in texts(page)


def test_the_cross_takes_the_example_away(asked: AppTest) -> None:
    page = asked.button(key="like-remove").click().run()
    assert (example_of(page), "like" in page.query_params) == (None, False)
    assert page.text_area(key="query").placeholder == ENGLISH.query_placeholder
    assert ENGLISH.query_problem["empty"] in texts(click(page, ""))


def test_the_large_view_chooses_too_and_closes(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(open_page(), QUERY)
    large(page, 1).click().run()
    assert ENGLISH.like.more in [button.label for button in page.button if button.key == "like-large"]
    page.button(key="like-large").click().run()
    assert example_of(page) == "b.png"
    assert not [button for button in page.button if button.key == "like-large"]


def test_the_example_survives_a_reload_and_is_its_visitors_alone(asked: AppTest, open_page: Open) -> None:
    kept = asked.query_params["like"]
    assert example_of(open_page(like=kept)) == "d.png"
    foreign = open_service().store.galleries.begin("somebody else")
    page = open_page(like=foreign)
    assert (example_of(page), warnings(page)) == (None, [ENGLISH.like.gone])


def test_an_example_whose_file_is_gone_is_refused_by_name(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(open_page(), QUERY)
    (photo_folder / "d.png").unlink()
    page = more_like(page, 3)
    assert (example_of(page), warnings(page)) == (None, ["d.png cannot be the example: the file cannot be read."])


def test_a_past_run_brings_its_example_along_and_one_in_words_takes_it_away(asked: AppTest) -> None:
    in_words, page = asked.query_params["run"], rerank(asked, "redder")
    with_example = page.query_params["run"]
    page.button(key=f"open-{in_words}").click().run()
    assert (example_of(page), page.text_area(key="query").value) == (None, QUERY)
    page.button(key=f"open-{with_example}").click().run()
    assert (example_of(page), page.text_area(key="query").value) == ("d.png", "redder")
    assert finish(page).query_params["run"] == with_example


def give(page: AppTest, name: str, content: bytes) -> AppTest:
    """What the page's script does with a file that is dropped onto the query box, or pasted into it."""
    return page.file_uploader[1].set_value((name, content, "image/png")).run()


def test_a_file_given_to_the_query_box_is_the_example_and_no_photo_of_the_gallery(
    open_page: Open, photo_folder: Path
) -> None:
    write_reds(photo_folder, REDS)
    page = give(open_page(), "mine.png", encode(make_plain((51, 0, 0)), "PNG"))
    assert (example_of(page), "4 photos" in texts(page), "gallery" in page.query_params) == ("mine.png", True, False)
    page = rerank(page, "")
    assert next(text.value for text in page.text if text.value in REDS) == "a.png"
    assert "like mine.png · 4 photos" in texts(page)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.txt", b"hello", "this is a text file, not a JPEG, HEIC, PNG, WebP or AVIF picture"),
        ("empty.png", b"", "the file is empty"),
        ("cut.png", encode(make_plain((51, 0, 0), size=(200, 200)), "PNG")[:60], "the file ends too early"),
    ],
)
def test_what_cannot_be_the_example_is_named_with_its_reason_and_nothing_is_lost(
    asked: AppTest, name: str, content: bytes, reason: str
) -> None:
    page = give(asked, name, content)
    assert warnings(page) == [f"{name} cannot be the example: {reason}."]
    assert (example_of(page), page.text_area(key="query").value, len(captions(page))) == ("d.png", QUERY, 4)
    assert list((open_service().data.path / "uploads").glob("*")) == []
    assert warnings(click(page, "redder")) == []


def test_the_same_bytes_under_two_names_are_both_marked(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS | {"e.png": REDS["d.png"]})
    page = rerank(more_like(rerank(open_page(), QUERY), 3), "")
    assert marked(page) == 2


def test_with_an_example_no_query_is_suggested_and_no_part_is_offered(asked: AppTest) -> None:
    page = rerank(asked, "sofa + lamp")
    assert not [toggle for toggle in page.toggle if toggle.key == "criteria"]


def test_the_best_are_carried_away_under_a_name_that_tells_what_was_asked(asked: AppTest) -> None:
    page = rerank(asked, "but in blue")
    token = addresses(page)[RESULTS.best_all.format(n=4)].rsplit("/", 1)[1]
    download = open_service().downloads.find(token, owner="")
    assert download is not None
    assert download.name == "like d.png-but in blue.zip"


@LANGUAGES
def test_why_is_asked_for_in_the_language_of_the_page(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words
) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(more_like(rerank(open_page(locale), QUERY), 3), "")
    large(page, 0).click().run()
    page.button(key="why").click().run()
    assert f", in {words.like.language}: " in judge.templates[-1].user


def test_a_run_whose_example_cannot_be_looked_at_says_so(
    asked: AppTest, judge: FakeJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(picture: object) -> None:
        raise PhotoRefused(RefusalReason.OUT_OF_MEMORY)

    monkeypatch.setattr(judge, "encode_example", refuse)
    page = rerank(asked, "")
    told = "The run stopped: The example photo cannot be used: there was not enough memory for it."
    assert [error.value for error in page.error] == [told]


def test_the_list_of_past_runs_tells_their_examples(asked: AppTest) -> None:
    page = rerank(rerank(asked, ""), "redder")
    told = ["like d.png: redder", "like d.png", QUERY]
    assert [text.value for text in page.text if text.value in told] == told
    page.button(key=f"clear-{page.query_params['run']}").click().run()
    assert ENGLISH.run_cleared.format(query="like d.png: redder") in texts(page)
