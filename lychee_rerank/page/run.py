"""A run on the page: started by the button, found again by the id in the URL, drawn while it goes on."""

from collections.abc import Mapping

import streamlit as st

from lychee_rerank.errors import ExampleRefused, QueryRefused, ScoringElsewhere, StorageFailed
from lychee_rerank.jobs.job import Job, Progress, Status
from lychee_rerank.model.loader import memory_in_use
from lychee_rerank.page.gallery import Gallery
from lychee_rerank.page.moderation import draw_moderated
from lychee_rerank.page.outcomes import results_of
from lychee_rerank.page.places import show_progress
from lychee_rerank.page.recall import find_job, put_on_page
from lychee_rerank.page.results import draw_results
from lychee_rerank.page.visitor import owner, photos_dropped
from lychee_rerank.problems import PassedOver
from lychee_rerank.query import Example, parse_query
from lychee_rerank.records import Look, Pairs, Photo, Refusal
from lychee_rerank.results.settled import FIRST, likely_settled
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_POLL_PROGRESS_S = 0.5
_POLL_RESULTS_S = 2.0  # sixty cards take longer to draw than a bar
_BLINK_S = 0.4  # a query over remembered photos is often answered by then, and drawn once instead of twice


def start_run(words: Words, service: Service, *, query: str, gallery: Gallery, example: Example | None = None) -> None:
    """Submits the run that the click asks for, or says in a friendly way why there is none."""
    if not gallery.photos and service.folder.standing().listed is None:
        st.info(words.listing_first)
    elif len(gallery.photos) < 2:
        st.info(words.one_photo)
    else:
        _submit(words, service, query, gallery.photos, passed_over=gallery.passed_over, example=example)


def start_moderation(words: Words, service: Service, name: str, pairs: Pairs) -> None:
    """Submits the run that scores every pair of the list; one pair is enough."""
    _submit(words, service, name, tuple(pair.photo for pair in pairs.good), pairs=pairs)


def _submit(
    words: Words,
    service: Service,
    query: str,
    photos: tuple[Photo, ...],
    *,
    pairs: Pairs | None = None,
    passed_over: Mapping[PassedOver, int] | None = None,
    example: Example | None = None,
) -> None:
    try:
        gallery_id = st.query_params.get("gallery")
        dropped = gallery_id if set(photos) <= set(photos_dropped(service, gallery_id)) else None
        asked = parse_query(query, example)
        job = service.worker.submit(asked, photos, owner=owner(), gallery=dropped, pairs=pairs, passed_over=passed_over)
    except (QueryRefused, ExampleRefused, ScoringElsewhere, StorageFailed) as refused:
        st.info(words.failure(refused))
        return
    before = st.query_params.get("run")
    put_on_page(job)
    job.wait(_BLINK_S)
    if before is None:
        st.rerun()  # the gallery gives way to the run


def find_run(words: Words, service: Service) -> Job | None:
    """The run that the URL names; says so where it is not known any more."""
    run_id = st.query_params.get("run")
    job = find_job(service, run_id)
    if run_id and job is None:
        st.query_params.pop("run", None)
        st.info(words.run_gone)
    return job


def draw_run(words: Words, service: Service, job: Job) -> None:
    """Draws progress and results, again and again while the run is active; progress is brought into view once."""
    active = job.active
    st.fragment(_draw_progress, run_every=_POLL_PROGRESS_S if active else None)(words, service, job, active)
    show_progress(job.id)
    st.fragment(_draw_outcomes, run_every=_POLL_RESULTS_S if active else None)(words, service, job)


def watch_other_runs(words: Words, service: Service) -> None:
    """The runs of this visitor that go on behind the gallery, while there are any."""
    if _other_runs(service, None):
        st.fragment(_draw_other_runs, run_every=_POLL_RESULTS_S)(words, service, None)


def _other_runs(service: Service, shown: Job | None) -> list[Job]:
    return [job for job in service.worker.book.under_way(owner()) if job is not shown]


