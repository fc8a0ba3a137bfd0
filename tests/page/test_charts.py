"""The two charts: what they hold, and that the line, the colours and the choice are in them."""

from typing import Any

import pytest

from lychee_rerank.page.charts import build_heat_grid, build_histogram
from lychee_rerank.results.selection import View
from lychee_rerank.results.spread import measure_spread
from lychee_rerank.words import ENGLISH
from tests.finished import finish

SCORES = [3.0, 9.96, 0.2, 6.5]
RESULTS = ENGLISH.results


def rows_of(chart: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that every layer draws."""
    assert not any("data" in layer for layer in chart["layer"])
    return list(chart["datasets"][chart["data"]["name"]])


def test_a_bar_per_half_point_counts_the_photos() -> None:
    rows = rows_of(build_histogram(RESULTS, measure_spread(SCORES), View()).to_dict())
    assert [(row["low"], row["high"]) for row in rows] == [(n / 2, n / 2 + 0.5) for n in range(20)]
    assert {row["low"]: row["photos"] for row in rows if row["photos"]} == {0.0: 1, 3.0: 1, 6.5: 1, 9.5: 1}


def test_the_line_is_drawn_in_and_parts_the_colours() -> None:
    spread = measure_spread(SCORES)
    chart = build_histogram(RESULTS, spread, View(min_score=6.0)).to_dict()
    (line,) = [layer for layer in chart["layer"] if layer["mark"]["type"] == "rule"]
    assert line["encoding"]["x"]["datum"] == 6.0
    assert [row["low"] for row in rows_of(chart) if row["above"]] == [n / 2 for n in range(12, 20)]
    without = build_histogram(RESULTS, spread, View()).to_dict()
    assert not [layer for layer in without["layer"] if layer["mark"]["type"] == "rule"]


def test_a_column_is_hit_at_any_height_and_chooses_its_bar() -> None:
    chart = build_histogram(RESULTS, measure_spread([0.0] * 9 + [10.0]), View()).to_dict()
    (choice,) = chart["params"]
    assert (choice["name"], choice["select"]["fields"]) == ("bar", ["low"])
    (column,) = [layer for layer in chart["layer"] if layer.get("name") in choice["views"]]
    assert column["encoding"]["y"]["datum"] == 9


def test_a_cell_per_photo_stands_in_upload_order() -> None:
    chart = build_heat_grid(RESULTS, finish(SCORES).ranked).to_dict()
    rows = rows_of(chart)
    assert [(row["index"], row["score"], row["rank"]) for row in rows] == [
        (0, 3.0, 3),
        (1, 10.0, 1),
        (2, 0.2, 4),
        (3, 6.5, 2),
    ]
    assert [tip["field"] for tip in chart["layer"][0]["encoding"]["tooltip"]] == ["name", "rank", "score"]
    assert chart["params"][0]["select"]["fields"] == ["index"]


@pytest.mark.parametrize("photos", [1, 16, 64, 65, 601, 10_000])
def test_no_two_cells_lie_on_each_other(photos: int) -> None:
    cells = build_heat_grid(RESULTS, finish([5.0] * photos).ranked).data
    assert len({*zip(cells["row"], cells["column"], strict=True)}) == photos
    assert max(cells["row"]) < 50
