"""The gallery: the drop zone, what was dropped, the mounted folder, and which of the two counts."""

from pathlib import Path

import streamlit as st

from lychee_rerank.errors import StorageFailed
from lychee_rerank.folders import Found, find_photos
from lychee_rerank.page.process import Shared
from lychee_rerank.records import Photo
from lychee_rerank.words import Words

UPLOADS, FOLDER = "uploads", "folder"
_LISTING_TTL_S = 10  # how long a folder's listing is trusted


def draw_gallery(words: Words, shared: Shared) -> tuple[Photo, ...]:
    """Draws the drop zone and the line on the gallery; returns the photos that count, in upload order."""
    _take_drop(words, shared)
    uploads = shared.galleries.photos(st.query_params.get("gallery"))
    folder = _offered_folder(shared)
    found = _list_folder(folder)
    with st.container(horizontal=True, vertical_alignment="center", key="gallery-line"):
        source = _draw_source(words, folder, uploads=len(uploads), in_folder=len(found.photos))
        photos = uploads if source == UPLOADS else found.photos
        st.markdown(words.gallery.format(n=len(photos)), width="content")
        if source == FOLDER and found.passed_over:
            st.caption(words.passed_over.format(n=found.passed_over), width="content")
        if uploads:
            st.button(words.clear, key="clear", type="tertiary", on_click=_clear, args=(shared,))
    if not photos:
        st.info(words.gallery_empty.format(folder=f"{folder.name}/"))
    return photos


def _take_drop(words: Words, shared: Shared) -> None:
    """Spools what was dropped, adds it to the gallery and empties the uploader, which would keep it in memory."""
    drops = st.session_state.setdefault("drops", 0)
    empty = not shared.galleries.photos(st.query_params.get("gallery"))
    with st.container(key="drop-large" if empty else "drop-line", gap="xsmall"):
        files = st.file_uploader(
            words.drop_label if empty else words.drop_more, accept_multiple_files=True, key=f"drop-{drops}"
        )
        if empty:
            st.caption(words.drop_hint)
    if not files:
        return
    try:
        photos = [shared.spool.keep(file.name, file.getvalue()) for file in files]
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    st.query_params["gallery"] = shared.galleries.add(st.query_params.get("gallery"), photos)
    st.query_params.pop("run", None)
    st.session_state["source"] = UPLOADS
    st.session_state["drops"] = drops + 1
    st.rerun()


def _draw_source(words: Words, folder: Path, *, uploads: int, in_folder: int) -> str:
    """Which gallery counts; a switch where there are two."""
    names = {UPLOADS: words.use_uploads, FOLDER: words.use_folder.format(name=folder.name)}
    if not uploads or not in_folder:
        source = UPLOADS if uploads else FOLDER
        st.markdown(names[source], width="content")
        return source
    return st.segmented_control(
        words.drop_label,
        options=list(names),
        default=UPLOADS,
        required=True,
        format_func=lambda source: names[source],
        key="source",
        on_change=_leave_run,
        label_visibility="collapsed",
    )


def _offered_folder(shared: Shared) -> Path:
    """The mounted folder, or the samples where that holds no photo."""
    mounted = shared.settings.images_dir
    return mounted if _list_folder(mounted).photos else shared.settings.samples_dir


@st.cache_data(ttl=_LISTING_TTL_S, show_spinner=False)
def _list_folder(folder: Path) -> Found:
    return find_photos([folder]) if folder.is_dir() else Found(photos=(), passed_over=0)


def _clear(shared: Shared) -> None:
    shared.galleries.clear(st.query_params.get("gallery"))
    st.query_params.pop("gallery", None)
    _leave_run()


def _leave_run() -> None:
    st.query_params.pop("run", None)
