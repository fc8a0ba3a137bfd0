"""The photos of a run that the user ticked; they last as long as the page is open."""

from collections.abc import Iterable, Sequence

import streamlit as st

from lychee_rerank.jobs import Job
from lychee_rerank.records import RankedPhoto
from lychee_rerank.view import Part, View
from lychee_rerank.words import Words


def picks_of(job: Job) -> frozenset[int]:
    """The places in upload order of the photos that are ticked."""
    picks: frozenset[int] = st.session_state.get(_key(job), frozenset())
    return picks


def draw_pick(words: Words, job: Job, index: int) -> None:
    """A tick for one photo."""
    key = f"pick-{job.id}-{index}"
    st.session_state[key] = index in picks_of(job)
    st.checkbox(words.results.pick, key=key, on_change=toggle_pick, args=(job, index), width="content")


def draw_picks(words: Words, job: Job, ranked: Sequence[RankedPhoto], view: View) -> None:
    """How many are ticked, and ticks for whole parts of the results."""
    told = words.results
    labels = {Part.SHOWN: told.pick_shown, Part.ABOVE: told.pick_above, Part.BELOW: told.pick_below}
    with st.popover(told.picks.format(n=len(picks_of(job))), icon=":material/check_box:", key="picks-box"):
        for part, label in labels.items():
            photos = view.take(ranked, part)
            indices = frozenset(photo.scored.index for photo in photos)
            label = f"{label} · {len(photos)}"
            st.button(label, key=f"pick-{part}", on_click=_set_picks, args=(job, indices), width="stretch")
        st.button(told.pick_none, key="pick-none", on_click=_set_picks, args=(job, ()), width="stretch")


def toggle_pick(job: Job, index: int) -> None:
    """Ticks a photo, or takes its tick away."""
    _set_picks(job, picks_of(job) ^ {index})


def _set_picks(job: Job, indices: Iterable[int]) -> None:
    st.session_state[_key(job)] = frozenset(indices)


def _key(job: Job) -> str:
    return f"picks-{job.id}"
