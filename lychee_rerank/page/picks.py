"""The photos of a run that the user ticked, kept with the run."""

import logging
from collections.abc import Iterable, Sequence

import streamlit as st

from lychee_rerank.errors import StorageFailed
from lychee_rerank.jobs import Job
from lychee_rerank.page.process import Shared
from lychee_rerank.records import RankedPhoto
from lychee_rerank.view import Part, View
from lychee_rerank.words import Words

log = logging.getLogger(__name__)


def picks_of(shared: Shared, job: Job) -> frozenset[int]:
    """The places in upload order of the photos that are ticked."""
    key = _key(job)
    if key not in st.session_state:
        try:
            st.session_state[key] = shared.store.picks.of(job.id)
        except StorageFailed as error:
            log.error("picks cannot be read: %s", error)
    picks: frozenset[int] = st.session_state.get(key, frozenset())
    return picks


def draw_pick(words: Words, shared: Shared, job: Job, index: int) -> None:
    """A tick for one photo."""
    key = f"pick-{job.id}-{index}"
    st.session_state[key] = index in picks_of(shared, job)
    st.checkbox(words.results.pick, key=key, on_change=toggle_pick, args=(shared, job, index), width="content")


def draw_picks(words: Words, shared: Shared, job: Job, ranked: Sequence[RankedPhoto], view: View) -> None:
    """How many are ticked, and ticks for whole parts of the results."""
    told = words.results
    labels = {Part.SHOWN: told.pick_shown, Part.ABOVE: told.pick_above, Part.BELOW: told.pick_below}
    with st.popover(told.picks.format(n=len(picks_of(shared, job))), icon=":material/check_box:", key="picks-box"):
        for part, label in labels.items():
            photos = view.take(ranked, part)
            indices = frozenset(photo.scored.index for photo in photos)
            label = f"{label} · {len(photos)}"
            st.button(label, key=f"pick-{part}", on_click=_set_picks, args=(shared, job, indices), width="stretch")
        st.button(told.pick_none, key="pick-none", on_click=_set_picks, args=(shared, job, ()), width="stretch")


def toggle_pick(shared: Shared, job: Job, index: int) -> None:
    """Ticks a photo, or takes its tick away."""
    _set_picks(shared, job, picks_of(shared, job) ^ {index})


def _set_picks(shared: Shared, job: Job, indices: Iterable[int]) -> None:
    before, now = picks_of(shared, job), frozenset(indices)
    shared.store.picks.change(job.id, add=now - before, remove=before - now)
    st.session_state[_key(job)] = now


def _key(job: Job) -> str:
    return f"picks-{job.id}"