def _draw_other_runs(words: Words, service: Service, shown: Job | None) -> None:
    """A line per run that goes on unseen, with a way back to it and a way to end it."""
    others = _other_runs(service, shown)
    if st.query_params.get("run") != (shown.id if shown else None) or not (shown or others):
        st.rerun(scope="app")  # another run was chosen, or there is nothing left to watch
    for job in others:
        with st.container(horizontal=True, vertical_alignment="center", key=f"other-{job.id}"):
            done, total = len(job.progress().outcomes), len(job.photos)
            st.text(words.other_run.format(query=words.like.quote(job.query), done=done, n=total), width="stretch")
            st.button(words.show, key=f"show-{job.id}", on_click=_show, args=(job,))
            st.button(words.cancel, key=f"cancel-{job.id}", on_click=job.cancel)


def _show(job: Job) -> None:
    st.query_params["run"] = job.id


def _draw_progress(words: Words, service: Service, job: Job, polling: bool) -> None:
    progress = job.progress()
    if polling and not progress.active:
        st.rerun(scope="app")  # the last draw: nothing polls any more
    _draw_other_runs(words, service, job)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="progress"):
        st.text(words.results_of.format(query=words.like.quote(job.query), photos=_amount(words, job)), width="content")
        st.progress(progress.share, width="stretch")
        st.text(_state(words, service, job, progress), width="content")
        st.text(_memory(words, service), width="content")
        if progress.active:
            label = words.cancelling if job.cancelled else words.cancel
            st.button(label, key="cancel", disabled=job.cancelled, on_click=job.cancel)
    if progress.error is not None:
        st.error(words.run_failed.format(problem=words.failure(progress.error)))


def _draw_outcomes(words: Words, service: Service, job: Job) -> None:
    if job.run.pairs is None:
        progress = job.progress()
        provisional = progress.seen > len(progress.outcomes)
        settled = FIRST if provisional and likely_settled(progress.found, photos=progress.total) else 0
        results = results_of(service, job, progress.found)
        draw_results(words, service, results, job=job, settled=settled)
    else:
        draw_moderated(words, service, job, job.run.pairs)


def _amount(words: Words, job: Job) -> str:
    count = len(job.photos)
    return words.photos(count) if job.run.pairs is None else words.pairs(count)


def _state(words: Words, service: Service, job: Job, progress: Progress) -> str:
    """One line on where the run stands: the photo in work and the time left, or the sum at the end."""
    done, total = len(progress.outcomes), progress.total
    if progress.status is Status.WAITING:
        return _queue(words, service, job) if not service.worker.state().loading else words.loading_any
    if progress.active:
        seen, line = (done, words.analysing) if progress.look is Look.FULL else (progress.seen, words.looking_quickly)
        line = line.format(i=min(seen + 1, total), n=total)
        left_s = progress.remaining_s
        return line if left_s is None else f"{line} · {words.time_left.format(time=words.duration(left_s))}"
    line = {Status.DONE: words.done, Status.CANCELLED: words.cancelled, Status.FAILED: words.failed}[progress.status]
    refused = sum(isinstance(outcome, Refusal) for outcome in progress.outcomes)
    time = words.duration(progress.elapsed_s)
    left = words.not_looked_at.format(n=total - progress.seen)
    if progress.seen > done:
        left = f"{words.quickly_looked_at.format(n=progress.seen - done)} + {left}"
    return line.format(all=_amount(words, job), time=time, scored=done - refused, refused=refused, left=left)


def _queue(words: Words, service: Service, job: Job) -> str:
    """The place of a job that waits for others of its owner, and the time that these still take."""
    ahead = [other.progress() for other in service.worker.book.ahead(job)]
    line = words.waiting.format(n=len(ahead))
    left_s = sum(progress.remaining_s or 0.0 for progress in ahead)
    return f"{line} · {words.time_left.format(time=words.duration(left_s))}" if left_s else line


def _memory(words: Words, service: Service) -> str:
    use = memory_in_use(service.worker.state().card, device=service.settings.device)
    line = words.memory_gpu if use.on_gpu else words.memory_cpu
    return line.format(used=use.used_bytes / 2**30, total=use.total_bytes / 2**30)
