"""The query of a run while its photos are scored: what is known under it, what is laid out for it; knows no photo."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lychee_rerank.errors import DeviceLost, ExampleRefused, PhotoRefused
from lychee_rerank.query import Query
from lychee_rerank.records import Score
from lychee_rerank.scoring.cache_keys import EncodingKey, build_encoding_key
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded, KnownScores, Prompt, ScoresOfOneRun
from lychee_rerank.scoring.prompts import PromptTemplate


@dataclass(slots=True)
class ActiveQuery:
    """A query while its photos are scored, the scores known under it, its example and prompt once they are needed."""

    query: Query
    known: KnownScores
    template: PromptTemplate
    encoding_key: EncodingKey
    calibration: Calibration | None
    own: dict[str, Score] = field(default_factory=dict)
    example: Encoded | None = None
    prompt: Prompt | None = None

    def calibrate(self, score: Score) -> Score:
        """The score after the map of this query's scores, where there is one."""
        return self.calibration.apply(score) if self.calibration else score


class ActiveQueries:
    """The queries of one run, one after the other."""

    def __init__(
        self,
        engine: Engine,
        template: PromptTemplate,
        *,
        calibration: Calibration | None,
        known_for: Callable[[Query], KnownScores | None],
    ) -> None:
        self._engine, self._template = engine, template
        self._calibration, self._known_for = calibration, known_for
        card = engine.judge.card
        self._key, self._key_like = build_encoding_key(card, template), build_encoding_key(card, template.like)
        self._last: ActiveQuery | None = None

    def encoding_key_of(self, query: Query) -> EncodingKey:
        """What all photos have in common that are encoded for this query."""
        return self._key if query.example is None else self._key_like

    def activate(self, query: Query) -> ActiveQuery:
        """The query, as it was left where it was the last one."""
        if self._last is None or self._last.query != query:
            known = self._known_for(query)
            self._last = ActiveQuery(
                query,
                ScoresOfOneRun() if known is None else known,
                template=self._template.of(query),
                encoding_key=self.encoding_key_of(query),
                calibration=None if query.example else self._calibration,
            )
        return self._last

    def look_at_example(self, active: ActiveQuery) -> None:
        """Has the query's example, if any, where prompts take it from; raises ExampleRefused, DeviceLost."""
        example = active.query.example
        if example is None or active.example is not None:
            return
        try:
            active.known.find(example.photo_hash)
            active.example = self._engine.encode_example(example)
        except PhotoRefused as refused:  # the GPU was lost over it
            raise ExampleRefused(refused.reason, detail=refused.detail) from refused
        except DeviceLost:
            active.known.blame(example.photo_hash)
            raise

    def prompt_of(self, active: ActiveQuery) -> Prompt:
        """The query's prompt, built once; raises PhotoRefused, DeviceLost."""
        if active.prompt is None:
            active.prompt = self._engine.judge.build_prompt(active.template, active.query.cleaned, active.example)
        return active.prompt
