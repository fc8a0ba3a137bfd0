"""What came of a list of photos and texts: the pairs to be checked by hand first, the figures, and a table to keep."""

from collections.abc import Iterator
from pathlib import PurePath

import streamlit as st

from lychee_rerank.export.file_names import clean_name
from lychee_rerank.export.forms import MEDIA_TYPES, Form
from lychee_rerank.export.tables import build_flagged_table
from lychee_rerank.jobs.job import Job
from lychee_rerank.page.cards import draw_cards, draw_cut, page_of
from lychee_rerank.page.large_view import draw_large
from lychee_rerank.page.pair_lists import draw_bad_rows
from lychee_rerank.page.places import mark_results
from lychee_rerank.page.results import draw_refusals
from lychee_rerank.page.threshold_curve import THRESHOLD, draw_set_button, draw_threshold_curve
from lychee_rerank.page.visitor import export_url
from lychee_rerank.records import Pairs, RankedPhoto, Refusal, ScoredPhoto
from lychee_rerank.results.moderation import DEFAULT_THRESHOLD, Moderation, collect_moderation
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_NUMBER_PX = 180


def draw_moderated(words: Words, service: Service, job: Job, pairs: Pairs) -> None:
    """The pairs of the job, least fitting first, with a line at the threshold; what was refused or passed over."""
    with st.container(key="results"):
        moderation = _draw_head(words, service, job, pairs)
        in_order = _line_up(moderation)
        flagged = {one.outcome.index for one in moderation.flagged}
        mark_results()
        page = page_of(in_order, key=f"page-of-{job.id}-{moderation.threshold}")
        above = [photo for photo in page if photo.scored.index in flagged]
        draw_cards(words, service, above, job=job)
        if above and len(above) < len(page):
            draw_cut(words.lists.line.format(n=len(flagged), threshold=moderation.threshold))
        draw_cards(words, service, page[len(above) :], job=job, above=len(above))
        draw_large(words, service, in_order, job=job)
    draw_refusals(words, [one.outcome for one in moderation.refused if isinstance(one.outcome, Refusal)])
    if moderation.bad:
        with st.expander(words.lists.passed_over.format(n=len(moderation.bad)), key="passed-over"):
            draw_bad_rows(words, moderation.bad)


def _draw_head(words: Words, service: Service, job: Job, pairs: Pairs) -> Moderation:
    """The threshold, what it gives, and how well that meets the labels."""
    text, heading = words.lists, st.container(horizontal=True, vertical_alignment="center", key="heading")
    with st.container(horizontal=True, key="controls"):
        with st.container(width=_NUMBER_PX):
            threshold = st.number_input(
                text.threshold,
                min_value=0.0,
                max_value=10.0,
                value=DEFAULT_THRESHOLD,
                step=0.5,
                format="%.1f",
                key=THRESHOLD,
                bind="query-params",
                help=text.threshold_help,
            )
            below = st.container()
        pairs = job.run.pairs or Pairs((), ())
        moderation = collect_moderation(pairs, job.progress().outcomes, threshold=threshold)
        with st.container(key="curve", gap="xsmall"):
            kept = draw_threshold_curve(words, moderation, run_id=job.id)
            st.caption(_figures_line(words, moderation))
        if kept is not None and kept != threshold:
            with below:
                draw_set_button(words, kept)
    line = text.moderated.format(all=words.pairs(moderation.pairs), threshold=threshold, **moderation.counts)
    with heading:
        st.markdown(f"##### {line}", width="stretch")
        url = _table_url(words, service, job, threshold)
        st.link_button(text.table, url, icon=":material/download:", type="primary", key="flagged-table")
    return moderation


def _figures_line(words: Words, moderation: Moderation) -> str:
    """What the threshold saves, and where there are labels how well it meets them."""
    figures, saved = moderation.figures, words.lists.work_saved.format(**words.shares(share=moderation.work_saved))
    if not figures.labelled:
        return saved
    return f"{saved} · {words.lists.figures.format(n=figures.labelled, **words.shares(**figures.shares))}"


def _line_up(moderation: Moderation) -> tuple[RankedPhoto, ...]:
    """The scored pairs, least fitting first; their ranks are their places in this list."""
    scored = (one.outcome for one in moderation.flagged + moderation.passed if isinstance(one.outcome, ScoredPhoto))
    return tuple(RankedPhoto(place, photo, tied=False) for place, photo in enumerate(scored, start=1))


def _table_url(words: Words, service: Service, job: Job, threshold: float) -> str:
    """The address of the table in the language of the page."""

    def build(job: Job) -> Iterator[bytes]:
        """The table of the run as it is then."""
        pairs = job.run.pairs or Pairs((), ())
        moderation = collect_moderation(pairs, job.progress().outcomes, threshold=threshold)
        yield build_flagged_table(moderation, describe=words.describe, term=words.term)

    file = f"{PurePath(clean_name(job.query.text)).stem}-below-{threshold:g}.csv"
    name = f"{job.id} below {threshold} {words.code}"
    return export_url(service, job, build, file=file, media_type=MEDIA_TYPES[Form.CSV], name=name)
