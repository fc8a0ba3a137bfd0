"""Photos and a query in, scores and refusals out, one photo after the other; knows the model only as a Protocol."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from lychee_rerank.errors import DeviceLost, PhotoRefused
from lychee_rerank.intake import Decode, Picture, decode_picture, read_bytes
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


class Known(Protocol):
    """What is known of photos by the SHA-256 of their bytes, under all that one run's scores depend on."""

    def find(self, photo_hash: str) -> Score | None:
        """The score of a photo, if there is one; raises PhotoRefused for one that must not be tried again."""

    def keep(self, photo_hash: str, score: Score) -> None:
        """Remembers a new score."""

    def blame(self, photo_hash: str) -> None:
        """Remembers that the GPU was lost over this photo."""


class Judge(Protocol):
    """A model that answers questions about pictures of the size it asks for."""

    @property
    def card(self) -> ModelCard:
        """What the model is and where it runs."""

    def fit_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """The (width, height) in pixels at which it wants to see a photo of this size."""

    def ask(self, template: PromptTemplate, query: str) -> Question:
        """A question about any number of photos."""


class PhotoScorer:
    """Scores the photos of one run; the same bytes are scored once. Raises QueryRefused.

    `template` takes the place of the readout's own prompt. The model is asked only once a photo needs it.
    """

    def __init__(
        self,
        judge: Judge,
        query: str,
        *,
        readout: Readout = Readout.NUMBER,
        template: PromptTemplate | None = None,
        known: Known | None = None,
        decode: Decode = decode_picture,
    ) -> None:
        self._judge, self._readout, self._decode = judge, readout, decode
        self._query, self._template = clean_query(query), template or template_for(readout)
        self._known = known or _Remembered()
        self._question: Question | None = None

    def score(self, photo: Photo, *, index: int) -> Outcome:
        """The photo's score, or why it is refused; `index` is its place in upload order.

        Raises ModelUnusable where the vocabulary lacks a label, DeviceLost.
        """
        try:
            content = read_bytes(photo.path)
            photo_hash = hashlib.sha256(content).hexdigest()
            score = self._known.find(photo_hash) or self._score_new(content, photo_hash)
            return ScoredPhoto(index=index, name=photo.name, score=score, photo_hash=photo_hash)
        except PhotoRefused as refused:
            return _refuse(photo, refused, index=index)

    def _score_new(self, content: bytes, photo_hash: str) -> Score:
        if self._question is None:
            self._question = self._judge.ask(self._template, self._query)
        try:
            picture = self._decode(content, fit=self._judge.fit_size)
            score = _score_picture(picture, self._question, self._readout)
        except DeviceLost:
            self._known.blame(photo_hash)
            raise
        self._known.keep(photo_hash, score)
        return score


class _Remembered(dict[str, Score]):
    """What one run knows by itself."""

    def find(self, photo_hash: str) -> Score | None:
        return self.get(photo_hash)

    def keep(self, photo_hash: str, score: Score) -> None:
        self[photo_hash] = score

    def blame(self, photo_hash: str) -> None:
        """A run by itself does not outlive the GPU."""


def score_photos(
    judge: Judge,
    query: str,
    photos: Sequence[Photo],
    *,
    readout: Readout = Readout.NUMBER,
    template: PromptTemplate | None = None,
    known: Known | None = None,
    decode: Decode = decode_picture,
) -> Iterator[Outcome]:
    """One outcome per photo, in upload order; arguments and errors are those of PhotoScorer.

    A photo that cannot be scored is an outcome, never an error.
    """
    scorer = PhotoScorer(judge, query, readout=readout, template=template, known=known, decode=decode)
    return (scorer.score(photo, index=index) for index, photo in enumerate(photos))


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
