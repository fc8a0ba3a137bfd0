"""Chosen photos copied into a folder below the mounted one, where the app runs beside the user's files."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from lychee_rerank.errors import ExportFailed
from lychee_rerank.export.copies import check_folder, copy_photos, save_file
from lychee_rerank.export.marks import Xmp
from lychee_rerank.export.names import clean_name
from lychee_rerank.export.results import Results
from lychee_rerank.export.table import TABLE_NAME, build_table
from lychee_rerank.folders import PICKS_FOLDER
from lychee_rerank.page.process import Shared
from lychee_rerank.records import RankedPhoto
from lychee_rerank.words import Words


def draw_copying(
    words: Words, shared: Shared, results: Results, chosen: Sequence[RankedPhoto], xmp: Xmp, *, query: str
) -> None:
    """A name for the folder and a button; where these stood, once it is clicked, where the copies are or why not."""
    told = words.results
    home = shared.settings.images_dir / PICKS_FOLDER
    outcome = st.container()  # above the button, which it pushes down: there the user is looking
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(told.copy_to.format(folder=f"{home}/"), clean_name(query), key="copy-folder")
        clicked = st.button(told.copy, key="copy")
    if clicked:
        with outcome:
            _copy(words, results, chosen, home / clean_name(typed), xmp)


def _copy(words: Words, results: Results, chosen: Sequence[RankedPhoto], folder: Path, xmp: Xmp) -> None:
    try:
        check_folder(folder)
        with st.spinner(words.results.copying.format(n=len(chosen))):
            copies = list(copy_photos(results.photos, chosen, folder, xmp=xmp))
        table = save_file(folder, TABLE_NAME, build_table(results, tell=words.note, copies=copies))
    except ExportFailed as failed:
        st.error(words.failure(failed))
        return
    st.success(words.copied(copies, folder=str(folder), table=table))
    problems = [f"{copy.photo.scored.name}: {words.note(copy.problem)}" for copy in copies if copy.problem]
    if problems:
        st.text("\n".join(problems))
