"""Photos and a query in, scores and refusals out, one photo after the other; knows the model only as a Protocol."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.intake import Picture, decode_picture, read_bytes
from lychee_rerank.prompts import NUMBER, PromptTemplate, clean_query
from lychee_rerank.readout import number_is_over, parse_score
from lychee_rerank.records import ModelCard, Photo, Refusal, Score, ScoredPhoto

log = logging.getLogger(__name__)

Outcome = ScoredPhoto | Refusal


class Question(Protocol):
    """One prompt, ready to be put to photo after photo."""

    def answer(self, picture: Picture, *, until: Callable[[str], bool]) -> str:
        """What the model says about the picture; ends early once `until` is true of the text so far."""


class Judge(Protocol):
    """A model that answers questions about pictures of the size it asks for."""

    @property
    def card(self) -> ModelCard:
        """What the model is and where it runs."""

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which it wants to see a photo of this size."""

    def ask(self, template: PromptTemplate, query: str) -> Question:
        """A question about any number of photos."""


def score_photos(judge: Judge, query: str, photos: Sequence[Photo]) -> Iterator[Outcome]:
    """One outcome per photo, in upload order; the same bytes twice are scored once.

    Raises QueryRefused before the first photo; a photo that cannot be scored is an outcome, never an error.
    """
    question = judge.ask(NUMBER, clean_query(query))
    known: dict[str, Score] = {}
    for index, photo in enumerate(photos):
        try:
            score = _score_photo(photo, judge=judge, question=question, known=known)
            yield ScoredPhoto(index=index, name=photo.name, score=score)
        except PhotoRefused as refused:
            log.debug("photo %d refused: %s", index, refused, exc_info=refused)
            yield Refusal(index=index, name=photo.name, reason=refused.reason, kind=refused.kind)


def _score_photo(photo: Photo, *, judge: Judge, question: Question, known: dict[str, Score]) -> Score:
    content = read_bytes(photo.path)
    digest = hashlib.sha256(content).hexdigest()
    if digest not in known:
        picture = decode_picture(content, fit=judge.fit_size)
        known[digest] = parse_score(question.answer(picture, until=number_is_over))
    return known[digest]
