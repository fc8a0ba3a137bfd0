"""The gallery: the drop zone, what was dropped, the mounted folder, and which of the two counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from lychee_rerank.errors import StorageFailed
from lychee_rerank.page.drops import keep_drop, lists_among, tell_types
from lychee_rerank.page.folder import Offer, draw_rescan, draw_subfolders, draw_unreadable, offer_folder, show_subfolder
from lychee_rerank.page.visitor import owner, photos_dropped
from lychee_rerank.problems import PassedOver
from lychee_rerank.records import Photo, Run
from lychee_rerank.service import Service
from lychee_rerank.words import Words

UPLOADS, FOLDER = "uploads", "folder"
_GONE = "gallery-gone"
MOST_DROPPED = 900  # from about 980 in one drop on, files get lost on their way (streamlit/streamlit#8534)


@dataclass(frozen=True, slots=True)
class Gallery:
    """The photos that count, in upload order, what was passed over beside them, and the lists, newest first."""

    photos: tuple[Photo, ...]
    passed_over: Mapping[PassedOver, int]
    lists: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class _Dropped:
    """What lies in the gallery of the URL, and how much was passed over in its drops."""

    uploads: tuple[Photo, ...] = ()
    lists: tuple[Photo, ...] = ()
    passed_over: Mapping[PassedOver, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """True where anything was kept."""
        return bool(self.uploads or self.lists)


def draw_gallery(words: Words, service: Service) -> Gallery:
    """Draws the drop zone and the gallery's line."""
    dropped = _find_dropped(words, service)
    large = not dropped and "run" not in st.query_params
    row = st.container(horizontal=not large, vertical_alignment="center", key="gallery-row")
    tell_types()
    with row:
        _take_drop(words, service, more=bool(dropped), large=large)
    _draw_large_drop_notice(words, service)
    if dropped.passed_over and not dropped.uploads:  # there is no line of theirs
        st.caption(words.other_files(dropped.passed_over))
    offer = offer_folder(words, service)
    line = row.container(
        horizontal=True, vertical_alignment="center", key="gallery-line", width="stretch" if large else "content"
    )
    with line:
        source = _draw_source(words, offer, uploads=dropped.uploads)
        gallery = _draw_counts(words, offer, dropped, source=source)
        draw_rescan(words, service, offer, shown=source == FOLDER)
        if dropped:
            st.button(words.new_gallery, key="new-gallery", type="tertiary", on_click=_leave_gallery)
    if source == FOLDER and offer.listed:
        draw_unreadable(words, offer.listed)
        if not gallery.photos:
            st.info(words.gallery_empty.format(folder=f"{offer.folder.name}/"))
    return gallery


def _draw_counts(words: Words, offer: Offer, dropped: _Dropped, *, source: str) -> Gallery:
    """How many photos there are, and how many other files beside them; in the folder with a choice of subfolders."""
    if source == UPLOADS:
        gallery = Gallery(dropped.uploads, dropped.passed_over, dropped.lists)
    else:
        subfolder = draw_subfolders(words, offer)
        gallery = Gallery(offer.photos_in(subfolder), offer.passed_over_in(subfolder), dropped.lists)
    if source == UPLOADS or offer.listed:
        st.markdown(words.photos(len(gallery.photos)), width="content")
    if gallery.passed_over:
        st.caption(words.other_files(gallery.passed_over), width="content")
    return gallery


def _find_dropped(words: Words, service: Service) -> _Dropped:
    """All that was dropped into the gallery of the URL; says so where it is not known any more, or cannot be read."""
    gallery_id = st.query_params.get("gallery")
    try:
        if gallery_id and not service.store.galleries.exists(gallery_id, owner()):
            st.query_params.pop("gallery")
            gallery_id, st.session_state[_GONE] = None, True
        if st.session_state.get(_GONE) and gallery_id is None:  # until photos are dropped anew
            st.warning(words.gallery_gone)
        files = photos_dropped(service, gallery_id)
        passed_over = service.store.galleries.passed_over(gallery_id, owner())
    except StorageFailed as error:
        st.error(words.failure(error))
        return _Dropped()
    lists = tuple(dict.fromkeys(reversed(lists_among(files))))
    return _Dropped(tuple(file for file in files if file not in lists), lists, passed_over)


def _take_drop(words: Words, service: Service, *, more: bool, large: bool) -> None:
    """Draws the drop zone; keeps what was dropped, adds it to the gallery, begins again with an empty drop zone."""
    drops = st.session_state.setdefault("drops", 0)
    hint = words.drop_hint.format(most=MOST_DROPPED, folder=service.folder.folder)
    label = words.drop_more if more else words.drop_label
    with st.container(key="drop-large" if large else "drop-line", gap="xsmall"):
        files = st.file_uploader(
            label, accept_multiple_files=True, key=f"drop-{drops}", label_visibility="visible" if large else "collapsed"
        )
        if large:
            st.caption(hint)
    if not files:
        return
    try:
        with st.spinner(words.keeping.format(n=len(files))):
            keep_drop(service, files)
    except StorageFailed as error:
        st.error(words.failure(error))
        return
    leave_run()
    st.query_params.pop("source", None)
    st.session_state["drops"], st.session_state["dropped"] = drops + 1, len(files)
    st.rerun()


def _draw_large_drop_notice(words: Words, service: Service) -> None:
    """Says how many files of a drop that was too large have arrived: how many there were, the browser alone knows."""
    dropped = st.session_state.get("dropped", 0)
    if dropped > MOST_DROPPED:
        st.warning(words.large_drop.format(n=dropped, most=MOST_DROPPED, folder=service.folder.folder))


def _draw_source(words: Words, offer: Offer, *, uploads: tuple[Photo, ...]) -> str:
    """Which gallery counts; a switch where there are two."""
    names = {UPLOADS: words.use_uploads, FOLDER: words.use_folder.format(name=offer.folder.name)}
    if not uploads or not offer.photos:
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


def show_gallery(service: Service, run: Run) -> None:
    """Turns to the gallery that a run is over: what was dropped, or the folder or the subfolder of it."""
    source = FOLDER
    try:
        kept = run.gallery is not None and service.store.galleries.exists(run.gallery, owner())
    except StorageFailed:  # the gallery itself reports it
        return
    if run.gallery and kept:
        st.query_params["gallery"], source = run.gallery, UPLOADS
    elif not run.gallery:
        show_subfolder(service, run.photos)
    if "gallery" in st.query_params:
        st.query_params["source"] = source
        st.session_state[_source_key()] = source


def _leave_gallery() -> None:
    st.query_params.pop("gallery", None)
    st.session_state.pop("dropped", None)
    leave_run()


def _source_key() -> str:
    """A switch of its own after each drop, so that what was dropped last counts."""
    return f"source-{st.session_state.setdefault('drops', 0)}"


def _remember_source() -> None:
    chosen = st.session_state[_source_key()]
    if st.query_params.get("source", UPLOADS) != chosen:
        st.query_params["source"] = chosen
        leave_run()


def leave_run() -> None:
    """Turns from the run on the page to the gallery; the run itself goes on."""
    st.query_params.pop("run", None)
