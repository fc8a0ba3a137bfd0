"""The photo that the next question has as its example: where it comes from, how it survives a reload, its mark.

It stands in the URL as a gallery of that one photo: kept, found and cleared as galleries are, by its owner alone.
"""

from collections.abc import Callable
from html import escape

import streamlit as st

from lychee_rerank.errors import ExampleRefused, StorageFailed
from lychee_rerank.jobs.job import Job
from lychee_rerank.page.asked import ask, asked
from lychee_rerank.page.visitor import owner, photos_dropped
from lychee_rerank.photos.example import load_example
from lychee_rerank.query import Example
from lychee_rerank.records import Photo, ScoredPhoto
from lychee_rerank.service import Service
from lychee_rerank.words import Words

_PARAMETER = "like"  # in the URL
_REFUSAL, _CHOSEN = "like-refusal", "like-chosen"
_MARK = '<span class="example">{text}</span>'

Sentence = Callable[[Words], str]


def chosen_example(service: Service) -> Example | None:
    """The example of the next question; one that is not there any more, or cannot be read, is given up and told."""
    kept, found = next(iter(asked(_PARAMETER)), None), None
    if kept is None:
        return None
    try:
        found = next(iter(photos_dropped(service, kept)), None)
        if found is not None:
            return load_example(found, hashes=service.worker.setup.hashes)
        forget_example()
        tell_refusal(lambda words: words.like.gone)
    except StorageFailed as error:
        tell_refusal(_sentence("", error))
    except ExampleRefused as error:
        forget_example()
        tell_refusal(_sentence(found.name if found else "", error))
    return None


def choose_example(service: Service, photo: Photo) -> None:
    """Makes this photo the example of the next question; what is typed stays as it is."""
    try:
        load_example(photo, hashes=service.worker.setup.hashes)
        kept = service.store.galleries.begin(owner())
        service.store.galleries.add(kept, _PARAMETER, photo)
    except (ExampleRefused, StorageFailed) as error:
        refuse_example(photo.name, error)
        return
    ask(_PARAMETER, [kept])
    forget_refusal()
    st.session_state[_CHOSEN] = times_chosen() + 1


def recall_example(service: Service, example: Example | None) -> None:
    """Brings along the example of a run of before, or that it has none."""
    if example is None:
        forget_example()
    elif example != chosen_example(service):
        choose_example(service, Photo(example.name, example.path))


def forget_example() -> None:
    """The next question is in words alone."""
    ask(_PARAMETER, [])
    forget_refusal()


def refuse_example(name: str, error: ExampleRefused | StorageFailed) -> None:
    """Has the page tell why this photo did not become the example; the one before it stays."""
    tell_refusal(_sentence(name, error))


def tell_refusal(sentence: Sentence) -> None:
    """Has the page tell this above the query box, until a photo becomes the example or a question is asked."""
    st.session_state[_REFUSAL] = sentence


def forget_refusal() -> None:
    """What was told of a photo that did not become the example is over."""
    st.session_state.pop(_REFUSAL, None)


def refusal_told() -> Sentence | None:
    """What is to be told."""
    told: Sentence | None = st.session_state.get(_REFUSAL)
    return told


def times_chosen() -> int:
    """How often an example was chosen on this page: each time the query box gets the focus."""
    times: int = st.session_state.get(_CHOSEN, 0)
    return times


def draw_more_like(words: Words, *, key: str, choose: Callable[[], None], bordered: bool = False) -> None:
    """A button that has a photo chosen as the example of the next question; no run begins before that is asked."""
    icon = ":material/image_search:" if bordered else None
    if st.button(words.like.more, key=key, icon=icon, type="secondary" if bordered else "tertiary", on_click=choose):
        st.rerun(scope="app")  # the sidebar is no part of the results


def draw_mark(words: Words, job: Job, scored: ScoredPhoto) -> None:
    """Says of the photo that is the example of its own run that it is; two files of the same bytes both are."""
    if job.query.example is not None and job.query.example.photo_hash == scored.photo_hash:
        st.html(_MARK.format(text=escape(words.like.mark)), width="content")


def _sentence(name: str, error: ExampleRefused | StorageFailed) -> Sentence:
    if isinstance(error, ExampleRefused):
        return lambda words: words.like.refused.format(name=name, reason=words.refusal(error))
    return lambda words: words.failure(error)
