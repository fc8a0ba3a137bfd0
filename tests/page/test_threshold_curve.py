"""The curve beside the threshold: what the chart holds, what is said, and that a click or the button sets the line."""

from typing import Any

import pytest
import streamlit as st

from lychee_rerank.page.threshold_curve import THRESHOLD, _click, build_curve
from lychee_rerank.words import ENGLISH, Words
from lychee_rerank.words.curve import describe_kept, warn_of_few
from tests.page.pages import LANGUAGES, Open, texts
from tests.page.test_pair_lists import ROWS, drop, moderate
from tests.results.test_threshold import curve_of

CURVE = curve_of([1.0, 3.05], [3.08, 8.0])


def layers_of(chart: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    return [layer for layer in chart["layer"] if layer["mark"]["type"] == mark]


def rows_of_layer(chart: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    return list(chart["datasets"][layer["data"]["name"]])


def test_the_lines_are_the_shares_of_each_threshold_and_the_band_is_the_interval() -> None:
    chart = build_curve(ENGLISH.lists, CURVE, threshold=5.0).to_dict()
    (lines,) = layers_of(chart, "line")
    told = {(row["threshold"], row["name"]): row["share"] for row in rows_of_layer(chart, lines)}
    assert (told[3.06, "recall"], told[3.06, "precision"], told[3.06, "manual work saved"]) == (1.0, 1.0, 0.5)
    assert (0.0, "precision") not in told
    assert len({threshold for threshold, _ in told}) == 102
    band, _ = layers_of(chart, "rect")
    assert CURVE.kept
    assert rows_of_layer(chart, band) == [{"low": CURVE.kept.low, "high": CURVE.kept.high}]
    (line,) = layers_of(chart, "rule")
    assert rows_of_layer(chart, line) == [{"threshold": 5.0}]
    assert chart["height"] == 96


def test_every_place_of_the_chart_is_a_threshold_to_be_clicked() -> None:
    chart = build_curve(ENGLISH.lists, CURVE, threshold=5.0).to_dict()
    (choice,) = chart["params"]
    (columns,) = [layer for layer in chart["layer"] if layer.get("name") in choice["views"]]
    assert (choice["name"], choice["select"]["fields"]) == ("threshold", ["threshold"])
    rows = rows_of_layer(chart, columns)
    assert [row["threshold"] for row in rows] == [n / 10 for n in range(101)]
    assert (rows[0]["low"], rows[-1]["high"]) == (0.0, 10.0)
    assert [row["high"] for row in rows[:-1]] == pytest.approx([row["low"] for row in rows[1:]])


def test_without_a_pair_that_does_not_fit_there_is_no_interval() -> None:
    chart = build_curve(ENGLISH.lists, curve_of([], [3.0]), threshold=5.0).to_dict()
    assert len(layers_of(chart, "rect")) == 1


def test_a_click_sets_the_threshold_and_the_next_chart_has_nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {"curve-1": {"selection": {"threshold": [{"threshold": 6.9}]}}}
    monkeypatch.setattr(st, "session_state", state)
    _click("curve-1")
    assert (state[THRESHOLD], state["chart-clicks"]) == (6.9, 1)
    state |= {"curve-2": {"selection": {"threshold": []}}, THRESHOLD: 2.0}
    _click("curve-2")
    assert (state[THRESHOLD], state["chart-clicks"]) == (2.0, 1)


@LANGUAGES
def test_the_threshold_that_keeps_recall_is_named_warned_of_and_set_by_a_button(
    open_page: Open, locale: str, words: Words
) -> None:
    page = moderate(drop(open_page(locale)))
    curve = curve_of([2.0], [10.0, 0.0], [6.0])
    assert describe_kept(words, curve) in texts(page)
    assert warn_of_few(words, curve) in texts(page)
    button = page.button(key="set-threshold")
    assert button.label == words.lists.set_threshold.format(threshold=2.1)
    button.click().run()
    assert page.number_input(key="below").value == 2.1
    assert any(text.startswith("#####") and "2.1" in text for text in texts(page))
    assert not [one for one in page.button if one.key == "set-threshold"]


def test_without_labels_there_is_no_curve(open_page: Open) -> None:
    page = moderate(drop(open_page(), *(row.rpartition(",")[0] + "," for row in ROWS)))
    assert not [one for one in page.button if one.key == "set-threshold"]
    assert not [text for text in texts(page) if "Recall stays" in text or "Few labels" in text]
