"""A photo on its way to its score: read, prepared, encoded, then scored or refused; knows no order and no batch."""

import logging
from dataclasses import dataclass

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.records import Photo, Refusal, Score, ScoredPhoto
from lychee_rerank.scoring.active_query import ActiveQuery
from lychee_rerank.scoring.judge import Encoded, Prepared

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """A photo to be scored; `index` is its place in upload order."""

    index: int
    photo: Photo
    active: ActiveQuery


@dataclass(frozen=True, slots=True)
class LoadedPhoto:
    """A photo read as far as it has to be: its score is known, it was encoded in a file, or it is prepared.

    None of them is set where the photo is remembered.
    """

    photo_hash: str
    score: Score | None = None
    encoded: Encoded = None
    prepared: Prepared = None


@dataclass(frozen=True, slots=True)
class PreparedTask:
    """A photo that waits to be encoded."""

    task: Task
    photo_hash: str
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class EncodedTask:
    """A photo that waits for its score."""

    task: Task
    photo_hash: str
    encoded: Encoded


def keep_score(one: EncodedTask, score: Score) -> ScoredPhoto:
    """Remembers a new score under its query."""
    task, photo_hash = one.task, one.photo_hash
    task.active.own[photo_hash] = score
    task.active.known.keep(photo_hash, score)
    return ScoredPhoto(index=task.index, name=task.photo.name, score=score, photo_hash=photo_hash)


def refuse(task: Task, refused: PhotoRefused) -> Refusal:
    """What comes of a photo that cannot be scored."""
    log.debug("photo %d refused: %s", task.index, refused, exc_info=refused)
    return Refusal(index=task.index, name=task.photo.name, reason=refused.reason, detail=refused.detail)
