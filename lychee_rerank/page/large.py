"""One photo large: the picture itself, its score and raw answer, its tick, and the way to the next one."""

from collections.abc import Sequence

import streamlit as st

from lychee_rerank.jobs import Job
from lychee_rerank.page.picks import picks_of, toggle_pick
from lychee_rerank.page.process import Shared
from lychee_rerank.records import RankedPhoto
from lychee_rerank.words import Words

_OPEN = "large"


def open_large(job: Job, index: int) -> None:
    """Opens the photo at this place in upload order."""
    st.session_state[_OPEN] = job.id, index


def draw_large(words: Words, shared: Shared, ranked: Sequence[RankedPhoto], *, job: Job) -> None:
    """Draws the photo that is open, if it is one of these; previous and next follow their order."""
    job_id, index = st.session_state.get(_OPEN, (None, None))
    if job_id == job.id and any(photo.scored.index == index for photo in ranked):
        st.dialog(job.photos[index].name, width="large", on_dismiss=_close)(_draw)(words, shared, ranked, job)


def _draw(words: Words, shared: Shared, ranked: Sequence[RankedPhoto], job: Job) -> None:
    _, index = st.session_state.get(_OPEN, (None, ranked[0].scored.index))
    place = next((n for n, photo in enumerate(ranked) if photo.scored.index == index), 0)
    photo, original = ranked[place], job.photos[index]
    score = photo.scored.score
    with st.container(key="large"):
        st.image(shared.photo_url(original), width="stretch", alt=original.name)
        with st.container(horizontal=True, vertical_alignment="center"):
            _draw_step(words.previous, job, ranked, place - 1, shortcut="Left")
            st.markdown(f"**{words.caption.format(rank=photo.rank, score=score.value)}**", width="content")
            _draw_step(words.next, job, ranked, place + 1, shortcut="Right")
            picked = index in picks_of(job)
            st.button(
                words.unpick if picked else words.pick,
                key="pick-large",
                type="primary" if picked else "secondary",
                shortcut="Space",
                on_click=toggle_pick,
                args=(job, index),
            )
            st.link_button(words.download, f"{shared.photo_url(original)}?download=1", icon=":material/download:")
        st.text(original.name)
        st.code(score.answer or words.raw_answer_empty, language=None, wrap_lines=True)


def _draw_step(label: str, job: Job, ranked: Sequence[RankedPhoto], place: int, *, shortcut: str) -> None:
    there = 0 <= place < len(ranked)
    index = ranked[place].scored.index if there else 0
    st.button(label, key=f"step-{shortcut}", disabled=not there, shortcut=shortcut, on_click=open_large, args=(job, index))


def _close() -> None:
    st.session_state.pop(_OPEN, None)
