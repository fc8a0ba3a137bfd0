"""What is shown of the results: the line, the order, a range of scores; all but the range stands in the URL."""

from collections.abc import Mapping, Sequence

import streamlit as st

from lychee_rerank.page.charts import BIN_WIDTH
from lychee_rerank.view import Sort, View
from lychee_rerank.words import Words

BANDS = ((9.0, 10.0), (6.0, 8.9), (0.0, 5.9))  # likely what you want, somewhat like it, to be put aside
_NUMBER_PX, _SORT_PX = 118, 170


def draw_controls(words: Words) -> View:
    """Draws threshold, top-k and order; returns what they ask for."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        min_score = st.number_input(
            words.threshold, 0.0, 10.0, 0.0, 0.5, format="%.1f", key="min", bind="query-params", width=_NUMBER_PX
        )
        top_k = st.number_input(
            words.top_k, 0, None, 0, 1, key="top", bind="query-params", width=_NUMBER_PX, help=words.top_k_help
        )
        sort = st.selectbox(
            words.sort_label,
            list(Sort),
            index=list(Sort).index(_asked_sort()),
            format_func=lambda sort: words.sort[sort],
            key="sort-box",
            on_change=_remember_sort,
            width=_SORT_PX,
        )
    return View(min_score=min_score, top_k=int(top_k), sort=sort)


def draw_bands(words: Words, counts: Sequence[int]) -> tuple[float, float]:
    """Draws a button per band with its count; returns the range of scores that is to be shown."""
    bin_low = _clicked_bin(st.session_state.get("histogram"))
    if bin_low is not None:
        high = bin_low + BIN_WIDTH
        return bin_low, high if high >= 10 else round(high - 0.1, 1)
    names = [f"{name} · {count}" for name, count in zip(words.bands, counts, strict=True)]
    chosen = st.pills(
        words.bands_label,
        range(len(BANDS)),
        format_func=names.__getitem__,
        key="band",
        label_visibility="collapsed",
    )
    return (0.0, 10.0) if chosen is None else BANDS[chosen]


def _clicked_bin(state: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]] | None) -> float | None:
    """The lower end of the bar that was clicked in the histogram."""
    clicked = state["selection"].get("bin") if state else None
    return float(clicked[0]["low"]) if clicked else None


def _asked_sort() -> Sort:
    asked = st.query_params.get("sort")
    return Sort(asked) if asked in set(Sort) else Sort.SCORE


def _remember_sort() -> None:
    st.query_params["sort"] = st.session_state["sort-box"]
