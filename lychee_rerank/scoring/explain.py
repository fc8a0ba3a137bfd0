"""Has the model explain in its own words why a photo got its score; knows no run, no store and no page.

The prompt has the photo where that of the readout `number` has it, so what the model remembers of a photo serves both.
"""

from collections.abc import Callable, Hashable

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.query import Query
from lychee_rerank.records import Photo, Refusal
from lychee_rerank.scoring.cache_keys import EncodingKey, build_encoding_key
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded, Prompt
from lychee_rerank.scoring.prompts import explain, explain_like

MAX_EXPLANATION_TOKENS = 160  # three sentences


def explain_score(
    engine: Engine,
    query: Query,
    photo: Photo,
    *,
    score: float,
    language: str = "English",
    on_text: Callable[[str], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    gallery: Hashable = None,
) -> str | Refusal:
    """The model's own words on why the photo got this score, or why the photo is refused.

    They are in the language of the query; beside an example, which may have no words, in `language`: "Chinese".

    `on_text` is called with the text so far, as it grows; the last of them is the one returned. The text ends early
    once `stop` is true. A photo that the model does not remember is remembered, as one of the `gallery`. Raises
    DeviceLost, ExampleRefused.
    """
    template = explain_like(score, language=language) if query.example else explain(score)
    example = engine.encode_example(query.example) if query.example else None

    def until(text: str) -> bool:
        """Passes the text on; True once it is enough."""
        if stop():
            return True
        on_text(text.strip())
        return False

    try:
        prompt = engine.judge.build_prompt(template, query.cleaned, example)
        key = build_encoding_key(engine.judge.card, template)
        encoded = _encode(engine, prompt, photo, key=key, gallery=gallery)
        (answer,) = prompt.generate([encoded], max_tokens=MAX_EXPLANATION_TOKENS, until=until)
        return answer.text.strip()
    except PhotoRefused as refused:
        return Refusal(index=0, name=photo.name, reason=refused.reason, detail=refused.detail)


def _encode(engine: Engine, prompt: Prompt, photo: Photo, *, key: EncodingKey, gallery: Hashable) -> Encoded:
    """What the model remembers of the photo, which is read and encoded only where it has to be."""
    hashed = engine.hash(photo)
    key = key.of(hashed.photo_hash)
    encoded = engine.memory.find(key, gallery=gallery)
    if encoded is None:
        (encoded,) = prompt.encode([engine.prepare(hashed)])
        engine.memory.keep(key, encoded, gallery=gallery)
    return encoded
