"""Photos on the page: the gallery before a run, the ranked grid, the refused ones."""

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from lychee_rerank.records import Photo, RankedPhoto, Refusal, Rule
from lychee_rerank.spool import Spool
from lychee_rerank.words import Words

PHOTOS_PER_PAGE = 60
T = TypeVar("T")

_COLUMNS, _MIN_COLUMN_PX = 3, 240


def draw_preview(spool: Spool, photos: Sequence[Photo]) -> None:
    """The gallery in upload order, small."""
    with st.container(key="preview"):
        with st.grid(6, min_column_width=96, gap="xsmall"):
            for photo in _page_of(photos, key="preview-page"):
                _draw_thumbnail(spool, photo)


def draw_results(words: Words, spool: Spool, ranked: Sequence[RankedPhoto], photos: Sequence[Photo]) -> None:
    """The ranked photos, best first, with score and raw answer; `photos` are in upload order."""
    with st.container(key="results"):
        with st.grid(_COLUMNS, min_column_width=_MIN_COLUMN_PX):
            for photo in _page_of(ranked, key="results-page"):
                place = "first" if photo.rank == 1 else str(photo.rank)
                with st.container(border=True, key=f"photo-{place}", gap="xsmall"):
                    _draw_thumbnail(spool, photos[photo.scored.index])
                    _draw_caption(words, photo)


def draw_refusals(words: Words, refused: Sequence[Refusal]) -> None:
    """The refused photos with a plain reason each."""
    if refused:
        with st.expander(words.refused_title.format(n=len(refused)), expanded=len(refused) < 10, key="refused"):
            for refusal in refused:
                st.text(f"{refusal.name}: {words.refusal(refusal)}")


def _draw_caption(words: Words, photo: RankedPhoto) -> None:
    score = photo.scored.score
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.caption.format(rank=photo.rank, score=score.value)}**", width="stretch")
        st.text(photo.scored.name, width="content")
    if score.rule is Rule.NONE:
        st.markdown(words.no_number)
    with st.expander(words.raw_answer, key=f"raw-{photo.scored.index}", type="compact"):
        st.code(score.answer or words.raw_answer_empty, language=None, wrap_lines=True)
        st.caption(words.rule[score.rule])


def _draw_thumbnail(spool: Spool, photo: Photo) -> None:
    content = spool.thumbnail(photo)
    if content is None:
        st.text(photo.name)
    else:
        st.image(content, width="stretch", alt=photo.name)


def _page_of(photos: Sequence[T], *, key: str) -> Sequence[T]:
    """The part of a long list that is on the page that the user chose."""
    pages = -(-len(photos) // PHOTOS_PER_PAGE)
    if pages < 2:
        return photos
    page = st.pagination(pages, key=key)
    return photos[(page - 1) * PHOTOS_PER_PAGE : page * PHOTOS_PER_PAGE]
