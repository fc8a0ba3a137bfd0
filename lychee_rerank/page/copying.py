"""Chosen photos copied into a folder below the mounted one, where the app runs beside the user's files."""

from collections.abc import Sequence

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
    """A name for the folder and a button; afterwards where the copies are, or why they are not there."""
    told = words.results
    home = shared.settings.images_dir / PICKS_FOLDER
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(told.copy_to.format(folder=f"{home}/"), clean_name(query), key="copy-folder")
        clicked = st.button(told.copy, key="copy")
    if not clicked:
        return
    folder = home / clean_name(typed)
    try:
        check_folder(folder)
        with st.spinner(told.copying.format(n=len(chosen))):
            copies = list(copy_photos(results.photos, chosen, folder, xmp=xmp))
        table = save_file(folder, TABLE_NAME, build_table(results, tell=words.note, copies=copies))
    except ExportFailed as failed:
        st.error(words.failure(failed))
        return
    done = words.photos(sum(bool(copy.file) for copy in copies))
    st.success(words.exported.format(n=done, folder=folder, table=table))
    problems = [f"{copy.photo.scored.name}: {words.note(copy.problem)}" for copy in copies if copy.problem]
    if problems:
        st.text("\n".join(problems))
