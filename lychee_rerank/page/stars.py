"""Stars that the user gives by hand, and what is rejected: buttons with keys in the large view, kept with the run.

A button that says what is given already takes it away again, as in other photo programs.
"""

import logging
from collections.abc import Callable
from html import escape

import streamlit as st

from lychee_rerank.errors import StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.records import StarsByHand
from lychee_rerank.service import Service
from lychee_rerank.words import Words

log = logging.getLogger(__name__)

MOST_STARS = 5
_FULL, _EMPTY, _NONE, _REJECT = "★☆∅✕"  # what is seen of a button where there is no room for its words
_GIVEN = '<span class="given" role="img" aria-label="{name}">{stars}</span>'
_REJECTED = '<span class="rejected">{text}</span>'

Opened = Callable[[], int | None]  # the place in upload order of the photo that is open by now


def stars_of(service: Service, job: Job) -> StarsByHand:
    """What was given, here or in another tab."""
    try:
        return service.store.stars.of(job.id)
    except StorageFailed as error:
        log.error("stars cannot be read: %s", error)
        return StarsByHand()


def draw_given(words: Words, service: Service, job: Job, index: int) -> None:
    """The stars of one photo, or that it is rejected, which dims its picture; nothing where nothing was given."""
    by_hand = stars_of(service, job)
    if index in by_hand.rejected:
        st.html(_REJECTED.format(text=escape(words.results.rejected)), width="content")
    elif stars := by_hand.stars.get(index):
        st.html(_GIVEN.format(name=escape(words.results.stars[stars]), stars=_FULL * stars), width="content")


def draw_star_buttons(words: Words, service: Service, job: Job, index: int, *, opened: Opened) -> None:
    """A button for one to five stars each, for none, and for a rejection, under the same keys for every photo.

    With a key for each photo the button of the last one would count while the next is still being drawn.
    """
    text, by_hand = words.results, stars_of(service, job)
    given = by_hand.stars.get(index, 0)
    with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall", key="stars"):
        for stars in range(1, MOST_STARS + 1):
            label = f"{_FULL if stars <= given else _EMPTY} {text.stars[stars]}"
            _draw_button(label, str(stars), _give, args=(service, job, opened, stars))
        _draw_button(f"{_NONE} {text.stars[0]}", "0", _take_back, args=(service, job, opened))
        label = text.rejected if index in by_hand.rejected else text.reject
        _draw_button(f"{_REJECT} {label}", "X", _reject, args=(service, job, opened))


def _draw_button(label: str, shortcut: str, on_click: Callable[..., None], *, args: tuple[object, ...]) -> None:
    key = f"stars-{shortcut}"
    st.button(label, key=key, shortcut=shortcut, type="tertiary", on_click=on_click, args=args, width="content")


def _give(service: Service, job: Job, opened: Opened, stars: int) -> None:
    index = opened()
    if index is None:
        return
    if stars_of(service, job).stars.get(index) == stars:
        service.store.stars.take_back(job.id, index)
    else:
        service.store.stars.give(job.id, index, stars=stars)


def _take_back(service: Service, job: Job, opened: Opened) -> None:
    index = opened()
    if index is not None:
        service.store.stars.take_back(job.id, index)


def _reject(service: Service, job: Job, opened: Opened) -> None:
    index = opened()
    if index is None:
        return
    if index in stars_of(service, job).rejected:
        service.store.stars.take_back(job.id, index)
    else:
        service.store.stars.reject(job.id, index)
