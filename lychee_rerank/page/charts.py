"""The spread of the scores as two charts: how many photos got which score, and which photo got which."""

from collections.abc import Sequence

import altair as alt

from lychee_rerank.records import RankedPhoto
from lychee_rerank.view import View
from lychee_rerank.words import Words

BIN_WIDTH = 0.5
_MOST_CELLS = 400  # beyond, a cell per photo is too small to be hit
_COLUMNS = 16
_HEIGHT_PX, _ROW_PX, _GAP_PX = 120, 28, 24
_SCHEME = "blues"  # one hue from light to dark: the order is seen by the colour-blind, too
_DARK_FROM = 6.0  # the score from which the numbers in the cells are white
_CUT = "#c9460c"


def build_histogram(words: Words, ranked: Sequence[RankedPhoto], view: View) -> alt.LayerChart:
    """Half-point bins from 0 to 10, the line drawn in; a click on a bar selects `low` of its bin."""
    bins = round(10 / BIN_WIDTH)
    counts = [0] * bins
    for photo in ranked:
        counts[min(int(round(photo.scored.score.value, 1) / BIN_WIDTH), bins - 1)] += 1
    rows = [
        {"low": n * BIN_WIDTH, "high": (n + 1) * BIN_WIDTH, "photos": count, "above": n * BIN_WIDTH >= view.min_score}
        for n, count in enumerate(counts)
    ]
    pick = alt.selection_point(name="bin", fields=["low"], on="click", clear="dblclick")
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadius=2, cursor="pointer")
        .encode(
            x=alt.X("low:Q", bin="binned", title=words.scores_axis, scale=alt.Scale(domain=[0, 10], nice=False)),
            x2="high:Q",
            y=alt.Y("photos:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=3, grid=False)),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.35)),
            color=alt.condition("datum.above", alt.value("#1971c2"), alt.value("#8bb8e0")),
            tooltip=[
                alt.Tooltip("low:Q", title=words.scores_axis, format=".1f"),
                alt.Tooltip("photos:Q", title=words.photos_axis),
            ],
        )
        .add_params(pick)
    )
    cut = alt.Chart(alt.Data(values=[{"cut": view.min_score}] if view.min_score else []))
    line = cut.mark_rule(color=_CUT, strokeDash=[4, 3], strokeWidth=2).encode(x="cut:Q")
    return alt.layer(bars, line).properties(height=_HEIGHT_PX, title=words.histogram_title)


def build_heat_grid(words: Words, ranked: Sequence[RankedPhoto]) -> alt.LayerChart | None:
    """A cell per photo in upload order, coloured by its score; a click selects its `index`. None for too many."""
    if len(ranked) > _MOST_CELLS:
        return None
    in_order = sorted(ranked, key=lambda photo: photo.scored.index)
    rows = [
        {
            "index": photo.scored.index,
            "row": n // _COLUMNS,
            "column": n % _COLUMNS,
            "score": round(photo.scored.score.value, 1),
            "name": photo.scored.name,
            "rank": photo.rank,
        }
        for n, photo in enumerate(in_order)
    ]
    pick = alt.selection_point(name="photo", fields=["index"], on="click")
    hidden = alt.Axis(labels=False, ticks=False, domain=False, title=None, grid=False)
    chart = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("column:O", axis=hidden, scale=alt.Scale(domain=list(range(_COLUMNS)), paddingInner=0.06)),
        y=alt.Y("row:O", axis=hidden, scale=alt.Scale(paddingInner=0.08)),
        tooltip=[
            alt.Tooltip("name:N", title=words.name_axis),
            alt.Tooltip("rank:Q", title=words.rank_axis),
            alt.Tooltip("score:Q", title=words.score_axis, format=".1f"),
        ],
    )
    colour = alt.Color("score:Q", scale=alt.Scale(domain=[0, 10], scheme=_SCHEME), legend=None)
    cells = chart.mark_rect(cornerRadius=3, cursor="pointer").encode(color=colour).add_params(pick)
    dark = alt.condition(f"datum.score >= {_DARK_FROM}", alt.value("white"), alt.value("#1f2933"))
    text = chart.mark_text(fontSize=11).encode(text=alt.Text("score:Q", format=".1f"), color=dark)
    height = _GAP_PX + _ROW_PX * (rows[-1]["row"] + 1 if rows else 1)
    return alt.layer(cells, text).properties(height=height, title=words.heat_title)
