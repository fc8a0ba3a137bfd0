"""What a run ends in: the ranked grid in pages, raw answers, marks, refusals."""

import json
from pathlib import Path

import pytest

from lychee_rerank.errors import CalibrationRefused
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.problems import CalibrationProblem
from lychee_rerank.records import Rule
from lychee_rerank.service import open_service
from lychee_rerank.words import ENGLISH, Words
from tests.fakes import FakeJudge
from tests.maps import LEVEL, save_in
from tests.page.pages import LANGUAGES, REDS, Open, captions, refusals, rerank, texts, thumbnails
from tests.pictures import write_reds


@LANGUAGES
def test_a_run_ends_in_a_ranked_grid_with_raw_answers(
    open_page: Open, photo_folder: Path, locale: str, words: Words
) -> None:
    write_reds(photo_folder, REDS)
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
    write_reds(photo_folder, {"good.png": 255, "other.png": 0})
    (photo_folder / "bad.jpg").write_bytes(b"<html>no picture</html>")
    (photo_folder / "empty.png").write_bytes(b"")
    page = rerank(open_page(), "red")
    shown = texts(page)
    assert any(text.startswith("4 photos = 2 scored + 2 refused") for text in shown)
    assert refusals(page) == {
        "bad.jpg": "this is a web page, not a JPEG, HEIC, PNG, WebP or AVIF picture",
        "empty.png": "the file is empty",
    }


@LANGUAGES
def test_the_raw_answer_shows_how_it_was_read_and_how_sure_the_model_was(
    open_page: Open, photo_folder: Path, judge: FakeJudge, locale: str, words: Words
) -> None:
    write_reds(photo_folder, {"a.png": 51, "b.png": 255})
    judge.label_mass = 0.75
    shown = [caption.value for caption in rerank(open_page(locale), "red").caption]
    for expected in (10.0, 2.0):
        assert words.reading.format(rule=words.rule[Rule.WHOLE_ANSWER], expected=expected, mass=0.75) in shown


@LANGUAGES
def test_photos_that_only_upload_order_tells_apart_are_marked(
    open_page: Open, photo_folder: Path, locale: str, words: Words
) -> None:
    write_reds(photo_folder, {"a.png": 51, "b.png": 255, "c.png": 51})
    page = rerank(open_page(locale), "red")
    assert texts(page).count(words.tied) == 2
    assert [text.value for text in page.text if text.value in REDS] == ["b.png", "a.png", "c.png"]


def test_an_answer_without_a_number_is_marked(open_page: Open, photo_folder: Path, judge: FakeJudge) -> None:
    write_reds(photo_folder, REDS)
    judge.text = "no idea"
    page = rerank(open_page(), "red")
    assert texts(page).count(ENGLISH.no_number) == 4
    assert [code.value for code in page.code] == ["no idea"] * 4


def test_a_large_gallery_comes_in_pages_with_the_pager_above_the_grid(open_page: Open, photo_folder: Path) -> None:
    write_reds(photo_folder, {f"{n:03}.png": n % 256 for n in range(61)})
    page = open_page()
    assert len(thumbnails(page)) == 60
    page = rerank(page, "red")
    assert (len(captions(page)), captions(page)[0]) == (60, "**Rank 1 | Score: 2.4**")
    grids = [grid for grid in page.get("grid_container") if any(element.type == "html" for element in grid)]
    assert grids
    assert not any(element.type == "pagination" for grid in grids for element in grid)
    assert [element.type for element in page.get("pagination")] == ["pagination"]


@LANGUAGES
def test_with_a_map_mapped_scores_are_shown_and_the_models_own_stand_in_the_reading_line(
    open_page: Open, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    write_reds(photo_folder, {"a.png": 51, "b.png": 255, "c.png": 153})
    monkeypatch.setenv("LYCHEE_CALIBRATION", save_in(tmp_path, LEVEL))
    page = rerank(open_page(locale), "red")
    assert captions(page) == [f"**Rank {rank} | Score: 4.0**" for rank in (1, 2, 3)]
    assert [text.value for text in page.text if text.value in REDS] == ["b.png", "c.png", "a.png"]
    readings = [caption.value for caption in page.caption if words.rule[Rule.WHOLE_ANSWER] in caption.value]
    assert [reading.rpartition(" · ")[2] for reading in readings] == [
        words.results.raw_score.format(raw=raw) for raw in (10.0, 6.0, 2.0)
    ]
    key = open_service().store.runs.load(page.query_params["run"]).key  # type: ignore[union-attr]
    assert json.loads(key)["calibration"] == LEVEL.key


@LANGUAGES
def test_a_map_that_was_made_for_another_model_is_told_instead_of_a_model(
    open_page: Open, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, locale: str, words: Words
) -> None:
    def load(_: ModelLoader) -> FakeJudge:
        raise CalibrationRefused(CalibrationProblem.MODEL, file="map.json", made_for="demo")

    write_reds(photo_folder, REDS)
    monkeypatch.setattr(ModelLoader, "load", load)
    told = words.results.calibration_problem[CalibrationProblem.MODEL].format(file="map.json", made_for="demo")
    assert told in [error.value for error in open_page(locale).error]
