"""A photo on its way to its score: asked about, made ready, waiting, scored or refused; knows no order and no batch."""

import logging
from dataclasses import dataclass, field

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.records import Photo, Refusal, Score, ScoredPhoto
from lychee_rerank.scoring.judge import Known, Prepared, Question, Sight

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Asking:
    """A query as it is scored, what is known under it, and the question, once the model has to be asked."""

    query: str
    known: Known
    own: dict[str, Score] = field(default_factory=dict)
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A photo to be scored; `index` is its place in upload order."""

    index: int
    photo: Photo
    asking: Asking


@dataclass(frozen=True, slots=True)
class Ready:
    """A photo that the model can be asked about: known, remembered, or prepared."""

    photo_hash: str
    score: Score | None = None
    prepared: Prepared = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A photo that waits to be looked at, or for its answer: `held` is what it was prepared to, or what was kept."""

    task: Task
    photo_hash: str
    held: Prepared | Sight


def keep_score(one: Waiting, score: Score) -> ScoredPhoto:
    """Remembers a new score under its query."""
    task, photo_hash = one.task, one.photo_hash
    task.asking.own[photo_hash] = score
    task.asking.known.keep(photo_hash, score)
    return ScoredPhoto(index=task.index, name=task.photo.name, score=score, photo_hash=photo_hash)


def refuse(task: Task, refused: PhotoRefused) -> Refusal:
    """What comes of a photo that cannot be scored."""
    log.debug("photo %d refused: %s", task.index, refused, exc_info=refused)
    return Refusal(index=task.index, name=task.photo.name, reason=refused.reason, kind=refused.kind)
