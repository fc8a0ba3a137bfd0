"""The runs of before, in the head of the page: opened at once without the model, or cleared, which can be undone."""

import logging
import threading
import time

import streamlit as st

from lychee_rerank.errors import StorageFailed
from lychee_rerank.page.visitor import owner, thumbnail_url_later
from lychee_rerank.query import Query
from lychee_rerank.service import Service, open_service
from lychee_rerank.store.runs import PastRun
from lychee_rerank.web.files import SMALL
from lychee_rerank.words import Words

log = logging.getLogger(__name__)

_LISTED = 30
_THUMBNAIL_PX, _POPOVER_PX = 64, 560
COMES_BACK_S = 150.0  # Streamlit keeps a page whose connection was lost for 120 s


def draw_past_runs(words: Words, service: Service) -> None:
    """Lists the owner's runs that have ended, newest first; says where they are kept and for how long."""
    try:
        runs = service.store.runs.past(owner(), most=_LISTED)
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    cleared = _cleared_here()
    if not runs and not cleared:
        return
    label = words.past_runs.format(n=len(runs))
    with st.popover(label, icon=":material/history:", key="past"), st.container(width=_POPOVER_PX):
        days = service.settings.keep_days
        kept = words.kept_days.format(n=days) if days else words.kept_not
        st.caption(words.kept_where.format(folder=service.data.path, time=kept))
        for run in sorted((*runs, *cleared.values()), key=lambda run: run.begun_s, reverse=True):
            with st.container(horizontal=True, vertical_alignment="center", key=f"past-{run.id}"):
                if run.id in cleared:
                    _draw_cleared(words, service, run)
                else:
                    _draw_line(words, service, run)


class Cleared(dict[str, PastRun]):
    """The runs that one page has cleared, by id; they are deleted for good once it is closed and cannot come back."""

    deletion: threading.Timer | None = None

    def page_opens(self) -> None:
        """It is there, or there again after its connection was lost."""
        if self.deletion is not None:
            self.deletion.cancel()

    def page_closes(self) -> None:
        """It is closed, or its connection is lost."""
        if self:
            self.deletion = threading.Timer(COMES_BACK_S, self._delete)
            self.deletion.daemon = True  # when the process ends, so do they
            self.deletion.start()

    def _delete(self) -> None:
        for run_id in self:
            try:
                open_service().retention.clear_run(run_id)
            except StorageFailed as error:  # the next process does it
                log.error("a cleared run is not deleted yet: %s", error)


@st.cache_resource(scope="session", show_spinner=False, on_release=Cleared.page_closes)
def _cleared_here() -> Cleared:
    """What this page has cleared; Streamlit releases it when the connection ends."""
    cleared: Cleared = st.session_state.setdefault("cleared-runs", Cleared())
    cleared.page_opens()
    return cleared


def _draw_line(words: Words, service: Service, run: PastRun) -> None:
    if run.best:
        st.image(f"{thumbnail_url_later(service, run.best)}?{SMALL}", width=_THUMBNAIL_PX, alt=run.best.name)
    with st.container(gap=None):
        st.text(words.like.asked(_query_of(run)))
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.begun_s))
        st.caption(f"{words.photos(run.photos)} · {when}")
    shown = st.query_params.get("run") == run.id
    st.button(words.open_run, key=f"open-{run.id}", disabled=shown, on_click=_open, args=(run.id,))
    st.button(words.clear_run, key=f"clear-{run.id}", type="tertiary", on_click=_clear, args=(words, service, run))


def _draw_cleared(words: Words, service: Service, run: PastRun) -> None:
    st.text(words.run_cleared.format(query=words.like.quote(_query_of(run))))
    st.button(words.undo, key=f"undo-{run.id}", icon=":material/undo:", on_click=_undo, args=(words, service, run))


def _query_of(run: PastRun) -> Query:
    return Query(run.query, run.query, example=run.example)


def _open(run_id: str) -> None:
    st.query_params["run"] = run_id


def _clear(words: Words, service: Service, run: PastRun) -> None:
    """Takes the run off the list; the page turns away from it."""
    try:
        service.retention.hide_run(run.id)
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    service.worker.book.forget(run.id)
    _cleared_here()[run.id] = run
    if st.query_params.get("run") == run.id:
        st.query_params.pop("run")


def _undo(words: Words, service: Service, run: PastRun) -> None:
    try:
        service.retention.restore_run(run.id)
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    _cleared_here().pop(run.id, None)
