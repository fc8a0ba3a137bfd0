"""Results on the page: the cliff, and the line, the order and the band that decide what is shown."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.words import CHINESE
from tests.page.pages import QUERY, REDS, RESULTS, Open, captions, ranks, rerank, texts
from tests.pictures import write_reds


def test_the_photos_above_the_cliff_stand_apart(page: AppTest) -> None:
    assert "##### The first 3 stand out." in texts(page)
    lines = [element.proto.body for element in page.get("html") if "cliff" in element.proto.body]
    assert any("The first 3 stand out · 9.2 → 6.8" in line for line in lines)


def test_one_that_stands_out_is_no_plural(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, {"a.png": 255, "b.png": 102, "c.png": 92})
    page = rerank(open_page(), QUERY)
    assert "##### The first one stands out." in texts(page)
    lines = [element.proto.body for element in page.get("html") if "cliff" in element.proto.body]
    assert any("The first one stands out · 10.0 → 4.0" in line for line in lines)


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


def test_an_address_brings_the_order_back_and_nonsense_in_it_is_passed_over(open_page: Open, page: AppTest) -> None:
    run = page.query_params["run"]
    assert ranks(open_page(run=run, sort="least")) == [7, 6, 5, 4, 3, 2, 1]
    assert ranks(open_page(run=run, sort="nonsense", min="nonsense")) == [1, 2, 3, 4, 5, 6, 7]


def test_what_hides_every_photo_is_shown_and_taken_away_by_one_button(page: AppTest) -> None:
    page.selectbox(key="sort-box").set_value("least").run()
    page.number_input(key="min").set_value(6.5).run()
    page.pills(key="band").set_value(2).run()  # below 6.0
    assert ranks(page) == []
    assert RESULTS.none_in_range.format(low=0.0, high=5.9) in texts(page)
    page.button(key="show-all").click().run()
    assert ranks(page) == [7, 6, 5, 4, 3, 2, 1]
    assert "show-all" not in [button.key for button in page.button]


def test_a_line_above_everything_shows_a_notice(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, {"a.png": 51, "b.png": 87})
    page = rerank(open_page(), QUERY)
    page.number_input(key="min").set_value(6.5).run()
    assert RESULTS.none_shown in texts(page)


@pytest.mark.parametrize(("band", "shown"), [(0, [1, 2, 3]), (1, [4, 5]), (2, [6, 7])])
def test_a_band_is_counted_and_shown_alone(page: AppTest, band: int, shown: list[int]) -> None:
    options = page.pills(key="band").options
    assert options[band].endswith(f"{RESULTS.bands[band]} · {len(shown)}")
    page.pills(key="band").set_value(band).run()
    assert ranks(page) == shown


def test_chinese(open_page: Open, page: AppTest) -> None:
    run = page.query_params["run"]
    chinese = open_page("zh-CN", run=run)
    assert "##### 前 3 张脱颖而出。" in texts(chinese)
    assert chinese.number_input(key="min").label == CHINESE.results.threshold


def test_a_new_run_keeps_the_line_that_the_user_has_drawn(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, REDS)
    page = rerank(open_page(), "red")
    page.number_input(key="top").set_value(2).run()
    assert len(captions(rerank(page, "another query"))) == 2
