"""One photo large: the picture, its score and raw answer, its tick, Why? below it, and the way to the next one."""

from collections.abc import Sequence

import streamlit as st

from lychee_rerank.jobs.explanations import Explanation
from lychee_rerank.jobs.job import Job
from lychee_rerank.page.pair_lists import draw_pair, rank_caption
from lychee_rerank.page.picks import picks_of, set_pick
from lychee_rerank.page.visitor import photo_url
from lychee_rerank.records import Look, RankedPhoto
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_OPEN = "large"
_POLL_S = 0.2


def open_large(job_id: str, index: int) -> None:
    """Opens the photo at this place in upload order."""
    st.session_state[_OPEN] = job_id, index


def draw_large(words: Words, service: Service, ranked: Sequence[RankedPhoto], *, job: Job) -> None:
    """Draws the photo that is open, if it is one of these; previous and next follow their order."""
    job_id, index = st.session_state.get(_OPEN, (None, None))
    if job_id == job.id and any(photo.scored.index == index for photo in ranked):
        st.dialog(job.query.text, width="large", on_dismiss=_close)(_draw)(words, service, ranked, job)


def _draw(words: Words, service: Service, ranked: Sequence[RankedPhoto], job: Job) -> None:
    text = words.results
    _, index = st.session_state.get(_OPEN, (None, ranked[0].scored.index))
    order = [photo.scored.index for photo in ranked]
    place = order.index(index) if index in order else 0
    photo, original = ranked[place], job.photos[index]
    url = photo_url(service, original)
    with st.container(key="large"):
        st.image(url, width="stretch", alt=original.name)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="center"):
            _draw_step(text.previous, order, place, by=-1, shortcut="Left")
            st.markdown(f"**{rank_caption(words, job, photo)}**", width="content")
            _draw_step(text.next, order, place, by=1, shortcut="Right")
            if job.run.pairs is None:
                _draw_pick(text.pick, service, job, index)
            st.link_button(text.download, f"{url}?download=1", icon=":material/download:")
        st.text(original.name)
        if job.run.pairs is not None:
            draw_pair(words, job.run.pairs.good[index])
        st.code(photo.scored.score.answer or words.raw_answer_empty, language=None, wrap_lines=True)
        if photo.scored.look is Look.FULL:
            draw_why(words, service, job, index)
        else:
            st.caption(words.results.quick_legend)


# One key for every photo: with a key for each, the button of the last one counts while the next is still being drawn.
def _draw_pick(label: str, service: Service, job: Job, index: int) -> None:
    ticked = index in picks_of(service, job)
    st.button(
        label,
        key="pick-large",
        icon=":material/check_box:" if ticked else ":material/check_box_outline_blank:",
        shortcut="Space",
        on_click=_toggle_pick,
        args=(service, job),
    )


def _toggle_pick(service: Service, job: Job) -> None:
    job_id, index = st.session_state.get(_OPEN, (None, None))
    if job_id == job.id:
        set_pick(service, job, index, ticked=index not in picks_of(service, job))


def _draw_step(label: str, order: Sequence[int], place: int, *, by: int, shortcut: str) -> None:
    st.button(
        label,
        key=f"step-{shortcut}",
        disabled=not 0 <= place + by < len(order),
        shortcut=shortcut,
        on_click=_step,
        args=(order, by),
        type="tertiary",
    )


def _step(order: Sequence[int], by: int) -> None:
    """Opens the photo that comes so many places after the one that is open, where there is one."""
    job_id, index = st.session_state.get(_OPEN, (None, None))
    place = order.index(index) + by if index in order else -1
    if 0 <= place < len(order):
        open_large(job_id, order[place])


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def draw_why(words: Words, service: Service, job: Job, index: int) -> None:
    """The explanation of the photo's score, or a button that asks for it; returns once it is whole."""
    text = words.results
    explanation = service.worker.explanations.find(job, index)
    ask = explanation is None or explanation.progress().failed
    if ask and st.button(text.why, icon=":material/help:", key="why", help=text.why_help):
        explanation = service.worker.explain(job, index, again=True)
    if explanation is not None:
        _draw_explanation(words, explanation)


def _draw_explanation(words: Words, explanation: Explanation) -> None:
    """The text as it grows, then the whole, or what kept the model from it."""
    place = st.empty()
    while not explanation.wait(_POLL_S):
        place.text(f"{explanation.progress().text or words.results.why_waiting} …")
    progress = explanation.progress()
    if progress.refusal is not None:
        place.warning(words.refusal(progress.refusal))
    elif progress.error is not None:
        place.error(words.failure(progress.error))
    else:
        place.text(progress.text)
