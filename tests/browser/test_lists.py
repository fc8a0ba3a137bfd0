"""A folder of posts in a real browser: photos and the list of their texts dropped together, flagged, taken away."""

import csv
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_walk import SAMPLES, drop

SAMPLE = {"IMG_1206.jpg": "sofa", "IMG_1583.jpg": "a dog on a red background", "IMG_2245.jpg": "足球"}
RUN_S = 300


def write_posts(folder: Path) -> Path:
    """Three samples with a text each, the second of which does not fit, and a row without a photo."""
    folder.mkdir()
    for sample in SAMPLES:
        if sample.name in SAMPLE:
            shutil.copy(sample, folder)
    rows = [("file", "text"), *SAMPLE.items(), ("gone.jpg", "a cat")]
    with (folder / "posts.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder


def shown(page: Page) -> list[str]:
    """The names on the cards, in order, once all are drawn."""
    names = page.locator(".st-key-results").get_by_text(re.compile(r"^IMG_\d+"))
    expect(names).to_have_count(len(SAMPLE))
    return list(names.all_inner_texts())


def test_a_folder_of_posts_is_flagged_and_its_table_taken_away(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open(locale="en-US")
    drop(page, write_posts(tmp_path / "posts"))
    line = page.locator(".st-key-list-0")
    expect(line).to_contain_text("posts.csv · 3 pairs")
    line.get_by_text("Rows passed over: 1").click()
    expect(page.get_by_test_id("stPopoverBody")).to_have_text("line 5: gone.jpg · there is no such file")
    page.keyboard.press("Escape")
    line.get_by_role("button", name="Score each pair").click()
    expect(page.locator(".st-key-heading")).to_contain_text(
        "3 pairs = 1 below 5 + 2 not below it", timeout=RUN_S * 1000
    )
    expect(page.get_by_role("separator")).to_have_text("↑ 1 below 5")
    assert shown(page)[0] == "IMG_1583.jpg"
    assert sorted(shown(page)) == sorted(SAMPLE)
    with page.expect_download() as download:
        page.locator(".st-key-flagged-table").get_by_role("link").click()
    assert download.value.suggested_filename == "posts-below-5.csv"
    download.value.save_as(tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["flagged"] for row in rows] == ["yes", "no", "no", ""]
    assert (rows[0]["file"], rows[0]["text"]) == ("IMG_1583.jpg", SAMPLE["IMG_1583.jpg"])


def test_a_long_text_is_cut_on_its_card_and_whole_in_the_large_view(visitor: Visitor, tmp_path: Path) -> None:
    posts, text = write_posts(tmp_path / "posts"), "a long post about a sofa " * 40
    (posts / "posts.csv").write_text(f"file,text\nIMG_1206.jpg,{text}\n")
    page = visitor.open(locale="en-US")
    drop(page, posts)
    page.get_by_role("button", name="Score each pair").click()
    card = page.locator(".st-key-results").get_by_text(text.strip())
    expect(card).to_be_visible(timeout=RUN_S * 1000)
    assert card.evaluate("element => element.scrollHeight > 2 * element.clientHeight")
    page.get_by_text("View", exact=True).click()
    whole = page.get_by_role("dialog").get_by_text(text.strip())
    assert whole.evaluate("element => element.scrollHeight <= element.clientHeight + 1")


def test_a_wrong_list_is_corrected_by_another_drop_and_the_others_removed_one_by_one(
    visitor: Visitor, tmp_path: Path
) -> None:
    posts, others = write_posts(tmp_path / "posts"), [tmp_path / "first.csv", tmp_path / "second.csv"]
    right = (posts / "posts.csv").read_bytes()
    (posts / "posts.csv").write_bytes(right.replace(b"file,text", b"name,words"))
    for n, file in enumerate(others, start=1):
        file.write_bytes(b"\n".join(right.splitlines()[: n + 1]))
    page = visitor.open(locale="en-US")
    drop(page, posts)
    lines = page.locator("[class*='st-key-list-']")
    expect(lines).to_have_text([re.compile("⚠ posts.csv has to name the columns")])
    (posts / "posts.csv").write_bytes(right)
    drop(page, posts / "posts.csv")
    expect(lines).to_have_text([re.compile("posts.csv · 3 pairs")])
    for file, dropped in zip(
        others, ("first.csv · 1 pair.*added last", "second.csv · 2 pairs.*added last"), strict=True
    ):
        drop(page, file)
        expect(lines.first).to_have_text(re.compile(dropped, re.DOTALL))
    expect(lines).to_have_count(3)
    lines.first.get_by_role("button", name="Remove").dblclick()
    expect(lines).to_have_text([re.compile("first.csv"), re.compile("posts.csv")])
    page.reload()
    expect(lines).to_have_text([re.compile("first.csv"), re.compile("posts.csv")])


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_a_phone_shows_lists_and_what_they_pass_over_whole(visitor: Visitor, tmp_path: Path, locale: str) -> None:
    posts, long = write_posts(tmp_path / "posts"), "x" * 190
    with (posts / "posts.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([(f"{long}.jpg", "a cat"), ("../../etc/passwd", "a cat")])
    (posts / f"{long}.csv").write_text("x,y\n")
    page = visitor.open(locale=locale, width=390, height=844)
    drop(page, posts)
    expect(page.locator(".st-key-list-1")).to_be_visible()
    page.get_by_test_id("stPopover").get_by_role("button").click()
    rows = page.get_by_test_id("stPopoverBody").get_by_test_id("stText")
    expect(rows).to_contain_text("../../etc/passwd")
    wide = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stAppViewContainer] *, [data-testid=stPopoverBody] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert wide == 0
    assert rows.evaluate("e => e.scrollWidth <= e.clientWidth + 1")


def test_a_reload_brings_the_flagged_pairs_back(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open(width=390, height=800)
    drop(page, write_posts(tmp_path / "posts"))
    page.get_by_role("button", name="逐对打分").click()
    heading = page.locator(".st-key-heading")
    expect(heading).to_contain_text("低于 5 的 1", timeout=RUN_S * 1000)
    page.locator(".st-key-below input").fill("10")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"below=10"))
    page.reload()
    expect(heading).to_contain_text("低于 10 的")
    assert sorted(shown(page)) == sorted(SAMPLE)
    assert page.get_by_role("textbox").first.input_value() == ""
