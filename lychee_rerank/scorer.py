"""Photos and a query in, scores and refusals out, one photo after the other; knows the model only as a Protocol."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.intake import Picture, decode_picture, read_bytes
from lychee_rerank.prompts import PromptTemplate, clean_query, explain, template_for
from lychee_rerank.readout import number_is_over, read_expected, read_number, read_yes_no
from lychee_rerank.records import Answer, ModelCard, Photo, Readout, Refusal, Score, ScoredPhoto, Verdict

log = logging.getLogger(__name__)

MAX_ANSWER_TOKENS = 64
MAX_EXPLANATION_TOKENS = 160  # three sentences

Outcome = ScoredPhoto | Refusal


class Question(Protocol):
    """One prompt, ready to be put to photo after photo."""

    def answer(self, picture: Picture, *, max_tokens: int, until: Callable[[str], bool]) -> Answer:
        """What the model says about the picture; ends early once `until` is true of the text so far."""

    def decide(self, picture: Picture) -> Verdict:
        """How far the model would answer with yes, and how far with no."""


class Judge(Protocol):
    """A model that answers questions about pictures of the size it asks for."""

    @property
    def card(self) -> ModelCard:
        """What the model is and where it runs."""

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which it wants to see a photo of this size."""

    def ask(self, template: PromptTemplate, query: str) -> Question:
        """A question about any number of photos."""


def score_photos(
    judge: Judge,
    query: str,
    photos: Sequence[Photo],
    *,
    readout: Readout = Readout.NUMBER,
    template: PromptTemplate | None = None,
) -> Iterator[Outcome]:
    """One outcome per photo, in upload order; the same bytes twice are scored once.

    `template` takes the place of the readout's own prompt. Raises QueryRefused before the first photo, ModelUnusable
    where the vocabulary lacks a label; a photo that cannot be scored is an outcome, never an error.
    """
    question = judge.ask(template or template_for(readout), clean_query(query))
    known: dict[str, Score] = {}
    for index, photo in enumerate(photos):
        try:
            content = read_bytes(photo.path)
            digest = hashlib.sha256(content).hexdigest()
            if digest not in known:
                known[digest] = _score_picture(decode_picture(content, fit=judge.fit_size), question, readout)
            yield ScoredPhoto(index=index, name=photo.name, score=known[digest])
        except PhotoRefused as refused:
            yield _refuse(photo, refused, index=index)


def explain_score(judge: Judge, query: str, photo: Photo, *, score: float) -> str | Refusal:
    """The model's own words on why the photo got this score, or why the photo is refused; raises QueryRefused."""
    question = judge.ask(explain(score), clean_query(query))
    try:
        picture = decode_picture(read_bytes(photo.path), fit=judge.fit_size)
        return question.answer(picture, max_tokens=MAX_EXPLANATION_TOKENS, until=_never).text.strip()
    except PhotoRefused as refused:
        return _refuse(photo, refused, index=0)


def _score_picture(picture: Picture, question: Question, readout: Readout) -> Score:
    if readout is Readout.YES_NO:
        return read_yes_no(question.decide(picture))
    if readout is Readout.EXPECTED:
        return read_expected(question.answer(picture, max_tokens=1, until=_never))
    return read_number(question.answer(picture, max_tokens=MAX_ANSWER_TOKENS, until=number_is_over))


def _refuse(photo: Photo, refused: PhotoRefused, *, index: int) -> Refusal:
    log.debug("photo %d refused: %s", index, refused, exc_info=refused)
    return Refusal(index=index, name=photo.name, reason=refused.reason, kind=refused.kind)


def _never(_: str) -> bool:
    return False
