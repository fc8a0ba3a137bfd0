"""Finished results on the page: their spread, the photos above the line, the cards, the refused photos."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lychee_rerank.jobs.job import Job
from lychee_rerank.page.cards import draw_cards, draw_cut, lies_outside, page_of
from lychee_rerank.page.charts import draw_charts
from lychee_rerank.page.conditions import draw_chips
from lychee_rerank.page.controls import draw_bands, draw_line, keep_view, show_all
from lychee_rerank.page.criteria import draw_criteria
from lychee_rerank.page.exports import draw_best, draw_exports
from lychee_rerank.page.file_controls import draw_file_controls
from lychee_rerank.page.held_order import Cards, hold_order, watch_cards
from lychee_rerank.page.large_view import draw_large, opened
from lychee_rerank.page.near_copies import Others, line_up
from lychee_rerank.page.picks import draw_picks
from lychee_rerank.page.places import mark_results
from lychee_rerank.records import Look, RankedPhoto, Refusal
from lychee_rerank.results.ranking import Results
from lychee_rerank.results.selection import Sort, View, shown_score
from lychee_rerank.results.spread import Spread, measure_spread
from lychee_rerank.service import Service
from lychee_rerank.words import Words


def draw_results(words: Words, service: Service, results: Results, *, job: Job, settled: int) -> None:
    """The ranked photos of the job with all that can be done with them, and the refused ones.

    So many of the first are likely `settled`.
    """
    if results.ranked:
        with st.container(key="results"):
            spread = measure_spread([photo.scored.score.value for photo in results.ranked])
            results, chosen, view = _draw_head(words, service, results, spread, job=job)
            mark_results()
            page = page_of(chosen, key=f"page-of-{job.id}-{view}")
            lines = _lines(words, page, cliff=spread.cliff, settled=settled) if view.sort is Sort.SCORE else ()
            cards = Cards(f"{job.id} {view} {chosen.index(page[0]) if page else 0}", page, lines)
            cards = hold_order(cards, results.ranked)
            others = view.others(results)
            _draw_page(words, service, cards, job=job, others=others)
            watch_cards(cards, active=job.active)
            if not chosen:
                st.info(_nothing_shown(words, results, view))
            draw_large(words, service, line_up(chosen, others, opened(job)), job=job)
    draw_refusals(words, results.refused)


def _draw_head(
    words: Words, service: Service, results: Results, spread: Spread, *, job: Job
) -> tuple[Results, tuple[RankedPhoto, ...], View]:
    """All that stands above the cards; the results, the photos of them that are to be shown, and the view of them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="heading"):
        st.markdown(f"##### {' '.join(words.spread(spread)) or words.results.histogram_title}", width="stretch")
        with_times = any(facts.taken for facts in results.facts.values())
        view = draw_line(words, job.query.parts, with_times=with_times)
        picks, exports, best = (st.container(width="content") for _ in range(3))
    _draw_unknown_count(words, results, job)
    if any(photo.scored.look is Look.QUICK for photo in results.ranked):
        st.caption(words.results.quick_legend)
    table, charts = st.container(), st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="bands"):
        low, high = draw_bands(words, spread.bands)
        counts = st.container(horizontal=True, vertical_alignment="center", width="content")
        criteria = draw_criteria(words, service, results, job=job, place=table)
        results = replace(results, criteria=criteria)
        asked = view = replace(view, low=low, high=high)
        view = replace(view, conditions=view.conditions if criteria.parts else ())
    distinct, files = draw_file_controls(words, results, view)
    view = replace(view, distinct=distinct, files=files)
    keep_view(job.id, replace(asked, distinct=distinct, files=files))
    chosen = view.choose(results)
    with counts:
        _draw_counts(words, chosen, results, job=job)
    draw_chips(words, view.conditions, job.query.parts)
    with picks:
        draw_picks(words, service, job, results, view)
    with exports:
        draw_exports(words, service, results, view, job=job)
    with best:
        draw_best(words, service, results, view, job=job)
    with charts:
        draw_charts(words.results, results, spread, view, job_id=job.id)
    return results, chosen, view


def _draw_counts(words: Words, chosen: Sequence[RankedPhoto], results: Results, *, job: Job) -> None:
    """How many of the photos are shown, and a way to see all."""
    st.caption(words.results.shown.format(n=len(chosen), total=len(results.ranked)), width="content")
    if len(chosen) < len(results.ranked):
        text, parts = words.results.show_all, job.query.parts
        st.button(text, key="show-all", type="tertiary", on_click=show_all, args=(parts,))


def _draw_unknown_count(words: Words, results: Results, job: Job) -> None:
    """How many photos lie outside what the demo model knows."""
    outside = sum(lies_outside(photo.scored.score) for photo in results.ranked) if job.demo else 0
    if outside:
        st.caption(words.demo_outside_count.format(n=outside))


def _nothing_shown(words: Words, results: Results, view: View) -> str:
    """What hides every photo: the conditions on the parts, the line, or the band or bar."""
    if not View(conditions=view.conditions).eligible(results):
        return words.results.none_meets
    if view.above(results):
        return words.results.none_in_range.format(low=view.low, high=view.high)
    return words.results.none_shown


def _lines(words: Words, page: Sequence[RankedPhoto], *, cliff: int, settled: int) -> Sequence[tuple[int, str]]:
    """The lines between the cards of a page in order of score: where scores fall off, and what is likely settled."""
    lines = []
    above = sum(photo.rank <= cliff for photo in page)
    if 0 < above < len(page):
        upper, lower = shown_score(page[above - 1]), shown_score(page[above])
        stand_out = words.stand_out(cliff).rstrip(".。")
        lines.append((above, words.results.cliff_line.format(cliff=stand_out, upper=upper, lower=lower)))
    above = sum(photo.rank <= settled for photo in page)
    if 0 < above < len(page) and page[above - 1].rank == settled:
        lines.append((above, words.results.settled_line.format(n=settled)))
    return sorted(lines)


def _draw_page(words: Words, service: Service, cards: Cards, *, job: Job, others: Others) -> None:
    """The cards, with the lines between them."""
    drawn = 0
    for above, line in cards.lines:
        if above > drawn:
            draw_cards(words, service, cards.photos[drawn:above], job=job, above=drawn, others=others)
        draw_cut(line)
        drawn = above
    draw_cards(words, service, cards.photos[drawn:], job=job, above=drawn, others=others)


def draw_refusals(words: Words, refused: Sequence[Refusal]) -> None:
    """The refused photos with a plain reason each."""
    if refused:
        name, reason = words.refused_columns
        rows = [{name: refusal.name, reason: words.refusal(refusal)} for refusal in refused]
        with st.container(key="refused"):
            st.markdown(words.refused_title.format(n=len(refused)))
            st.dataframe(rows, hide_index=True)
