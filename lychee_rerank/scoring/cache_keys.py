"""Everything that a score, or an encoded photo, depends on; knows no store and no model class.

Equal keys mean interchangeable results.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Self

from lychee_rerank.model_card import ModelCard
from lychee_rerank.photos.decode import DECODE_POLICY_VERSION
from lychee_rerank.query import Query
from lychee_rerank.records import Readout
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.scoring.prompts import PromptTemplate

PACKAGES = ("pillow", "pi-heif", "torch", "torchvision", "transformers")  # whose versions may change a score
_BEFORE_MAP = "+"
_OFTEN_NONE = ("calibration", "example", "example_budget_px")


@dataclass(frozen=True, slots=True)
class ScoreKey:
    """Everything that can change the score of one photo, or of any photo of a run while `photo` is empty."""

    query: str  # cleaned
    readout: Readout
    prompt: str  # name, version and hash of the template
    model: str  # the folder's fingerprint
    dtype: str
    attention: str
    device: str
    pixel_budget_px: int
    decode_policy: int
    packages: str
    photo: str = ""  # SHA-256 of the file's bytes
    calibration: str = ""  # the key of the map that the model's own score goes through
    example: str = ""  # SHA-256 of the bytes of the query's example
    example_budget_px: int = 0  # none without an example

    @property
    def fields(self) -> dict[str, object]:
        """By name, as earlier versions have them where there is no map and no example."""
        return {name: value for name, value in asdict(self).items() if value or name not in _OFTEN_NONE}

    def about(self, query: Query, card: ModelCard, template: PromptTemplate) -> Self:
        """The key of another query under the same template, or its variant for an example."""
        example = query.example
        return replace(
            self,
            query=query.cleaned,
            prompt=template.of(query).identity,
            calibration="" if example else self.calibration,
            example=example.photo_hash if example else "",
            example_budget_px=card.example_budget_px if example else 0,
        )

    def of(self, photo_hash: str) -> str:
        """The key of one photo's score: SHA-256, in hex; behind that of the model's own score the map's, if any."""
        own = replace(self, photo=photo_hash, calibration="").fields
        key = hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()
        return f"{key}{_BEFORE_MAP}{self.calibration}" if self.calibration else key


def own_key(key: str) -> str:
    """The key of the model's own score, of a key of one photo's score."""
    return key.partition(_BEFORE_MAP)[0]


def build_key(
    card: ModelCard,
    query: Query,
    *,
    readout: Readout,
    template: PromptTemplate,
    calibration: Calibration | None = None,
) -> ScoreKey:
    """What the photos of one run have in common; a map is one of scores for words, and none goes by an example's."""
    key = ScoreKey(
        query="",
        readout=readout,
        prompt="",
        model=card.fingerprint,
        dtype=card.dtype,
        attention=card.attention,
        device=card.device,
        pixel_budget_px=card.pixel_budget_px,
        decode_policy=DECODE_POLICY_VERSION,
        packages=" ".join(_versions()),
        calibration=calibration.key if calibration else "",
    )
    return key.about(query, card, template)


def _versions() -> Iterator[str]:
    """Each package with its version, where it is installed: a model on other machines needs no torch here."""
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"


@dataclass(frozen=True, slots=True)
class EncodingKey:
    """Everything that can change how one photo is encoded, or any photo while `photo` is empty."""

    prefix: str  # hash of the prompt before the photo; "features" where the query stands there
    model: str
    dtype: str
    attention: str
    pixel_budget_px: int
    decode_policy: int
    photo: str = ""  # SHA-256 of the file's bytes

    def of(self, photo_hash: str) -> "EncodingKey":
        """The key of one photo."""
        return replace(self, photo=photo_hash)


def build_encoding_key(card: ModelCard, template: PromptTemplate) -> EncodingKey:
    """What all photos have in common that are encoded for this prompt; every query shares it."""
    return EncodingKey(
        prefix=template.before_hash if template.photo_before_query else "features",
        model=f"{card.folder} {card.fingerprint}",
        dtype=card.dtype,
        attention=card.attention,
        pixel_budget_px=card.pixel_budget_px,
        decode_policy=DECODE_POLICY_VERSION,
    )
