"""Part by part: every part of the query scored by itself over the same photos, as a table that sorts by any column."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.column_types import ColumnConfig

from lychee_rerank.errors import ScoringElsewhere, StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.page.process import Shared
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.criteria import Criteria, collect_criteria, split_query
from lychee_rerank.results.ranking import Results
from lychee_rerank.words import Words

_POLL_S = 0.5
_ROW_PX = 56

_Jobs = Mapping[str, Job]  # the run of every part


def draw_criteria(words: Words, shared: Shared, results: Results, *, job: Job, place: DeltaGenerator) -> Criteria:
    """A switch where the query has parts, and in that place their table; what the parts gave, once all are scored."""
    parts = split_query(job.query)
    if len(parts) < 2 or job.active or not _draw_switch(words, shared, parts, job):
        return Criteria()
    try:
        jobs = {part: shared.worker.book.last(part, job) or _submit(shared, part, job) for part in parts}
    except (ScoringElsewhere, StorageFailed) as refused:
        place.info(words.failure(refused))
        return Criteria()
    active = _any_active(jobs)
    with place:
        run_every = _POLL_S if active else None
        st.fragment(_draw_parts, run_every=run_every)(words, shared, results.ranked, job, jobs, active)
    return Criteria() if active else criteria_of(shared, parts, job)


def _draw_switch(words: Words, shared: Shared, parts: Sequence[str], job: Job) -> bool:
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


def _draw_parts(
    words: Words, shared: Shared, ranked: Sequence[RankedPhoto], job: Job, jobs: _Jobs, polling: bool
) -> None:
    """How far the parts are, while they are scored, and their table."""
    if polling and not _any_active(jobs):
        st.rerun(scope="app")  # the last draw: nothing polls any more, and exports have the parts
    if polling:
        _draw_progress(words, jobs)
    errors = [error for of_part in jobs.values() if (error := of_part.progress().error)]
    for failure in dict.fromkeys(map(words.failure, errors)):
        st.error(failure)
    _draw_table(words, shared, ranked, job, tuple(jobs))


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


def _draw_table(words: Words, shared: Shared, ranked: Sequence[RankedPhoto], job: Job, parts: Sequence[str]) -> None:
    """A row per photo, best first; the whole query's score stands before those of its parts."""
    criteria, told = criteria_of(shared, parts, job), words.results
    rows = [
        {
            "photo": shared.thumbnail_url_later(job.photos[photo.scored.index]),
            "name": photo.scored.name,
            "whole": photo.scored.score.value,
            **{f"part {n}": score for n, score in enumerate(criteria.of(photo.scored.index))},
        }
        for photo in ranked
    ]
    labels = {"whole": told.column_whole} | {f"part {n}": part for n, part in enumerate(parts)}
    bars = {
        name: st.column_config.ProgressColumn(label, min_value=0.0, max_value=10.0, format="%.1f")
        for name, label in labels.items()
    }
    columns: dict[str, ColumnConfig | str] = {"photo": st.column_config.ImageColumn(told.column_photo), **bars}
    columns["name"] = told.column_name
    st.dataframe(rows, hide_index=True, column_config=columns, row_height=_ROW_PX, key="criteria-table")
