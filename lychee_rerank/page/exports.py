"""Results carried away: the best as a ZIP at one click, or any part of them as photos, table, JSON or copies."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from lychee_rerank.errors import ExportFailed
from lychee_rerank.export.copies import check_writable, copy_photos, save_file
from lychee_rerank.export.file_names import SAFE_NAME_BYTES, name_query
from lychee_rerank.export.forms import MEDIA_TYPES, ExportFile, Form
from lychee_rerank.export.json_document import ScoredBy
from lychee_rerank.export.ratings import DEFAULT_STARS, Stars, Xmp, XmpForm, parse_stars
from lychee_rerank.export.tables import TABLE_NAME, build_table
from lychee_rerank.jobs.job import Job
from lychee_rerank.page.criteria import criteria_of
from lychee_rerank.page.outcomes import results_of
from lychee_rerank.page.picks import picks_of
from lychee_rerank.page.visitor import export_url
from lychee_rerank.photos.folders import PICKS_FOLDER
from lychee_rerank.query import Query
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.ranking import Results
from lychee_rerank.results.selection import Selection, View
from lychee_rerank.service import Service
from lychee_rerank.words import ENGLISH, Words

BEST = 10
_POPOVER_PX = 380
_SELECTIONS, _FORMS = tuple(Selection), tuple(XmpForm)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which photos of a run; its repr is part of the address."""

    job_id: str
    view: View
    selection: Selection
    picks: frozenset[int] = frozenset()
    criteria: tuple[Query, ...] = ()


def draw_best(words: Words, service: Service, results: Results, view: View, *, job: Job) -> None:
    """The best photos of those that count as a ZIP, at one click."""
    line = View(top_k=BEST, distinct=view.distinct, files=view.files, conditions=view.conditions)
    wanted = _Wanted(job.id, line, Selection.ABOVE, criteria=results.criteria.parts)
    best = line.above(results)
    all_are = len(best) == len(results.ranked)
    label = (words.results.best_all if all_are else words.results.best).format(n=len(best))
    url = _file_url(words, service, wanted, Form.ZIP, job=job)
    st.link_button(label, url, icon=":material/download:", type="primary", key="best", disabled=not best)


def draw_exports(words: Words, service: Service, results: Results, view: View, *, job: Job) -> None:
    """Any part of the results, in any form."""
    text = words.results
    with st.popover(text.export, icon=":material/ios_share:", key="export-box"), st.container(width=_POPOVER_PX):
        picks = picks_of(service, job)
        counts = {selection: len(view.take(results, selection, picks=picks)) for selection in Selection}
        selection = st.radio(
            text.part_label,
            _SELECTIONS,
            index=_SELECTIONS.index(Selection.PICKS if picks else Selection.SHOWN),
            format_func=lambda selection: f"{text.selection[selection]} · {counts[selection]}",
            horizontal=True,
            key="export-part-picked" if picks else "export-part",  # whoever begins to pick means the picks
        )
        chosen = view.take(results, selection, picks=picks)
        _tell_rejected(words, results, chosen)
        xmp = _draw_xmp(words, job)
        if xmp is None or not counts[selection]:
            return
        wanted = _Wanted(
            job.id, view, selection, picks if selection is Selection.PICKS else frozenset(), results.criteria.parts
        )
        with st.container(horizontal=True):
            for form, label in ((Form.ZIP, text.as_zip), (Form.CSV, text.as_csv), (Form.JSON, text.as_json)):
                url = _file_url(words, service, wanted, form, job=job, xmp=xmp)
                st.link_button(label, url, icon=":material/download:", key=f"export-{form}")
        draw_copying(words, service, results, chosen, xmp, query=words.like.asked(job.query))


def _tell_rejected(words: Words, results: Results, chosen: Sequence[RankedPhoto]) -> None:
    """How many of the chosen photos are rejected ones, where there are any."""
    rejected = sum(photo.scored.index in results.by_hand.rejected for photo in chosen)
    if rejected:
        st.caption(words.results.rejected_among.format(n=rejected))


def _draw_xmp(words: Words, job: Job) -> Xmp | None:
    """Which marks are wanted in the copies; None where that cannot be read."""
    text = words.results
    form = st.selectbox(text.xmp_label, _FORMS, format_func=text.xmp.__getitem__, key="xmp")
    if form is XmpForm.NONE:
        return Xmp()
    typed = st.text_input(text.stars_label, ",".join(f"{line:g}" for line in DEFAULT_STARS), help=text.stars_help)
    with_query = st.checkbox(text.write_query, key="write-query")
    stars = _read_stars(typed)
    if stars is None:
        st.warning(text.stars_wrong)
        return None
    return Xmp(form, words.like.asked(job.query) if with_query else "", stars)


def _read_stars(text: str) -> Stars | None:
    try:
        return parse_stars(text)
    except ValueError:
        return None


def _file_url(words: Words, service: Service, wanted: _Wanted, form: Form, *, job: Job, xmp: Xmp | None = None) -> str:
    """The address of the file; JSON is in English, as scripts read it."""
    scored_by = ScoredBy(json.loads(job.scored_by or "{}"), demo=job.demo, loaded=service.worker.state().card)
    conditions = () if wanted.selection is Selection.PICKS else wanted.view.conditions
    file = ExportFile(form, job.query.text, scored_by, xmp or Xmp(), conditions)
    describe = (ENGLISH if form is Form.JSON else words).describe

    def build(job: Job) -> Iterator[bytes]:
        """The file of the run as it is then."""
        criteria = criteria_of(service, wanted.criteria, job)
        results = replace(results_of(service, job, job.progress().found), criteria=criteria)
        chosen = wanted.view.take(results, wanted.selection, picks=wanted.picks)
        return file.pieces(results, chosen, describe=describe)

    name = f"{wanted}{form}{file.xmp}{words.code}"
    titled = replace(file, query=words.like.asked(job.query))
    return export_url(service, job, build, file=titled.name, media_type=MEDIA_TYPES[form], name=name)


def draw_copying(
    words: Words, service: Service, results: Results, chosen: Sequence[RankedPhoto], xmp: Xmp, *, query: str
) -> None:
    """A name for the folder and a button; where these stood, once it is clicked, where the copies are or why not."""
    text = words.results
    home = service.settings.images_dir / PICKS_FOLDER
    outcome = st.container()  # above the button, which it pushes down: there the user is looking
    with st.container(horizontal=True, vertical_alignment="bottom"):
        named = name_query(query, SAFE_NAME_BYTES)
        typed = st.text_input(text.copy_to.format(folder=f"{home}/"), named, key="copy-folder")
        clicked = st.button(text.copy, key="copy")
    if clicked:
        with outcome:
            _copy(words, results, chosen, home / name_query(typed, SAFE_NAME_BYTES), xmp)


def _copy(words: Words, results: Results, chosen: Sequence[RankedPhoto], folder: Path, xmp: Xmp) -> None:
    try:
        check_writable(folder)
        with st.spinner(words.results.copying.format(n=len(chosen))):
            copies = list(copy_photos(results, chosen, folder, xmp=xmp))
        table = save_file(folder, TABLE_NAME, build_table(results, describe=words.describe, copies=copies))
    except ExportFailed as failed:
        st.error(words.failure(failed))
        return
    st.success(words.copied(copies, folder=str(folder), table=table))
    problems = [f"{copy.photo.scored.name}: {words.describe(copy.problem)}" for copy in copies if copy.problem]
    if problems:
        st.text("\n".join(problems))
