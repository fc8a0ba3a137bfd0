"""What a run brings along when it comes onto the page: its query with its example, its gallery, its line and order."""

import streamlit as st

from lychee_rerank.jobs.job import Job
from lychee_rerank.page.controls import set_view, view_of
from lychee_rerank.page.example import recall_example
from lychee_rerank.page.gallery import show_gallery
from lychee_rerank.page.visitor import owner
from lychee_rerank.service import Service

_RUN = "run"  # in the URL
_ON_PAGE = "run-on-page"


def recall_run(service: Service) -> None:
    """Brings along what belongs to the run of the URL where that is another than before: a past one, or by Back.

    After a reload the URL knows example, gallery, line and order, and lacks the words alone.
    """
    run_id = st.query_params.get(_RUN)
    reloaded = _ON_PAGE not in st.session_state
    if not reloaded and st.session_state[_ON_PAGE] == run_id:
        return
    st.session_state[_ON_PAGE] = run_id
    job = find_job(service, run_id)
    if job is None:
        return
    if job.run.pairs is None:  # a list's name is no query
        st.session_state["query"] = job.query.text
        if not reloaded:
            recall_example(service, job.query.example)
    if not reloaded:
        show_gallery(service, job.run)
        set_view(view_of(job.id))


def put_on_page(job: Job) -> None:
    """Turns the page to a run that was begun over what is there."""
    st.query_params[_RUN] = st.session_state[_ON_PAGE] = job.id


def find_job(service: Service, run_id: str | None) -> Job | None:
    """This visitor's run of that id, under way or ended."""
    return service.worker.book.find(run_id, owner=owner()) if run_id else None
