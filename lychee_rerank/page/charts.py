"""The spread of the scores as two charts: how many photos got which score, and which photo got which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from lychee_rerank.page.controls import choose_bar
from lychee_rerank.page.large_view import open_large
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.ranking import Results
from lychee_rerank.results.selection import View, shown_score
from lychee_rerank.results.spread import BIN_WIDTH, Spread
from lychee_rerank.words import ResultWords

_HEIGHT_PX = 88
_COLUMNS = ((64, 16), (600, 40), (3000, 100))  # cells in a row, by how many photos there are at most
_MOST_COLUMNS = 200
_MOST_NUMBERED = 64  # beyond, a cell is too small for its number
_MOST_READ = 100  # photos read out one by one to a screen reader; the cards tell them all
_WHITE_FROM = 6.0  # the score from which the numbers in the cells are white
_ABOVE, _BELOW, _CUT = "#1971c2", "#9cc3e6", "#c9460c"
_CLICKS = "chart-clicks"  # how often the charts were clicked: a chart of another key has nothing chosen


@dataclass(frozen=True, slots=True)
class Palette:
    """The cells' colours from 0 to 10, one hue, so that the colour-blind see the order too; the low numbers' ink.

    The worst is the one that lies nearest to the page: what shines is the best.
    """

    worst: str
    best: str
    ink: str


LIGHT = Palette("#e3eefa", "#0b4a94", "#1f2933")
DARK = Palette("#22272d", "#1971c2", "#c3ccd5")


def draw_charts(text: ResultWords, results: Results, spread: Spread, view: View, *, job_id: str) -> None:
    """Both charts beside each other: a click on a bar shows its photos, one on a cell opens the photo large."""
    ranked = results.ranked
    with st.container(border=True, key="charts"):
        left, right = st.columns([2, 3])
        clicks = count_clicks()
        bars, cells = f"bars-{job_id}-{clicks}", f"cells-{job_id}-{clicks}"
        bands = ", ".join(f"{name}: {count}" for name, count in zip(text.bands, spread.bands, strict=True))
        left.caption(text.histogram_title)
        left.altair_chart(
            build_histogram(text, spread, view),
            key=bars,
            on_select=lambda: _click_bar(bars, spread),
            selection_mode="bar",
            alt=bands,
        )
        scores = ", ".join(f"{photo.scored.name}: {shown_score(photo):.1f}" for photo in ranked[:_MOST_READ])
        right.caption(text.heat_title)
        right.altair_chart(
            build_heat_grid(text, ranked, DARK if st.context.theme.type == "dark" else LIGHT),
            key=cells,
            on_select=lambda: _click_cell(cells, job_id),
            selection_mode="photo",
            alt=scores,
        )


def build_histogram(text: ResultWords, spread: Spread, view: View) -> alt.LayerChart:
    """Half-point bins from 0 to 10, the line drawn in; a click on a bar selects `low` of its bin."""
    rows = [
        {
            "low": low,
            "high": low + BIN_WIDTH,
            "photos": count,
            "above": low >= view.min_score,
            "shown": low <= view.high and view.low < low + BIN_WIDTH,
        }
        for low, count in ((n * BIN_WIDTH, count) for n, count in enumerate(spread.bins))
    ]
    pick = alt.selection_point(name="bar", fields=["low"])
    chart = alt.Chart(pd.DataFrame(rows))
    x = alt.X("low:Q", bin="binned", title=None, scale=alt.Scale(domain=[0, 10], nice=False))
    y = alt.Y("photos:Q", stack=None, axis=None)
    bars = chart.mark_bar().encode(
        x=x,
        x2="high:Q",
        y=y,
        opacity=alt.condition("datum.shown", alt.value(1), alt.value(0.35)),
        color=alt.condition("datum.above", alt.value(_ABOVE), alt.value(_BELOW)),
    )
    columns = chart.mark_bar(opacity=0, cursor="pointer").encode(  # a bar of one photo is too low to be hit
        x=x,
        x2="high:Q",
        y=alt.Y(datum=max(*spread.bins, 1)),
        tooltip=[
            alt.Tooltip("low:Q", title=text.scores_axis, format=".1f"),
            alt.Tooltip("photos:Q", title=text.photos_axis),
        ],
    )
    cut = chart.mark_rule(color=_CUT, strokeDash=[4, 3], strokeWidth=2).encode(x=alt.datum(view.min_score))
    layers = [bars, cut, columns.add_params(pick)] if view.min_score else [bars, columns.add_params(pick)]
    return alt.LayerChart(layer=layers, height=_HEIGHT_PX)


def build_heat_grid(text: ResultWords, ranked: Sequence[RankedPhoto], palette: Palette = LIGHT) -> alt.LayerChart:
    """A cell per photo in upload order, coloured by its score; a click selects its `index`."""
    columns = next((columns for most, columns in _COLUMNS if len(ranked) <= most), _MOST_COLUMNS)
    rows: list[dict[str, Any]] = [
        {
            "index": photo.scored.index,
            "row": n // columns,
            "column": n % columns,
            "score": shown_score(photo),
            "name": photo.scored.name,
            "rank": photo.rank,
        }
        for n, photo in enumerate(sorted(ranked, key=lambda photo: photo.scored.index))
    ]
    pick = alt.selection_point(name="photo", fields=["index"])
    gap = 0.08 if len(rows) <= _MOST_NUMBERED else 0
    chart = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(domain=list(range(columns)), paddingInner=gap)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=gap)),
        tooltip=[
            alt.Tooltip("name:N", title=text.name_axis),
            alt.Tooltip("rank:Q", title=text.rank_axis),
            alt.Tooltip("score:Q", title=text.scores_axis, format=".1f"),
        ],
    )
    colour = alt.Color("score:Q", scale=alt.Scale(domain=[0, 10], range=[palette.worst, palette.best]), legend=None)
    cells = chart.mark_rect(cornerRadius=3 if gap else 0, cursor="pointer").encode(color=colour).add_params(pick)
    ink = alt.condition(f"datum.score >= {_WHITE_FROM}", alt.value("white"), alt.value(palette.ink))
    labels = chart.mark_text(fontSize=11, cursor="pointer").encode(text=alt.Text("score:Q", format=".1f"), color=ink)
    return alt.LayerChart(layer=[cells, labels] if gap else [cells], height=_HEIGHT_PX)


def _click_bar(key: str, spread: Spread) -> None:
    """Shows the photos of the bar alone, or all again; an empty bar has none to show."""
    low = take_click(key, "bar", "low")
    if low is not None and spread.bins[int(low / BIN_WIDTH)]:
        choose_bar(low)


def _click_cell(key: str, job_id: str) -> None:
    """Opens the photo of the cell."""
    index = take_click(key, "photo", "index")
    if index is not None:
        open_large(job_id, int(index))


def count_clicks() -> int:
    """How often charts were clicked: a part of their keys."""
    return int(st.session_state.get(_CLICKS, 0))


def take_click(key: str, selection: str, field: str) -> float | None:
    """What was clicked; the next charts have nothing chosen, so that each part can be clicked again."""
    chosen = st.session_state[key]["selection"].get(selection)
    if not chosen:
        return None
    st.session_state[_CLICKS] = count_clicks() + 1
    return float(chosen[0][field])
