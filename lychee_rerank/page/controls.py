"""What is shown of the results: the line, the order, a band or a bar; all but band and bar stand in the URL."""

from collections.abc import Sequence

import streamlit as st

from lychee_rerank.page.conditions import asked_conditions, put_conditions
from lychee_rerank.page.file_controls import DISTINCT, put_files
from lychee_rerank.query import Query
from lychee_rerank.results.conditions import Condition
from lychee_rerank.results.selection import Sort, View
from lychee_rerank.results.spread import BANDS, BIN_WIDTH
from lychee_rerank.words import Words

_LINE_PX, _TOP_PX, _SORT_PX = 165, 150, 170  # label and box in one line
_BAR = "bar"  # the lower end of the histogram's bar whose photos are shown alone


def draw_line(words: Words, parts: Sequence[Query], *, with_times: bool) -> View:
    """Draws threshold, top-k and order; what they and the URL ask for, also of the parts."""
    text = words.results
    min_score = st.number_input(
        text.threshold,
        min_value=0.0,
        max_value=10.0,
        value=0.0,
        step=0.5,
        format="%.1f",
        key="min",
        bind="query-params",
        help=text.threshold_help,
        width=_LINE_PX,
    )
    top_k = st.number_input(
        text.top_k,
        min_value=0,
        value=0,
        key="top",
        bind="query-params",
        help=text.top_k_help,
        width=_TOP_PX,
    )
    asked = _asked_sort()
    sorts = [sort for sort in Sort if sort is not Sort.TAKEN or with_times or asked is sort]
    sort = st.selectbox(
        text.sort_label,
        sorts,
        index=sorts.index(asked),
        format_func=text.sort.__getitem__,
        key="sort-box",
        on_change=_remember_sort,
        label_visibility="collapsed",
        width=_SORT_PX,
    )
    return View(min_score=min_score, top_k=top_k, sort=sort, conditions=asked_conditions(parts))


def keep_view(run_id: str, view: View) -> None:
    """Has the view stay with the run while the page is open."""
    st.session_state[f"view-of-{run_id}"] = view


def view_of(run_id: str) -> View:
    """The line and the order that the run was last seen with on this page."""
    view: View = st.session_state.get(f"view-of-{run_id}", View())
    return view


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
    low: float | None = st.session_state.get(_BAR)
    if low is None:
        return 0.0, 10.0
    high = low + BIN_WIDTH
    return low, high if high >= 10 else round(high - 0.1, 1)


def choose_bar(low: float) -> None:
    """Shows the photos of this bar alone; all of them where it was chosen already."""
    st.session_state[_BAR] = None if st.session_state.get(_BAR) == low else low
    st.session_state["band"] = None


def show_all(parts: Sequence[Query]) -> None:
    """Takes away all that hides photos, and what the query asks of its parts."""
    set_view(View(sort=Sort(st.session_state["sort-box"]), conditions=tuple(map(Condition, parts))))


def set_view(view: View) -> None:
    """Puts the line, the order and the conditions where they are looked for; no band and no bar is chosen."""
    st.session_state["min"], st.session_state["top"] = view.min_score, view.top_k
    st.session_state["sort-box"] = view.sort
    _remember_sort()
    st.session_state[DISTINCT] = view.distinct
    put_files(view.files)
    put_conditions(view.conditions)
    st.session_state[_BAR] = st.session_state["band"] = None


def _forget_bar() -> None:
    st.session_state[_BAR] = None


def _asked_sort() -> Sort:
    asked = st.query_params.get("sort")
    return Sort(asked) if asked in set(Sort) else Sort.SCORE


def _remember_sort() -> None:
    st.query_params["sort"] = st.session_state["sort-box"]
