"""The page, read top to bottom: words, query, gallery, lists, run, results."""

import streamlit as st

from lychee_rerank.page.cards import draw_preview
from lychee_rerank.page.gallery import draw_gallery
from lychee_rerank.page.header import TITLE, draw_header, draw_model, draw_notices
from lychee_rerank.page.pair_lists import draw_lists
from lychee_rerank.page.past_runs import draw_past_runs
from lychee_rerank.page.places import draw_skip_link
from lychee_rerank.page.process import open_shared
from lychee_rerank.page.recall import recall_run
from lychee_rerank.page.run import draw_run, find_run, start_moderation, start_run, watch_other_runs
from lychee_rerank.page.sidebar import draw_sidebar
from lychee_rerank.page.style import draw_style

st.set_page_config(page_title=TITLE, page_icon="🍒", layout="wide")
shared = open_shared()
recall_run(shared)
skip = st.empty()
words, head = draw_header()
draw_style(words)
with skip:
    draw_skip_link(words)
query, clicked = draw_sidebar(words)
draw_notices(words, shared, query)
photos, lists = draw_gallery(words, shared)
chosen = draw_lists(words, shared, lists, photos)

if clicked:
    start_run(words, shared, query=query, photos=photos)
elif chosen is not None:
    start_moderation(words, shared, chosen.name, chosen.pairs)
job = find_run(words, shared)
if job is None:
    watch_other_runs(words, shared)
    draw_preview(shared, photos)
else:
    draw_run(words, shared, job)
with head:
    draw_past_runs(words, shared)
draw_model(words, shared)
