"""A run on the page: started by the button, found again by the id in the URL, drawn while it goes on."""

import streamlit as st

from lychee_rerank.assembly import memory_in_use
from lychee_rerank.errors import QueryRefused
from lychee_rerank.jobs import Job, Progress, Status
from lychee_rerank.page.process import Shared
from lychee_rerank.page.results import draw_refusals, draw_results
from lychee_rerank.ranking import rank_photos
from lychee_rerank.records import Photo, Refusal, ScoredPhoto
from lychee_rerank.words import Words

_POLL_S = 0.5


def start_run(words: Words, shared: Shared, *, query: str, photos: tuple[Photo, ...]) -> None:
    """Submits the run that the click asks for, or says in a friendly way why there is none."""
    if len(photos) == 1:
        st.info(words.one_photo)
        return
    if not photos:
        return
    try:
        st.query_params["run"] = shared.worker.submit(query, photos).id
    except QueryRefused as refused:
        st.info(words.failure(refused))


def recall_query(shared: Shared) -> None:
    """Puts the query of the run that the URL names into an empty box, after a reload."""
    job = shared.worker.find(st.query_params.get("run", ""))
    if job is not None and "query" not in st.session_state:
        st.session_state["query"] = job.query


def find_run(words: Words, shared: Shared) -> Job | None:
    """The run that the URL names; says so where it is not known any more."""
    run_id = st.query_params.get("run")
    job = shared.worker.find(run_id) if run_id else None
    if run_id and job is None:
        st.query_params.pop("run", None)
        st.info(words.run_gone)
    return job


def draw_run(words: Words, shared: Shared, job: Job) -> None:
    """Draws progress and results, again and again while the run is active."""
    poll_s = _POLL_S if job.progress().active else None
    st.fragment(_draw_once, run_every=poll_s)(words, shared, job, poll_s is not None)


def _draw_once(words: Words, shared: Shared, job: Job, polling: bool) -> None:
    progress = job.progress()
    if polling and not progress.active:
        st.rerun(scope="app")  # the last draw: nothing polls any more
    scored = [outcome for outcome in progress.outcomes if isinstance(outcome, ScoredPhoto)]
    refused = [outcome for outcome in progress.outcomes if isinstance(outcome, Refusal)]
    with st.container(key="progress", gap="xsmall"):
        st.progress(len(progress.outcomes) / progress.total)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(_state(words, progress, scored=len(scored), refused=len(refused)), width="stretch")
            st.text(_memory(words, shared), width="content")
            if progress.active:
                label = words.cancelling if job.cancelled else words.cancel
                st.button(label, key="cancel", disabled=job.cancelled, on_click=job.cancel)
    if progress.error is not None:
        st.error(words.run_failed.format(problem=words.failure(progress.error)))
    draw_results(words, shared.spool, rank_photos(scored), job.photos)
    draw_refusals(words, refused)


def _state(words: Words, progress: Progress, *, scored: int, refused: int) -> str:
    """One line on where the run stands: the photo in work and the time left, or the sum at the end."""
    done, total = scored + refused, progress.total
    if progress.status is Status.WAITING:
        return words.waiting
    if progress.active:
        line = words.analysing.format(i=min(done + 1, total), n=total)
        left_s = progress.remaining_s
        return line if left_s is None else f"{line} · {words.time_left.format(time=words.duration(left_s))}"
    line = words.done if progress.status is Status.DONE else words.cancelled
    return line.format(n=total, scored=scored, refused=refused, time=words.duration(progress.elapsed_s))


def _memory(words: Words, shared: Shared) -> str:
    use = memory_in_use(shared.worker.card)
    line = words.memory_gpu if use.on_gpu else words.memory_cpu
    return line.format(used=use.used_bytes / 2**30, total=use.total_bytes / 2**30)
