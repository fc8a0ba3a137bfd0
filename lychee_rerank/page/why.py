"""Why? below a photo: the model's own words on its score, as they come, and kept with the run."""

import streamlit as st

from lychee_rerank.explanation import Explanation
from lychee_rerank.jobs import Job
from lychee_rerank.page.process import Shared
from lychee_rerank.words import Words

_POLL_S = 0.2


def draw_why(words: Words, shared: Shared, job: Job, index: int) -> None:
    """What was said on the photo at this place, or a button that asks for it; returns once all is said."""
    told = words.results
    explanation = shared.worker.explanations.find(job, index)
    ask = explanation is None or explanation.failed
    if ask and st.button(told.why, icon=":material/help:", key="why", help=told.why_help):
        explanation = shared.worker.explain(job, index, again=True)
    if explanation is not None:
        _tell(words, explanation)


def _tell(words: Words, explanation: Explanation) -> None:
    """The text as it grows, then the whole, or what kept the model from it."""
    place = st.empty()
    while not explanation.wait(_POLL_S):
        place.text(f"{explanation.text or words.results.why_waiting} …")
    if explanation.refusal is not None:
        place.warning(words.refusal(explanation.refusal))
    elif explanation.error is not None:
        place.error(words.failure(explanation.error))
    else:
        place.text(explanation.text)
