"""Has the model say in its own words why a photo got its score; knows no run, no store and no page.

The prompt has the photo where that of the readout `number` has it, so what the model remembers of a photo serves both.
"""

from collections.abc import Callable, Hashable

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import read_bytes
from lychee_rerank.records import Photo, Refusal
from lychee_rerank.scoring.cache_keys import SightKey, build_sight_key
from lychee_rerank.scoring.judge import Question, Sight
from lychee_rerank.scoring.prompts import clean_query, explain
from lychee_rerank.scoring.scorer import Engine

MAX_EXPLANATION_TOKENS = 160  # three sentences


def explain_score(
    engine: Engine,
    query: str,
    photo: Photo,
    *,
    score: float,
    told: Callable[[str], None] = lambda _: None,
    enough: Callable[[], bool] = lambda: False,
    gallery: Hashable = None,
) -> str | Refusal:
    """The model's own words on why the photo got this score, or why the photo is refused.

    `told` is given the text so far, as it grows; the last of them is the one returned. The text ends early once
    `enough` is true. A photo that the model does not remember is remembered, as one of the `gallery`. Raises
    QueryRefused, DeviceLost.
    """
    template = explain(score)
    question = engine.judge.ask(template, clean_query(query))

    def until(text: str) -> bool:
        """Tells the text; True once it is enough."""
        if enough():
            return True
        told(text.strip())
        return False

    try:
        sight = _see(engine, question, photo, key=build_sight_key(engine.judge.card, template), gallery=gallery)
        (answer,) = question.answer_all([sight], max_tokens=MAX_EXPLANATION_TOKENS, until=until)
        return answer.text.strip()
    except PhotoRefused as refused:
        return Refusal(index=0, name=photo.name, reason=refused.reason, kind=refused.kind)


def _see(engine: Engine, question: Question, photo: Photo, *, key: SightKey, gallery: Hashable) -> Sight:
    """What the model remembers of the photo, which is read and looked at only where it has to be."""
    content = b""
    photo_hash = engine.hashes.find(photo.path)
    if photo_hash is None:
        content = read_bytes(photo.path)
        photo_hash = engine.hashes.take(photo.path, content)
    sight = engine.memory.find(key.of(photo_hash), gallery=gallery)
    if sight is None:
        picture = engine.decode(content or read_bytes(photo.path), fit=engine.judge.fit_size)
        (sight,) = question.look_all([engine.judge.prepare(picture)])
        engine.memory.keep(key.of(photo_hash), sight, gallery=gallery)
    return sight
