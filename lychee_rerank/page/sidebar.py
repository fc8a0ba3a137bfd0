"""The sidebar: the example where there is one, the query box and the button, and no more."""

import streamlit as st

from lychee_rerank.page.example import chosen_example, forget_example, forget_refusal, refusal_told
from lychee_rerank.page.query_box import listen_at_query_box
from lychee_rerank.page.thumbnails import draw_example
from lychee_rerank.query import Example
from lychee_rerank.service import Service
from lychee_rerank.words import Words


def draw_sidebar(words: Words, service: Service) -> tuple[str, Example | None, bool]:
    """The query as typed, its example, and whether the button was clicked in this script run."""
    example = chosen_example(service)
    with st.sidebar:
        if example is not None:
            _draw_example(words, service, example)
        _draw_refused(words)
        query = st.text_area(
            words.query_label,
            key="query",
            placeholder=words.like.placeholder if example else words.query_placeholder,
            height=140,
            persist_state="session",
        )
        clicked = st.button(
            words.rerank,
            key="rerank",
            type="primary",
            shortcut="Ctrl+Enter",
            on_click=forget_refusal,
            width="stretch",
        )
    listen_at_query_box(service)
    return query or "", example, clicked


def _draw_example(words: Words, service: Service, example: Example) -> None:
    """The picture, and a cross that takes it away."""
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall", key="like"):
        draw_example(service, example)
        st.button(
            words.like.remove, key="like-remove", icon=":material/close:", type="tertiary", on_click=forget_example
        )


def _draw_refused(words: Words) -> None:
    told = refusal_told()
    if told is not None:
        with st.container(key="like-refused"):
            st.warning(told(words))
