"""One photo large: the picture, its score and raw answer, its tick and stars, Why? below, the way to the next."""

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lychee_rerank.facts import PhotoFacts
from lychee_rerank.jobs.explanations import Explanation
from lychee_rerank.jobs.job import Job
from lychee_rerank.page.example import choose_example, draw_mark, draw_more_like
from lychee_rerank.page.file_controls import describe_facts
from lychee_rerank.page.keys import draw_keys
from lychee_rerank.page.pair_lists import draw_pair, rank_caption
from lychee_rerank.page.picks import picks_of, set_pick
from lychee_rerank.page.stars import draw_given, draw_star_buttons
from lychee_rerank.page.thumbnails import draw_photo
from lychee_rerank.page.visitor import photo_url
from lychee_rerank.records import Look, RankedPhoto
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_OPEN = "large"
_POLL_S = 0.2
_SIDE_PX = 330  # beside the photo; below it where there is no room


def open_large(job_id: str, index: int) -> None:
    """Opens the photo at this place in upload order."""
    st.session_state[_OPEN] = job_id, index


def draw_large(words: Words, service: Service, ranked: Sequence[RankedPhoto], *, job: Job) -> None:
    """Draws the photo that is open, if it is one of these; previous and next follow their order."""
    job_id, index = st.session_state.get(_OPEN, (None, None))
    if job_id == job.id and any(photo.scored.index == index for photo in ranked):
        st.dialog(words.like.asked(job.query), width="large", on_dismiss=_close)(_draw)(words, service, ranked, job)


def _draw(words: Words, service: Service, ranked: Sequence[RankedPhoto], job: Job) -> None:
    text = words.results
    _, index = st.session_state.get(_OPEN, (None, ranked[0].scored.index))
    order = [photo.scored.index for photo in ranked]
    place = order.index(index) if index in order else 0
    photo, original = ranked[place], job.photos[index]
    url, facts = photo_url(service, original), _facts_of(service, photo)
    with st.container(horizontal=True, key="large"):
        with st.container(key="large-photo"):
            draw_photo(service, original, facts)
        with st.container(width=_SIDE_PX, gap="small", key="large-side"):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                _draw_step(text.previous, order, place, by=-1, shortcut="Left")
                st.markdown(f"**{rank_caption(words, job, photo)}**", width="content")
                _draw_step(text.next, order, place, by=1, shortcut="Right")
            with st.container(gap="xxsmall"):
                st.text(original.name)
                for line in describe_facts(facts) if facts else ():
                    st.caption(line)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                if job.run.pairs is None:
                    _draw_pick(text.pick, service, job, index)
                st.link_button(text.download, f"{url}?download=1", icon=":material/download:")
                draw_keys(words, marks=job.run.pairs is None)
            if job.run.pairs is None:
                draw_star_buttons(words, service, job, index, opened=lambda: opened(job))
                draw_mark(words, job, photo.scored)
                draw_given(words, service, job, index)
            else:
                draw_pair(words, job.run.pairs.good[index])
            st.code(photo.scored.score.answer or words.raw_answer_empty, language=None, wrap_lines=True)
            buttons = st.container(horizontal=True, gap="small")
            if job.run.pairs is None:
                with buttons:
                    draw_more_like(words, key="like-large", choose=partial(_choose_opened, service, job), bordered=True)
            if photo.scored.look is Look.FULL:
                draw_why(words, service, job, index, buttons=buttons)
            else:
                st.caption(words.results.quick_legend)


def _facts_of(service: Service, photo: RankedPhoto) -> PhotoFacts | None:
    photo_hash = photo.scored.photo_hash
    return service.store.facts.of([photo_hash]).get(photo_hash)


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
    index = opened(job)
    if index is not None:
        set_pick(service, job, index, ticked=index not in picks_of(service, job))


def opened(job: Job) -> int | None:
    """The photo of this run that is open by now; None where none is."""
    job_id, index = st.session_state.get(_OPEN, (None, None))
    return index if job_id == job.id else None


def _choose_opened(service: Service, job: Job) -> None:
    """Makes the photo that is open by now the example of the next question; the page comes back into view."""
    index = opened(job)
    if index is not None:
        _close()
        choose_example(service, job.photos[index])


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


def draw_why(words: Words, service: Service, job: Job, index: int, *, buttons: DeltaGenerator) -> None:
    """The explanation of the photo's score, or among the `buttons` one that asks for it; returns once it is whole."""
    text = words.results
    explanation = service.worker.explanations.find(job, index)
    ask = explanation is None or explanation.progress().failed
    if ask and buttons.button(text.why, icon=":material/help:", key="why", help=text.why_help):
        explanation = service.worker.explain(job, index, again=True, language=words.like.language)
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
