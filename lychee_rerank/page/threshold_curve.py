"""What each threshold of a labelled list would give, as a chart; a click on it, or a button, sets the threshold."""

import altair as alt
import pandas as pd
import streamlit as st

from lychee_rerank.page.charts import count_clicks, take_click
from lychee_rerank.results.moderation import Moderation
from lychee_rerank.results.threshold import HIGHEST, STEP, Curve, measure_curve
from lychee_rerank.words import ListWords, Words
from lychee_rerank.words.curve import describe_kept, warn_of_few

THRESHOLD = "below"  # the key of its input
_HEIGHT_PX = 96
_LINE, _INTERVAL = "#c9460c", "#1971c2"
_COLOURS = ("#1971c2", "#2b8a3e", "#868e96")  # recall, precision, work saved; the dashes tell them apart too
_DASHES = ([1, 0], [6, 3], [2, 2])


def draw_threshold_curve(words: Words, moderation: Moderation, *, run_id: str) -> float | None:
    """The curve of the labels, which threshold keeps recall, and a warning where labels are few; nothing without any.

    Returns that threshold, None where there is none. It is measured at each redraw: 8 ms for 5,000 pairs.
    """
    curve = measure_curve(moderation)
    if curve is None:
        return None
    key, kept = f"curve-{run_id}-{count_clicks()}", describe_kept(words, curve)
    st.altair_chart(
        build_curve(words.lists, curve, threshold=moderation.threshold),
        key=key,
        on_select=lambda: _click(key),
        selection_mode="threshold",
        alt=kept,
    )
    st.caption(kept)
    if curve.few_labels:
        st.caption(warn_of_few(words, curve))
    return curve.kept.point.threshold if curve.kept and curve.kept.point else None


def draw_set_button(words: Words, threshold: float) -> None:
    """Sets the threshold; for those too who cannot click on a chart."""
    label = words.lists.set_threshold.format(threshold=threshold)
    st.button(label, key="set-threshold", type="tertiary", on_click=_set, args=(threshold,))


def build_curve(text: ListWords, curve: Curve, *, threshold: float) -> alt.LayerChart:
    """Recall, precision and what is saved, the interval of the threshold that keeps recall as a band, and the line.

    A click anywhere selects the `threshold` that is nearest.
    """
    lines = _build_lines(text, curve)
    scale, axis = alt.Scale(domain=[0, HIGHEST], nice=False), alt.Axis(grid=False, tickCount=10)
    x = alt.X("threshold:Q", title=None, scale=scale, axis=axis)
    columns = alt.Chart(pd.DataFrame([_columns_row(curve, n) for n in range(len(curve.points))])).encode(
        x=alt.X("low:Q", title=None), x2="high:Q"
    )
    pick = alt.selection_point(name="threshold", fields=["threshold"])
    hit = columns.mark_rect(opacity=0, cursor="pointer").encode(
        tooltip=[
            alt.Tooltip("threshold:Q", title=text.threshold, format=".1f"),
            alt.Tooltip("recall:Q", title=text.recall, format=".1%"),
            alt.Tooltip("precision:Q", title=text.precision, format=".1%"),
            alt.Tooltip("work_saved:Q", title=text.saved, format=".1%"),
        ],
    )
    layers: list[alt.Chart] = [lines.encode(x=x)]
    if curve.kept and curve.kept.point:
        interval = pd.DataFrame([{"low": curve.kept.low, "high": curve.kept.high}])
        layers.insert(
            0, alt.Chart(interval).mark_rect(opacity=0.15, color=_INTERVAL).encode(x=alt.X("low:Q"), x2="high:Q")
        )
    line = pd.DataFrame([{"threshold": threshold}])
    layers.append(alt.Chart(line).mark_rule(color=_LINE, strokeDash=[4, 3], strokeWidth=2).encode(x=x))
    return alt.LayerChart(layer=[*layers, hit.add_params(pick)], height=_HEIGHT_PX)


def _build_lines(text: ListWords, curve: Curve) -> alt.Chart:
    """A line per share, where there is one."""
    names = (text.recall, text.precision, text.saved)
    rows = [
        {"threshold": point.threshold, "name": name, "share": share}
        for point in curve.all_points
        for name, share in zip(names, (point.recall, point.precision, point.work_saved), strict=True)
        if share is not None
    ]
    dashes = alt.StrokeDash("name:N", sort=names, scale=alt.Scale(domain=names, range=_DASHES), legend=None)
    chart: alt.Chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(interpolate="step-after")
        .encode(
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%", tickCount=2, grid=False)),
            color=alt.Color("name:N", scale=alt.Scale(domain=names, range=_COLOURS), legend=alt.Legend(title=None)),
            strokeDash=dashes,
        )
    )
    return chart


def _columns_row(curve: Curve, n: int) -> dict[str, float | None]:
    """The column of a point, which reaches halfway to its neighbours."""
    point = curve.points[n]
    return {
        "threshold": point.threshold,
        "low": max(point.threshold - STEP / 2, 0.0),
        "high": min(point.threshold + STEP / 2, HIGHEST),
        "recall": point.recall,
        "precision": point.precision,
        "work_saved": point.work_saved,
    }


def _click(key: str) -> None:
    threshold = take_click(key, "threshold", "threshold")
    if threshold is not None:
        _set(threshold)


def _set(threshold: float) -> None:
    st.session_state[THRESHOLD] = threshold
