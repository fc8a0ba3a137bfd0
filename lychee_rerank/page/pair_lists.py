"""Lists of photos and texts that were dropped with the photos: what they hold, and the button that scores the pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from lychee_rerank.errors import PairsInvalid, StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.lists.encoding import UTF_8
from lychee_rerank.lists.names import Find, find_among
from lychee_rerank.pairs import load_pairs
from lychee_rerank.records import BadRow, Look, Pair, Pairs, Photo, RankedPhoto
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_ABOUT = "≈ "
_MOST_ROWS, _MOST_CHARACTERS = 100, 200  # shown of the rows that are passed over, and of the name in each


@dataclass(frozen=True, slots=True)
class Chosen:
    """A list whose pairs are to be scored."""

    name: str
    pairs: Pairs


def draw_lists(words: Words, service: Service, files: Sequence[Photo], photos: Sequence[Photo]) -> Chosen | None:
    """A line per list, newest first, whose names are looked for among the photos; the list whose button was clicked."""
    if not files:
        return None
    chosen, find = None, find_among(photos)
    for n, file in enumerate(files):
        with st.container(horizontal=True, vertical_alignment="center", key=f"list-{n}"):
            pairs = _tell_list(words, file, find)
            if n == 0 and len(files) > 1:
                st.caption(words.lists.newest, width="content")
            if pairs and _draw_pairs(words, file, pairs):
                chosen = Chosen(file.name, pairs)
            st.button(
                words.lists.remove,
                key=f"remove-{_tell_apart(file)}",
                type="tertiary",
                icon=":material/close:",
                on_click=_remove,
                args=(words, service, st.query_params["gallery"], file),
            )
    return chosen


def _tell_list(words: Words, file: Photo, find: Find) -> Pairs | None:
    """Says how many pairs a list holds, or why it cannot be used; its rows, None without."""
    try:
        pairs = load_pairs(file.path, find=find, name=file.name)
    except PairsInvalid as invalid:
        st.text(f"⚠ {words.failure(invalid)}", width="content")
        return None
    read_as = [words.lists.read_as.format(encoding=pairs.encoding)] if pairs.encoding != UTF_8 else []
    st.text(" · ".join([file.name, words.pairs(len(pairs.good)), *read_as]), width="content")
    return pairs


def _draw_pairs(words: Words, file: Photo, pairs: Pairs) -> bool:
    """The button that scores the pairs, True when it was clicked; the rows that are passed over."""
    clicked = st.button(words.lists.moderate, key=f"moderate-{_tell_apart(file)}", disabled=not pairs.good)
    if pairs.bad:
        with st.popover(words.lists.passed_over.format(n=len(pairs.bad)), key=f"passed-over-{_tell_apart(file)}"):
            draw_bad_rows(words, pairs.bad)
    return clicked


def _tell_apart(file: Photo) -> str:
    """A key that moves with its list: by its place, a second click could hit the list that has just moved up."""
    return f"{file.name} {file.path.name}"


def _remove(words: Words, service: Service, gallery_id: str, file: Photo) -> None:
    """Takes the list away from the gallery for good; what was scored from it stays."""
    try:
        service.retention.remove_uploads(gallery_id, [file])
    except StorageFailed as error:
        st.error(words.failure(error))


def draw_bad_rows(words: Words, bad: Sequence[BadRow]) -> None:
    """The rows that stand for no pair, with a plain reason each; there at once and whole, which a dataframe is not."""
    st.text("\n".join(_row_line(words, row) for row in bad[:_MOST_ROWS]))
    if len(bad) > _MOST_ROWS:
        st.caption(words.unreadable_more.format(n=len(bad) - _MOST_ROWS))


def _row_line(words: Words, row: BadRow) -> str:
    """One line, whatever the name."""
    name = " ".join(row.file.split())
    cut = name[:_MOST_CHARACTERS] + "…" if len(name) > _MOST_CHARACTERS else name
    problem = " · ".join(filter(None, (cut, words.describe(row.problem))))
    return words.lists.row_line.format(line=row.line, problem=problem)


def rank_caption(words: Words, job: Job, photo: RankedPhoto) -> str:
    """Rank and score, a provisional one as about so much; no rank where photos have texts of their own."""
    caption = words.caption if job.run.pairs is None else words.lists.caption
    about = _ABOUT if photo.scored.look is Look.QUICK else ""
    return caption.format(rank=photo.rank, score=f"{about}{photo.scored.score.value:.1f}")


def draw_pair(words: Words, pair: Pair) -> None:
    """The text that the photo was scored against, and its label where there is one."""
    st.text(pair.query.text)
    if pair.fits is not None:
        st.caption(words.lists.fits if pair.fits else words.lists.does_not_fit)
