"""The gallery: the drop zone, what was dropped, the mounted folder, and which of the two counts."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from lychee_rerank.errors import StorageFailed
from lychee_rerank.folders import Found, find_photos
from lychee_rerank.page.process import Shared, owner
from lychee_rerank.records import Photo
from lychee_rerank.words import Words

UPLOADS, FOLDER = "uploads", "folder"
_LISTING_TTL_S = 10  # how long a folder's listing is trusted


@dataclass(frozen=True, slots=True)
class Offer:
    """A folder of photos that the page offers."""

    folder: Path
    found: Found


def draw_gallery(words: Words, shared: Shared) -> tuple[Photo, ...]:
    """Draws the drop zone and the line on the gallery; returns the photos that count, in upload order."""
    uploads = _find_dropped(words, shared)
    _take_drop(words, shared, more=bool(uploads))
    offer = _offer_folder(words, shared)
    with st.container(horizontal=True, vertical_alignment="center", key="gallery-line"):
        source = _draw_source(words, offer, uploads=uploads)
        photos = uploads if source == UPLOADS else offer.found.photos
        st.markdown(words.photos(len(photos)), width="content")
        if source == FOLDER and offer.found.passed_over:
            st.caption(words.passed_over.format(n=offer.found.passed_over), width="content")
        if uploads:
            st.button(words.new_gallery, key="new-gallery", type="tertiary", on_click=_leave_gallery)
    if not photos:
        st.info(words.gallery_empty.format(folder=f"{offer.folder.name}/"))
    return photos


def _find_dropped(words: Words, shared: Shared) -> tuple[Photo, ...]:
    """The photos of the gallery that the URL names; says so where it is not known any more, or cannot be read."""
    gallery_id = st.query_params.get("gallery")
    try:
        if gallery_id and not shared.store.galleries.knows(gallery_id, owner()):
            st.query_params.pop("gallery")
            st.warning(words.gallery_gone)
            return ()
        return shared.photos_dropped(gallery_id)
    except StorageFailed as error:
        st.error(words.failure(error))
        return ()


def _take_drop(words: Words, shared: Shared, *, more: bool) -> None:
    """Draws the drop zone; keeps what was dropped, adds it to the gallery, begins again with an empty drop zone."""
    drops = st.session_state.setdefault("drops", 0)
    large = not more and "run" not in st.query_params
    with st.container(key="drop-large" if large else "drop-line", gap="xsmall"):
        label = words.drop_more if more else words.drop_label
        files = st.file_uploader(label, accept_multiple_files=True, key=f"drop-{drops}")
        if large:
            st.caption(words.drop_hint)
    if not files:
        return
    try:
        with st.spinner(words.keeping.format(n=len(files))):
            _keep_uploads(shared, files)
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    leave_run()
    st.query_params.pop("source", None)
    st.session_state["drops"] = drops + 1
    st.rerun()


def _keep_uploads(shared: Shared, files: Iterable[UploadedFile]) -> None:
    """Moves each upload from Streamlit's memory to the disk; a click in the middle of it loses and doubles nothing."""
    gallery_id = st.query_params.get("gallery")
    if gallery_id is None:
        gallery_id = shared.store.galleries.begin(owner())
        st.query_params["gallery"] = gallery_id
    context = get_script_run_ctx()
    assert context is not None
    manager = context.uploaded_file_mgr
    for file in files:
        shared.store.galleries.add(gallery_id, file.file_id, shared.spool.keep(file.name, file.getbuffer()))
        if isinstance(manager, MemoryUploadedFileManager):
            manager.remove_file(context.session_id, file.file_id)


def _draw_source(words: Words, offer: Offer, *, uploads: tuple[Photo, ...]) -> str:
    """Which gallery counts; a switch where there are two."""
    names = {UPLOADS: words.use_uploads, FOLDER: words.use_folder.format(name=offer.folder.name)}
    if not uploads or not offer.found.photos:
        source = UPLOADS if uploads else FOLDER
        st.text(names[source], width="content")
        return source
    return st.segmented_control(
        words.drop_label,
        options=list(names),
        default=FOLDER if st.query_params.get("source") == FOLDER else UPLOADS,
        required=True,
        format_func=lambda source: names[source],
        key=_source_key(),
        on_change=_remember_source,
        label_visibility="collapsed",
    )


def _offer_folder(words: Words, shared: Shared) -> Offer:
    """The mounted folder, or the samples where that holds no photo or cannot be read, which is said."""
    mounted = shared.settings.images_dir
    if os.path.isdir(mounted) and not os.access(mounted, os.R_OK | os.X_OK):
        st.warning(words.folder_unreadable.format(folder=mounted, user=os.getuid()))
    elif (found := _list_folder(mounted)).photos:
        return Offer(mounted, found)
    samples = shared.settings.samples_dir
    return Offer(samples, _list_folder(samples))


@st.cache_resource(ttl=_LISTING_TTL_S, show_spinner=False)
def _list_folder(folder: Path) -> Found:
    return find_photos([folder]) if os.path.isdir(folder) else Found(photos=(), passed_over=0)


def _leave_gallery() -> None:
    st.query_params.pop("gallery", None)
    leave_run()


def _source_key() -> str:
    """A switch of its own after each drop, so that what was dropped last counts."""
    return f"source-{st.session_state['drops']}"


def _remember_source() -> None:
    st.query_params["source"] = st.session_state[_source_key()]
    leave_run()


def leave_run() -> None:
    """Turns from the run on the page to the gallery; the run itself goes on."""
    st.query_params.pop("run", None)
