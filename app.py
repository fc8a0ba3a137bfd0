"""The page, read top to bottom: words, query, gallery, lists, run, results."""

import streamlit as st

from lychee_rerank.page.cards import draw_preview
from lychee_rerank.page.gallery import draw_gallery
from lychee_rerank.page.header import TITLE, draw_header, draw_model, draw_notices
from lychee_rerank.page.pair_lists import draw_lists
from lychee_rerank.page.past_runs import draw_past_runs
from lychee_rerank.page.places import draw_skip_link
from lychee_rerank.page.query_box import draw_query_box_uploader
from lychee_rerank.page.recall import recall_run
from lychee_rerank.page.run import draw_run, find_run, start_moderation, start_run, watch_other_runs
from lychee_rerank.page.sidebar import draw_sidebar
from lychee_rerank.page.style import draw_style
from lychee_rerank.service import open_service

st.set_page_config(page_title=TITLE, page_icon="🍒", layout="wide")
service = open_service()
recall_run(service)
skip = st.empty()
words, notice, head = draw_header()
draw_style(words)
with skip:
    draw_skip_link(words)
query, example, clicked = draw_sidebar(words, service)
draw_notices(words, service, query, like=example is not None, line=notice)
gallery = draw_gallery(words, service)
chosen = draw_lists(words, service, gallery.lists, gallery.photos)

if clicked:
    start_run(words, service, query=query, example=example, gallery=gallery)
elif chosen is not None:
    start_moderation(words, service, chosen.name, chosen.pairs)
job = find_run(words, service)
if job is None:
    watch_other_runs(words, service)
    draw_preview(service, gallery.photos)
else:
    draw_run(words, service, job)
with head:
    draw_past_runs(words, service)
draw_model(words, service)
draw_query_box_uploader(words, service)
