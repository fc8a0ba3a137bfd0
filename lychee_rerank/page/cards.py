"""Photos on the page: small ones in upload order, and ranked ones with score, tick and raw answer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import streamlit as st

from lychee_rerank.jobs.job import Job
from lychee_rerank.model.demo_vocabulary import MIN_LABEL_MASS
from lychee_rerank.page.example import choose_example, draw_mark, draw_more_like
from lychee_rerank.page.large_view import open_large
from lychee_rerank.page.near_copies import Others, draw_others
from lychee_rerank.page.pair_lists import draw_pair, rank_caption
from lychee_rerank.page.picks import draw_pick
from lychee_rerank.page.stars import draw_given
from lychee_rerank.page.thumbnails import draw_small_thumbnail, draw_thumbnail
from lychee_rerank.records import Look, Photo, RankedPhoto, Rule, Score
from lychee_rerank.service import Service
from lychee_rerank.words import Words

PHOTOS_PER_PAGE = 60
_CUT = '<div class="cliff" role="separator">{text}</div>'
_COLUMNS, _MIN_COLUMN_PX = 3, 240
_PREVIEW_COLUMNS, _MIN_PREVIEW_PX = 6, 96
_THUMBNAIL_THREADS = 4  # decoding releases the interpreter

Shown = TypeVar("Shown")


def draw_preview(service: Service, photos: Sequence[Photo]) -> None:
    """The gallery in upload order, small."""
    with st.container(key="preview"):
        page = page_of(photos, key="preview-page")
        with ThreadPoolExecutor(_THUMBNAIL_THREADS) as threads:
            list(threads.map(service.uploads.thumbnail, page))
        with st.grid(_PREVIEW_COLUMNS, min_column_width=_MIN_PREVIEW_PX, gap="xsmall"):
            for photo in page:
                draw_small_thumbnail(service, photo)


def draw_cards(
    words: Words,
    service: Service,
    ranked: Sequence[RankedPhoto],
    *,
    job: Job,
    above: int = 0,
    others: Others | None = None,
) -> None:
    """A card per photo, the first of the ranking framed; so many cards stand `above` on the page.

    Behind one that is the best of several stand the `others`.

    A card's key is its place: by its rank it would jump where ranks change and the order does not.
    """
    with st.grid(_COLUMNS, min_column_width=_MIN_COLUMN_PX):
        for place, photo in enumerate(ranked, start=above + 1):
            key = "photo-first" if photo.rank == 1 and job.run.pairs is None else f"photo-{place}"
            with st.container(border=True, key=key, gap="xsmall"):
                draw_thumbnail(service, job.photos[photo.scored.index])
                _draw_caption(words, service, photo, job=job)
                near = (others or {}).get(photo.scored.index)
                if near:
                    draw_others(words, service, job, photo, near)


def draw_cut(text: str) -> None:
    """A line between the cards above and those below, with its reason."""
    st.html(_CUT.format(text=text))


def page_of(photos: Sequence[Shown], *, key: str) -> Sequence[Shown]:
    """The part of a long list that is on the page that the user chose."""
    pages = -(-len(photos) // PHOTOS_PER_PAGE)
    if pages < 2:
        return photos
    page = st.pagination(pages, key=key)
    return photos[(page - 1) * PHOTOS_PER_PAGE : page * PHOTOS_PER_PAGE]


def lies_outside(score: Score) -> bool:
    """True where the demo model gave labels little probability."""
    return score.label_mass < MIN_LABEL_MASS


def _draw_caption(words: Words, service: Service, photo: RankedPhoto, *, job: Job) -> None:
    score, index = photo.scored.score, photo.scored.index
    with st.container(horizontal=True, vertical_alignment="center"):
        caption = rank_caption(words, job, photo)
        st.markdown(f"**{caption}**" if photo.scored.look is Look.FULL else caption, width="stretch")
        if job.run.pairs is None:
            draw_given(words, service, job, index)
        draw_mark(words, job, photo.scored)
        st.text(photo.scored.name, width="content")
    if job.run.pairs is not None:
        with st.container(key=f"text-{index}", gap="xsmall"):
            draw_pair(words, job.run.pairs.good[index])
    if photo.tied:
        st.caption(words.tied)
    if score.rule is Rule.NONE:
        st.markdown(words.no_number)
    if job.demo and lies_outside(score):
        st.caption(words.demo_outside)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if job.run.pairs is None:
            draw_pick(words, service, job, index)
            choose = partial(choose_example, service, job.photos[index])
            draw_more_like(words, key=f"like-{job.id}-{index}", choose=choose)
        args = (job.id, index)
        st.button(
            words.results.open_large, key=f"large-{job.id}-{index}", type="tertiary", on_click=open_large, args=args
        )
    with st.expander(words.raw_answer, key=f"raw-{job.id}-{index}", type="compact"):
        st.code(score.answer or words.raw_answer_empty, language=None, wrap_lines=True)
        reading = words.reading.format(rule=words.rule[score.rule], expected=score.expected, mass=score.label_mass)
        st.caption(reading if score.raw is None else f"{reading} · {words.results.raw_score.format(raw=score.raw)}")
