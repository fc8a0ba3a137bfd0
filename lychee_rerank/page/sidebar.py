"""The sidebar: the query box and the button, and no third."""

import streamlit as st

from lychee_rerank.words import Words


def draw_sidebar(words: Words) -> tuple[str, bool]:
    """The query as typed, and whether the button was clicked in this script run."""
    with st.sidebar:
        query = st.text_area(
            words.query_label, key="query", placeholder=words.query_placeholder, height=140, persist_state="session"
        )
        clicked = st.button(words.rerank, key="rerank", type="primary", shortcut="Ctrl+Enter", width="stretch")
    return query or "", clicked
