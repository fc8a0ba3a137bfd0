"""What is shown of the results: the line, the order, a band; all but the band stands in the URL."""

from collections.abc import Mapping, Sequence

import streamlit as st

from lychee_rerank.spread import BANDS, BIN_WIDTH
from lychee_rerank.view import Sort, View
from lychee_rerank.words import Words

_SORTS = tuple(Sort)
_NUMBER_PX, _SORT_PX = 130, 180
_BARS = "bars"  # how often the choice of a bar was undone: a chart of another key has none chosen


def draw_line(words: Words) -> View:
    """Draws threshold, top-k and order; returns what they ask for."""
    told = words.results
    min_score = st.number_input(
        told.threshold,
        min_value=0.0,
        max_value=10.0,
        value=0.0,
        step=0.5,
        format="%.1f",
        key="min",
        bind="query-params",
        help=told.threshold_help,
        width=_NUMBER_PX,
    )
    top_k = st.number_input(
        told.top_k,
        min_value=0,
        value=0,
        key="top",
        bind="query-params",
        help=told.top_k_help,
        width=_NUMBER_PX,
    )
    sort = st.selectbox(
        told.sort_label,
        _SORTS,
        index=_SORTS.index(_asked_sort()),
        format_func=told.sort.__getitem__,
        key="sort-box",
        on_change=_remember_sort,
        width=_SORT_PX,
    )
    return View(min_score=min_score, top_k=top_k, sort=sort)


def draw_bands(words: Words, counts: Sequence[int]) -> tuple[float, float]:
    """Draws a pill per band with its count; the range of scores to be shown, by the band or the bar that is chosen."""
    labels = [
        f"{low:.1f}–{high:.1f} {name} · {count}"
        for (low, high), name, count in zip(BANDS, words.results.bands, counts, strict=True)
    ]
    band = st.pills(
        words.results.bands_label,
        range(len(BANDS)),
        format_func=labels.__getitem__,
        key="band",
        on_change=_forget_bar,
        label_visibility="collapsed",
    )
    if band is not None:
        return BANDS[band]
    low = _chosen_bar(st.session_state.get(bars_key()))
    if low is None:
        return 0.0, 10.0
    high = low + BIN_WIDTH
    return low, high if high >= 10 else round(high - 0.1, 1)


def bars_key() -> str:
    """The key of the chart whose bars are chosen from."""
    return f"{_BARS}-{st.session_state.get(_BARS, 0)}"


def forget_band() -> None:
    """A bar was chosen: no band is."""
    st.session_state["band"] = None


def _forget_bar() -> None:
    st.session_state[_BARS] = st.session_state.get(_BARS, 0) + 1


def _chosen_bar(state: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]] | None) -> float | None:
    """The lower end of the bar."""
    chosen = state["selection"].get("bar") if state else None
    return float(chosen[0]["low"]) if chosen else None


def _asked_sort() -> Sort:
    asked = st.query_params.get("sort")
    return Sort(asked) if asked in set(Sort) else Sort.SCORE


def _remember_sort() -> None:
    st.query_params["sort"] = st.session_state["sort-box"]
