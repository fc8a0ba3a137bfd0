"""The photos of a run that the user ticked; they last as long as the page is open."""

from collections.abc import Iterable

import streamlit as st

from lychee_rerank.jobs import Job


def picks_of(job: Job) -> frozenset[int]:
    """The places in upload order of the photos that are ticked."""
    return st.session_state.get(_key(job), frozenset())


def draw_pick(label: str, job: Job, index: int, *, where: str, shortcut_help: str | None = None) -> None:
    """A tick for one photo; `where` tells two ticks of one photo apart."""
    key = f"pick-{where}-{job.id}-{index}"
    st.session_state[key] = index in picks_of(job)
    st.checkbox(label, key=key, on_change=toggle_pick, args=(job, index), help=shortcut_help, width="content")


def toggle_pick(job: Job, index: int) -> None:
    """Ticks a photo, or takes its tick away."""
    set_picks(job, picks_of(job) ^ {index})


def set_picks(job: Job, indices: Iterable[int]) -> None:
    """Ticks these and no others."""
    st.session_state[_key(job)] = frozenset(indices)


def _key(job: Job) -> str:
    return f"picks-{job.id}"
