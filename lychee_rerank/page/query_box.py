"""A photo that is dropped onto the query box, or pasted into it, becomes the example; a photo of the page does too."""

import streamlit as st

from lychee_rerank.errors import ExampleRefused, PhotoRefused, StorageFailed
from lychee_rerank.page.drops import free_memory
from lychee_rerank.page.example import choose_example, refuse_example, tell_refusal, times_chosen
from lychee_rerank.page.visitor import find_photo
from lychee_rerank.photos.decode import fit_within
from lychee_rerank.photos.limits import MAX_FILE_BYTES, check_bytes
from lychee_rerank.service import Service
from lychee_rerank.store.uploads import SMALL_PX
from lychee_rerank.words import Words

_FILES = "like-files"
_WAIT_MS = 30_000  # for a page that is being drawn
_UPLOADER = "like-file-{n}"  # out of sight; a new one for each file
# A browser hands over a photo of this page by its address, and a file through an uploader that nobody sees. What is
# copied in a table or a text has a picture of itself beside it: that is text. Some systems copy a file with its name.
# That uploader is drawn last: what comes before it waits.
# Whatever was chosen, the box gets the focus once the large view is closed, which gives it back to a card first.
_LISTEN = """export default function ({ parentElement, setTriggerValue, data }) {
  const place = parentElement.dataset, find = (selector) => document.querySelector(selector);
  if (data.chosen > Number(place.chosen ?? 0)) {
    const since = performance.now();
    let over = false;
    const end = () => { over = true; };
    for (const deed of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(deed, end, {once: true});
    const hold = () => {
      const box = find(".st-key-query textarea");
      if (over || performance.now() - since > 1500) return;
      if (box && box !== document.activeElement && !find('[data-testid="stDialog"]')) {
        box.focus({preventScroll: true});
        (find(".st-key-like") ?? box).scrollIntoView({block: "nearest"});
      }
      requestAnimationFrame(hold);
    };
    hold();
  }
  place.chosen = data.chosen;
  if (place.listening) return;
  place.listening = "yes";
  const at = (event) => event.target.closest?.(".st-key-query, .st-key-like, .st-key-like-refused");
  const show = (over) => find(".st-key-query")?.toggleAttribute("data-over", Boolean(over));
  const give = (event, given) => {
    event.preventDefault();
    setTriggerValue("given", given);
  };
  const take = (event, {files, items}) => {
    const [file] = files, kept = new DataTransfer(), since = performance.now();
    if (!file) return;
    const folder = [...items].some((one) => one.webkitGetAsEntry?.()?.isDirectory);
    if (files.length > 1 || folder) return give(event, {several: true});
    if (file.size > data.most_bytes) return give(event, {name: file.name, size_bytes: file.size});
    event.preventDefault();
    kept.items.add(file);
    const hand = () => {
      const input = find("[class*='st-key-like-file-'] input");
      if (input) {
        input.files = kept.files;
        input.dispatchEvent(new Event("change", {bubbles: true}));
      } else if (performance.now() - since < data.wait_ms) requestAnimationFrame(hand);
    };
    hand();
  };
  const over = (event) => {
    const taken = at(event) && ["Files", "text/uri-list"].some((type) => event.dataTransfer.types.includes(type));
    show(taken);
    if (taken) event.preventDefault();
  };
  const drop = (event) => {
    show(false);
    if (!at(event)) return;
    const url = event.dataTransfer.getData("text/uri-list").trim();
    if (url.startsWith(location.origin) && /[/](thumbnails|photos)[/]/.test(url)) give(event, {url});
    else take(event, event.dataTransfer);
  };
  const paste = (event) => {
    const {files} = event.clipboardData, text = event.clipboardData.getData("text/plain").trim();
    if (at(event) && (!text || [...files].some((file) => file.name === text))) take(event, event.clipboardData);
  };
  const deeds = {dragover: over, dragleave: over, drop, paste};
  for (const deed in deeds) document.addEventListener(deed, deeds[deed]);
  return () => Object.keys(deeds).forEach((deed) => document.removeEventListener(deed, deeds[deed]));
}"""


def draw_query_box_uploader(words: Words, service: Service) -> None:
    """Where files go that are dropped onto the query box, or pasted into it; seen by nobody."""
    key = _UPLOADER.format(n=st.session_state.get(_FILES, 0))
    st.file_uploader(words.query_label, key=key, on_change=_take_file, args=(service, key))


def listen_at_query_box(service: Service) -> None:
    """What takes drops and pastes; draws the page again once one has come that is no file."""
    data = {"chosen": times_chosen(), "most_bytes": MAX_FILE_BYTES, "wait_ms": _WAIT_MS}
    given = _listen(key="query-box", data=data, on_given_change=lambda: None).given
    if given:
        _take_given(service, **given)
        st.rerun()


def _take_given(service: Service, *, url: str = "", several: bool = False, name: str = "", size_bytes: int = 0) -> None:
    """A photo of the page, or what was not even sent here: several files, or one that is too large."""
    if several:
        tell_refusal(lambda words: words.like.one)
    elif url:
        photo = find_photo(service, url)
        if photo is None:
            tell_refusal(lambda words: words.like.gone)
        else:
            choose_example(service, photo)
    else:
        try:
            check_bytes(size_bytes)
        except PhotoRefused as refused:
            refuse_example(name, ExampleRefused(refused.reason, detail=refused.detail))


def _take_file(service: Service, key: str) -> None:
    """Keeps the file as an upload and makes it the example, where it is a photo that can be looked at."""
    file = st.session_state[key]
    if file is None:
        return
    st.session_state[_FILES] = st.session_state.get(_FILES, 0) + 1
    try:
        content = file.getvalue()
        check_bytes(len(content))
        service.decoders.decode(content, fit=fit_within(SMALL_PX))
        choose_example(service, service.uploads.keep(file.name, content))
    except PhotoRefused as refused:
        refuse_example(file.name, ExampleRefused(refused.reason, detail=refused.detail))
    except StorageFailed as error:
        refuse_example(file.name, error)
    finally:
        free_memory(file)


_listen = st.components.v2.component(
    "lychee_query_box", html='<span class="place"></span>', js=_LISTEN, isolate_styles=False
)
