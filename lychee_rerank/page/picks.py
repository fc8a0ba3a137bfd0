"""The photos of a run that the user ticked, kept with the run.

A checkbox reports what it shows, and not only when somebody clicks: Streamlit drops the state of one that was not
drawn and then takes the browser's report for news. So a report sets its photo's tick to what the user gave it and
never turns it over, and counts only while it comes from the checkbox that stands for the photo now.
"""

import logging
import secrets
from collections.abc import Set
from dataclasses import dataclass

import streamlit as st

from lychee_rerank.errors import StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.results.ranking import Results
from lychee_rerank.results.selection import Selection, View
from lychee_rerank.service import Service
from lychee_rerank.words import Words

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Box:
    """A checkbox under a key that no other ever had, and whether it is ticked."""

    key: str
    ticked: bool


def picks_of(service: Service, job: Job) -> frozenset[int]:
    """The places in upload order of the photos that are ticked, here or in another tab."""
    try:
        return service.store.picks.of(job.id)
    except StorageFailed as error:
        log.error("picks cannot be read: %s", error)
        return frozenset()


def draw_pick(words: Words, service: Service, job: Job, index: int) -> None:
    """A tick for one photo; a new checkbox where the tick was changed by anything but this one."""
    boxes, ticked = _boxes(job), index in picks_of(service, job)
    box = boxes.get(index)
    if box is None or box.ticked is not ticked:
        box = boxes[index] = _Box(f"pick-{secrets.token_hex(8)}", ticked)
    args = (service, job, index, box.key)
    st.checkbox(words.results.pick, box.ticked, key=box.key, on_change=_take_report, args=args, width="content")


def draw_picks(words: Words, service: Service, job: Job, results: Results, view: View) -> None:
    """How many are ticked, and ticks for whole parts of the results."""
    text, picks = words.results, picks_of(service, job)
    labels = {Selection.SHOWN: text.pick_shown, Selection.ABOVE: text.pick_above, Selection.BELOW: text.pick_below}
    with st.popover(text.picks.format(n=len(picks)), icon=":material/check_box:", key="picks-box"):
        for selection, label in labels.items():
            photos = view.take(results, selection)
            indices = frozenset(photo.scored.index for photo in photos)
            _draw_change(service, job, f"{label} · {len(photos)}", key=selection, picks=picks, wanted=indices)
        _draw_change(service, job, text.pick_none, key="none", picks=picks, wanted=frozenset())


def _draw_change(service: Service, job: Job, label: str, *, key: str, picks: Set[int], wanted: Set[int]) -> None:
    """A button that makes the wanted picks of those that the user sees."""
    change = {"add": wanted - picks, "remove": picks - wanted}
    change_picks = service.store.picks.change
    st.button(label, key=f"pick-{key}", on_click=change_picks, args=(job.id,), kwargs=change, width="stretch")


def set_pick(service: Service, job: Job, index: int, *, ticked: bool) -> None:
    """Ticks a photo, or takes its tick away."""
    places = {index}
    service.store.picks.change(job.id, add=places if ticked else (), remove=() if ticked else places)


def _take_report(service: Service, job: Job, index: int, key: str) -> None:
    boxes = _boxes(job)
    if boxes[index].key == key:
        boxes[index] = _Box(key, st.session_state[key])
        set_pick(service, job, index, ticked=boxes[index].ticked)


def _boxes(job: Job) -> dict[int, _Box]:
    """The checkboxes of this tab, by the places of their photos in upload order."""
    boxes: dict[int, _Box] = st.session_state.setdefault(f"boxes-of-{job.id}", {})
    return boxes
