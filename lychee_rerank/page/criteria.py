"""Part by part: every part of the query scored by itself over the same photos, as a table that sorts by any column."""

from collections.abc import Mapping, Sequence

import streamlit as st

from lychee_rerank.criteria import Criteria, collect_criteria, split_query
from lychee_rerank.errors import ScoringElsewhere, StorageFailed
from lychee_rerank.export.results import Results
from lychee_rerank.jobs import Job
from lychee_rerank.page.process import Shared
from lychee_rerank.records import RankedPhoto
from lychee_rerank.words import Words

_POLL_S = 0.5
_WITH_THUMBNAILS = 200  # photos; in a longer table only names stand
_ROW_PX = 56

_Jobs = Mapping[str, Job]  # the run of every part


def draw_criteria(words: Words, shared: Shared, results: Results, *, job: Job) -> Criteria:
    """A switch where the query has parts, and their table; what the parts gave, once all are scored."""
    parts = split_query(job.query)
    if len(parts) < 2 or job.active:
        return Criteria()
    if not _draw_switch(words, shared, parts, job):
        return Criteria()
    try:
        jobs = {part: shared.worker.book.last(part, job) or _submit(shared, part, job) for part in parts}
    except (ScoringElsewhere, StorageFailed) as refused:
        st.info(words.failure(refused))
        return Criteria()
    active = _any_active(jobs)
    st.fragment(_draw_table, run_every=_POLL_S if active else None)(words, shared, results.ranked, job, jobs, active)
    return Criteria() if active else criteria_of(shared, parts, job)


def _draw_switch(words: Words, shared: Shared, parts: Sequence[str], job: Job) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = st.toggle(
            words.results.criteria,
            key="criteria",
            help=words.results.criteria_help,
            bind="query-params",
            on_change=_retry,
            args=(shared, parts, job),
        )
        st.text(" · ".join(parts), width="content")  # as typed: a label would take it for Markdown
    return wanted


def criteria_of(shared: Shared, parts: Sequence[str], job: Job) -> Criteria:
    """What the runs of the parts have given so far."""
    runs = [shared.worker.book.last(part, job) for part in parts]
    return collect_criteria(parts, [run.progress().outcomes if run else () for run in runs])


def _retry(shared: Shared, parts: Sequence[str], job: Job) -> None:
    """The switch is turned on: the parts whose runs were cancelled or failed are tried again."""
    for part in parts if st.session_state["criteria"] else ():
        last = shared.worker.book.last(part, job)
        if last and not last.active and not last.complete:
            _submit(shared, part, job)


def _submit(shared: Shared, part: str, job: Job) -> Job:
    return shared.worker.submit(part, job.photos, owner=job.owner, gallery=job.run.gallery)


def _any_active(jobs: _Jobs) -> bool:
    return any(of_part.active for of_part in jobs.values())


def _draw_table(
    words: Words, shared: Shared, ranked: Sequence[RankedPhoto], job: Job, jobs: _Jobs, polling: bool
) -> None:
    """A row per photo, best first; the whole query's score stands before those of its parts."""
    if polling and not _any_active(jobs):
        st.rerun(scope="app")  # the last draw: nothing polls any more, and exports have the parts
    criteria, told = criteria_of(shared, tuple(jobs), job), words.results
    pictured = len(ranked) <= _WITH_THUMBNAILS
    rows = [
        {
            "photo": shared.thumbnail_url(job.photos[photo.scored.index]) if pictured else None,
            "name": photo.scored.name,
            "whole": photo.scored.score.value,
            **{f"part {n}": score for n, score in enumerate(criteria.of(photo.scored.index))},
        }
        for photo in ranked
    ]
    labels = {"whole": told.column_whole} | {f"part {n}": part for n, part in enumerate(jobs)}
    bars = {
        name: st.column_config.ProgressColumn(label, min_value=0.0, max_value=10.0, format="%.1f")
        for name, label in labels.items()
    }
    thumbnails = st.column_config.ImageColumn(told.column_photo) if pictured else None
    columns = {"photo": thumbnails, "name": told.column_name, **bars}
    errors = [error for of_part in jobs.values() if (error := of_part.progress().error)]
    for failure in dict.fromkeys(map(words.failure, errors)):
        st.error(failure)
    st.dataframe(rows, hide_index=True, column_config=columns, row_height=_ROW_PX, key="criteria-table")
