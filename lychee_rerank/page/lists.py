"""Lists of photos and texts that were dropped with the photos: what they hold, and the button that scores the pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from lychee_rerank.errors import PairsInvalid
from lychee_rerank.jobs import Job
from lychee_rerank.pairs import find_among, load_pairs
from lychee_rerank.records import Photo, RankedPhoto
from lychee_rerank.runs import BadRow, Pair, Pairs
from lychee_rerank.words import Words

_MOST_ROWS, _MOST_CHARACTERS = 100, 200  # of the rows that are passed over, and of the name in each, that are told


@dataclass(frozen=True, slots=True)
class Chosen:
    """A list whose pairs are to be scored."""

    name: str
    pairs: Pairs


def draw_lists(words: Words, files: Sequence[Photo], photos: Sequence[Photo]) -> Chosen | None:
    """A line per list, whose names are looked for among the photos; the list whose button was clicked."""
    chosen = None
    for n, file in enumerate(files):
        try:
            pairs = load_pairs(file.path, find=find_among(photos), name=file.name)
        except PairsInvalid as invalid:
            st.warning(words.failure(invalid))
            continue
        with st.container(horizontal=True, vertical_alignment="center", key=f"list-{n}"):
            st.text(f"{file.name} · {words.pairs(len(pairs.good))}", width="content")
            wanted = st.button(words.lists.moderate, key=f"moderate-{n}", disabled=not pairs.good)
            if pairs.bad:
                with st.popover(words.lists.passed_over.format(n=len(pairs.bad)), key=f"passed-over-{n}"):
                    draw_bad_rows(words, pairs.bad)
        chosen = Chosen(file.name, pairs) if wanted else chosen
    return chosen


def draw_bad_rows(words: Words, bad: Sequence[BadRow]) -> None:
    """The rows that stand for no pair, with a plain reason each; there at once and whole, which a dataframe is not."""
    st.text("\n".join(_tell_row(words, row) for row in bad[:_MOST_ROWS]))
    if len(bad) > _MOST_ROWS:
        st.caption(words.unreadable_more.format(n=len(bad) - _MOST_ROWS))


def _tell_row(words: Words, row: BadRow) -> str:
    """One line, whatever the name."""
    name = " ".join(row.file.split())
    cut = name[:_MOST_CHARACTERS] + "…" if len(name) > _MOST_CHARACTERS else name
    problem = " · ".join(filter(None, (cut, words.note(row.problem))))
    return words.lists.row_line.format(line=row.line, problem=problem)


def tell_place(words: Words, job: Job, photo: RankedPhoto) -> str:
    """Rank and score; the score alone where photos have texts of their own, which no rank compares."""
    caption = words.caption if job.run.pairs is None else words.lists.caption
    return caption.format(rank=photo.rank, score=photo.scored.score.value)


def draw_pair(words: Words, pair: Pair) -> None:
    """The text that the photo was scored against, and its label where there is one."""
    st.text(pair.text)
    if pair.fits is not None:
        st.caption(words.lists.fits if pair.fits else words.lists.does_not_fit)
