"""Files from the drop zone: photos and lists are kept, what a folder would not count as a photo is passed over."""

from collections.abc import Iterable, Sequence

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from lychee_rerank.page.visitor import owner, photos_dropped
from lychee_rerank.pairs import LIST_ENDING
from lychee_rerank.photos.folders import PHOTO_ENDINGS, why_passed_over
from lychee_rerank.photos.formats import DECODED_KINDS, KIND_WINDOW_BYTES, find_kind
from lychee_rerank.problems import PassedOver
from lychee_rerank.records import Photo
from lychee_rerank.service import Service

# Streamlit's `type=` would tell the picker too, but then its page also turns away what is dropped, in English and
# uncounted, and its server ends the whole drop over one wrong ending. This tells the picker alone, of each drop zone
# that comes onto the page.
_TELL_TYPES = """<span class="place"></span><script>(() => {{
  const tell = () => {{
    for (const input of document.querySelectorAll('[data-testid="stFileUploaderDropzoneInput"]:not([accept])'))
      input.accept = "{types}";
  }};
  new MutationObserver(tell).observe(document.body, {{childList: true, subtree: true}});
  tell();
}})()</script>"""


def tell_types() -> None:
    """Tells the browser's picker which files are taken, so that a phone offers these and converts others to them."""
    st.html(_TELL_TYPES.format(types=",".join((*PHOTO_ENDINGS, LIST_ENDING))), unsafe_allow_javascript=True)


def keep_drop(service: Service, files: Sequence[UploadedFile]) -> None:
    """Moves each upload from Streamlit's memory to the disk; a click in the middle of it loses and doubles nothing.

    A list takes the place of those that an earlier drop brought under its name: who corrects a list drops it again.
    """
    gallery_id = st.query_params.get("gallery")
    if gallery_id is None:
        gallery_id = service.store.galleries.begin(owner())
        st.query_params["gallery"] = gallery_id
    kept = list[Photo]()
    earlier = lists_among(photos_dropped(service, gallery_id))
    for file in files:
        reason = _why_passed_over(file) if len(files) > 1 else None  # a file that comes alone is meant
        if reason is None:
            kept.append(service.uploads.keep(file.name, file.getbuffer()))
            service.store.galleries.add(gallery_id, file.file_id, kept[-1])
        else:
            service.store.galleries.pass_over(gallery_id, file.file_id, reason)
        free_memory(file)
    names = {photo.name for photo in kept}
    replaced = [old for old in earlier if old.name in names and old not in kept]
    if replaced:
        service.retention.remove_uploads(gallery_id, replaced)


def free_memory(file: UploadedFile) -> None:
    """Takes an upload that is kept, or is not to be, out of Streamlit's memory."""
    context = get_script_run_ctx()
    assert context is not None
    if isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def lists_among(files: Iterable[Photo]) -> list[Photo]:
    """Those that are lists of photos and texts, by their names."""
    return [file for file in files if file.name.lower().endswith(LIST_ENDING)]


def _why_passed_over(file: UploadedFile) -> PassedOver | None:
    """The rule of folders; but a name that tells nothing, as messengers give, does not make a picture another type."""
    reason = why_passed_over(tuple(filter(None, file.name.split("/"))) or (file.name,))
    if reason is not PassedOver.OTHER_TYPE or file.name.lower().endswith(LIST_ENDING):
        return None if reason is PassedOver.OTHER_TYPE else reason
    start = bytes(file.getbuffer()[:KIND_WINDOW_BYTES])
    return None if find_kind(start) in DECODED_KINDS else reason
