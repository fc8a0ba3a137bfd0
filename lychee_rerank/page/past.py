"""The runs of before: a line each, opened at once without the model, or deleted for good."""

import time

import streamlit as st

from lychee_rerank.errors import StorageFailed
from lychee_rerank.jobs import Job
from lychee_rerank.page.process import Shared, owner
from lychee_rerank.page.run import find_job, write_query
from lychee_rerank.store.runs import PastRun
from lychee_rerank.words import Words

_LISTED = 30
_THUMBNAIL_PX = 64


def draw_past_runs(words: Words, shared: Shared, *, shown: Job | None) -> None:
    """Lists the owner's runs that have ended but for the shown one; says where they are kept and for how long."""
    try:
        past = shared.store.runs.past(owner(), most=_LISTED)
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    runs = [run for run in past if shown is None or run.id != shown.id]
    if not runs:
        return
    with st.expander(words.past_runs.format(n=len(runs)), key="past"):
        days = shared.settings.keep_days
        kept = words.kept_days.format(n=days) if days else words.kept_not
        st.caption(words.kept_where.format(folder=shared.data.path, time=kept))
        for run in runs:
            _draw_line(words, shared, run)


def _draw_line(words: Words, shared: Shared, run: PastRun) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"past-{run.id}"):
        thumbnail = shared.thumbnail_url(run.best) if run.best else None
        if run.best and thumbnail:
            st.image(thumbnail, width=_THUMBNAIL_PX, alt=run.best.name)
        st.text(run.query, width="stretch")
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.begun_s))
        st.caption(f"{words.photos(run.photos)} · {when}", width="content")
        st.button(words.open_run, key=f"open-{run.id}", on_click=_open, args=(shared, run.id))
        st.button(words.clear_run, key=f"clear-{run.id}", on_click=_clear, args=(words, shared, run))


def _open(shared: Shared, run_id: str) -> None:
    st.query_params["run"] = run_id
    job = find_job(shared, run_id)
    if job is not None:
        write_query(job)


def _clear(words: Words, shared: Shared, run: PastRun) -> None:
    """Deletes the run; the page turns away from it, and from a gallery that went with it."""
    shared.worker.book.forget(run.id)
    gallery_id = st.query_params.get("gallery")
    try:
        shared.retention.clear_run(run.id)
        if gallery_id and not shared.store.galleries.knows(gallery_id, owner()):
            st.query_params.pop("gallery")
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    if st.query_params.get("run") == run.id:
        st.query_params.pop("run")
