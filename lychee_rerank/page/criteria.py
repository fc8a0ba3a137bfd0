"""Part by part: every part of the query scored by itself over the same photos, as a table that sorts by any column."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.column_types import ColumnConfig

from lychee_rerank.errors import ScoringElsewhere, StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.page.conditions import draw_limits
from lychee_rerank.page.visitor import thumbnail_url_later
from lychee_rerank.query import Query
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.criteria import Criteria, collect_criteria
from lychee_rerank.results.ranking import Results
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_POLL_S = 0.5
_ROW_PX = 56

_Jobs = Mapping[Query, Job]  # the run of every part


def draw_criteria(words: Words, service: Service, results: Results, *, job: Job, place: DeltaGenerator) -> Criteria:
    """A switch where the query has parts, and in that place their table; what the parts gave, once all are scored."""
    parts = job.query.parts
    if not job.query.has_parts or job.active or not _draw_switch(words, service, parts, job):
        return Criteria()
    try:
        jobs = {part: service.worker.book.last(part, job) or _submit(service, part, job) for part in parts}
    except (ScoringElsewhere, StorageFailed) as refused:
        place.info(words.failure(refused))
        return Criteria()
    active = _any_active(jobs)
    with place:
        draw_limits(words, parts, run_id=job.id)
        run_every = _POLL_S if active else None
        st.fragment(_draw_parts, run_every=run_every)(words, service, results.ranked, job, jobs, active)
    return Criteria() if active else criteria_of(service, parts, job)


def _draw_switch(words: Words, service: Service, parts: Sequence[Query], job: Job) -> bool:
    wanted = st.toggle(
        words.results.criteria,
        key="criteria",
        help=words.results.criteria_help,
        bind="query-params",
        on_change=_retry,
        args=(service, parts, job),
    )
    named = (f"− {part.text}" if part.negated else part.text for part in parts)
    st.text(" · ".join(named), width="content")  # as typed: a label would take it for Markdown
    if not wanted and any(part.negated for part in parts):  # the score of the whole query knows little of a "no"
        args = (service, parts, job)
        st.button(words.results.offer_without, key="offer-without", type="tertiary", on_click=_turn_on, args=args)
    return wanted


def _turn_on(service: Service, parts: Sequence[Query], job: Job) -> None:
    st.session_state["criteria"] = True
    _retry(service, parts, job)


def criteria_of(service: Service, parts: Sequence[Query], job: Job) -> Criteria:
    """What the runs of the parts have given so far."""
    runs = [service.worker.book.last(part, job) for part in parts]
    return collect_criteria(parts, [run.progress().outcomes if run else () for run in runs])


def _retry(service: Service, parts: Sequence[Query], job: Job) -> None:
    """The switch is turned on: the parts whose runs were cancelled or failed are tried again."""
    for part in parts if st.session_state["criteria"] else ():
        last = service.worker.book.last(part, job)
        if last and not last.active and not last.complete:
            _submit(service, part, job)


def _submit(service: Service, part: Query, job: Job) -> Job:
    return service.worker.submit(part, job.photos, owner=job.owner, gallery=job.run.gallery)


def _any_active(jobs: _Jobs) -> bool:
    return any(of_part.active for of_part in jobs.values())


def _draw_parts(
    words: Words, service: Service, ranked: Sequence[RankedPhoto], job: Job, jobs: _Jobs, polling: bool
) -> None:
    """How far the parts are, while they are scored, and their table."""
    if polling and not _any_active(jobs):
        st.rerun(scope="app")  # the last draw: nothing polls any more, and exports have the parts
    above = st.container()  # there even where it is empty: a table that moves up stands on the page twice for a moment
    with above:
        if polling:
            _draw_progress(words, jobs)
        errors = [error for of_part in jobs.values() if (error := of_part.progress().error)]
        for failure in dict.fromkeys(map(words.failure, errors)):
            st.error(failure)
    _draw_table(words, service, ranked, job, tuple(jobs))


def _draw_progress(words: Words, jobs: _Jobs) -> None:
    """One bar for all parts, and a button that ends them."""
    done = sum(len(of_part.progress().outcomes) for of_part in jobs.values())
    total = sum(len(of_part.photos) for of_part in jobs.values())
    with st.container(horizontal=True, vertical_alignment="center", key="criteria-progress"):
        st.progress(done / total, words.results.criteria_progress.format(done=done, n=total), width="stretch")
        st.button(words.cancel, key="cancel-criteria", on_click=_cancel, args=(tuple(jobs.values()),))


def _cancel(jobs: Iterable[Job]) -> None:
    for job in jobs:
        job.cancel()


def _draw_table(
    words: Words, service: Service, ranked: Sequence[RankedPhoto], job: Job, parts: Sequence[Query]
) -> None:
    """A row per photo, best first; the whole query's score stands before those of its parts."""
    criteria, text = criteria_of(service, parts, job), words.results
    rows = [
        {
            "photo": thumbnail_url_later(service, job.photos[photo.scored.index]),
            "name": photo.scored.name,
            "whole": photo.scored.score.value,
            **{f"part {n}": score for n, score in enumerate(criteria.of(photo.scored.index))},
        }
        for photo in ranked
    ]
    labels = {"whole": text.column_whole} | {f"part {n}": part.text for n, part in enumerate(parts)}
    bars = {
        name: st.column_config.ProgressColumn(label, min_value=0.0, max_value=10.0, format="%.1f")
        for name, label in labels.items()
    }
    columns: dict[str, ColumnConfig | str] = {"photo": st.column_config.ImageColumn(text.column_photo), **bars}
    columns["name"] = text.column_name
    st.dataframe(rows, hide_index=True, column_config=columns, row_height=_ROW_PX, key="criteria-table")
