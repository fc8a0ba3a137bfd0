"""Results carried away: the best as a ZIP at one click, or any part of them as photos, table, JSON or copies."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import streamlit as st

from lychee_rerank.export.marks import DEFAULT_STARS, Stars, Xmp, XmpForm, parse_stars
from lychee_rerank.export.package import MEDIA_TYPES, Form, Package
from lychee_rerank.export.results import Results, collect_results
from lychee_rerank.jobs import Job
from lychee_rerank.page.copying import draw_copying
from lychee_rerank.page.criteria import criteria_of
from lychee_rerank.page.picks import picks_of
from lychee_rerank.page.process import Shared, owner
from lychee_rerank.view import Part, View
from lychee_rerank.web.downloads import Download
from lychee_rerank.words import ENGLISH, Words

BEST = 10
_POPOVER_PX = 380
_PARTS, _FORMS = tuple(Part), tuple(XmpForm)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which photos of a run; what it says names its address too."""

    job_id: str
    view: View
    part: Part
    picks: frozenset[int] = frozenset()
    criteria: tuple[str, ...] = ()


def draw_best(words: Words, shared: Shared, results: Results, *, job: Job) -> None:
    """The best photos of all as a ZIP, at one click."""
    few = len(results.ranked) <= BEST
    label = (words.results.best_all if few else words.results.best).format(n=min(BEST, len(results.ranked)))
    wanted = _Wanted(job.id, View(top_k=BEST), Part.ABOVE)
    url = _give_address(words, shared, wanted, _package(job, Form.ZIP))
    st.link_button(label, url, icon=":material/download:", type="primary", key="best")


def draw_exports(words: Words, shared: Shared, results: Results, view: View, *, job: Job) -> None:
    """Any part of the results, in any form."""
    told = words.results
    with st.popover(told.export, icon=":material/ios_share:", key="export-box"), st.container(width=_POPOVER_PX):
        picks = picks_of(shared, job)
        counts = {part: len(view.take(results.ranked, part, picks=picks)) for part in Part}
        part = st.radio(
            told.part_label,
            _PARTS,
            index=_PARTS.index(Part.PICKS if picks else Part.SHOWN),
            format_func=lambda part: f"{told.part[part]} · {counts[part]}",
            horizontal=True,
            key="export-part-picked" if picks else "export-part",  # whoever begins to pick means the picks
        )
        xmp = _draw_xmp(words, job)
        if xmp is None or not counts[part]:
            return
        wanted = _Wanted(job.id, view, part, picks if part is Part.PICKS else frozenset(), results.criteria.parts)
        with st.container(horizontal=True):
            for form, label in ((Form.ZIP, told.as_zip), (Form.CSV, told.as_csv), (Form.JSON, told.as_json)):
                url = _give_address(words, shared, wanted, _package(job, form, xmp))
                st.link_button(label, url, icon=":material/download:", key=f"export-{form}")
        draw_copying(words, shared, results, view.take(results.ranked, part, picks=picks), xmp, query=job.query)


def _draw_xmp(words: Words, job: Job) -> Xmp | None:
    """Which marks are wanted in the copies; None where that cannot be read."""
    told = words.results
    form = st.selectbox(told.xmp_label, _FORMS, format_func=told.xmp.__getitem__, key="xmp")
    if form is XmpForm.NONE:
        return Xmp()
    typed = st.text_input(told.stars_label, ",".join(f"{line:g}" for line in DEFAULT_STARS), help=told.stars_help)
    with_query = st.checkbox(told.write_query, key="write-query")
    stars = _read_stars(typed)
    if stars is None:
        st.warning(told.stars_wrong)
        return None
    return Xmp(form, job.query if with_query else "", stars)


def _read_stars(text: str) -> Stars | None:
    try:
        return parse_stars(text)
    except ValueError:
        return None


def _package(job: Job, form: Form, xmp: Xmp | None = None) -> Package:
    return Package(form, job.query, json.loads(job.scored_by or "{}"), xmp or Xmp())


def _give_address(words: Words, shared: Shared, wanted: _Wanted, package: Package) -> str:
    """Where this visitor's browser gets the file; it is made from the run as it is then."""
    visitor, tell = owner(), (ENGLISH if package.form is Form.JSON else words).note

    def pieces() -> Iterator[bytes] | None:
        """The file, None once the run is cleared."""
        job = shared.worker.book.find(wanted.job_id, owner=visitor)
        if job is None:
            return None
        criteria = criteria_of(shared, wanted.criteria, job)
        results = replace(collect_results(job.photos, job.progress().outcomes), criteria=criteria)
        return package.pieces(results, wanted.view.take(results.ranked, wanted.part, picks=wanted.picks), tell=tell)

    download = Download(package.name, MEDIA_TYPES[package.form], pieces)
    name = f"{wanted}{package.form}{package.xmp}{words.code}"
    return shared.download_url(download, name=name)
