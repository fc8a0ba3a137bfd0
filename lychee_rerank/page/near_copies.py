"""What a photo stands for that is the best of several near-copies: a button on its card that opens the others."""

from collections.abc import Mapping, Sequence

import streamlit as st

from lychee_rerank.jobs.job import Job
from lychee_rerank.page.example import draw_mark
from lychee_rerank.page.large_view import open_large
from lychee_rerank.page.pair_lists import rank_caption
from lychee_rerank.page.thumbnails import draw_small_thumbnail
from lychee_rerank.records import RankedPhoto
from lychee_rerank.service import Service
from lychee_rerank.words import Words

Others = Mapping[int, Sequence[RankedPhoto]]  # the near-copies of a photo, by its place in upload order

_MOST = 60  # that are shown; a burst of more can be seen without the switch
_COLUMNS, _MIN_COLUMN_PX, _WIDTH_PX = 3, 110, 400


def draw_others(words: Words, service: Service, job: Job, photo: RankedPhoto, others: Sequence[RankedPhoto]) -> None:
    """A button that says how many there are; the others, best first, are drawn once it is clicked."""
    label, index = words.results.best_of.format(n=len(others) + 1), photo.scored.index
    box = st.popover(label, key=f"others-{job.id}-{index}", type="tertiary", on_change="rerun")
    if not box.open:
        return
    with box, st.container(width=_WIDTH_PX), st.grid(_COLUMNS, min_column_width=_MIN_COLUMN_PX, gap="xsmall"):
        for other in others[:_MOST]:
            place = other.scored.index
            with st.container(gap="xsmall"):
                draw_small_thumbnail(service, job.photos[place])
                draw_mark(words, job, other.scored)
                label, args = rank_caption(words, job, other), (job.id, place)
                st.button(label, key=f"open-{job.id}-{place}", type="tertiary", on_click=open_large, args=args)


def line_up(chosen: Sequence[RankedPhoto], others: Others, index: int | None) -> Sequence[RankedPhoto]:
    """What is stepped through from the photo at this place: the chosen ones, or its near-copies where it is no such."""
    for photo in chosen:
        near = others.get(photo.scored.index, ())
        if any(other.scored.index == index for other in near):
            return photo, *near
    return chosen
