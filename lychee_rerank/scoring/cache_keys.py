"""Everything that a score, or an encoded photo, depends on; knows no store and no model class.

Equal keys mean interchangeable results.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from lychee_rerank.photos.decode import DECODE_POLICY_VERSION
from lychee_rerank.query import Query
from lychee_rerank.records import ModelCard, Readout
from lychee_rerank.scoring.prompts import PromptTemplate

PACKAGES = ("pillow", "pi-heif", "torch", "torchvision", "transformers")  # whose versions may change a score


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

    def of(self, photo_hash: str) -> str:
        """The key of one photo's score: SHA-256, in hex."""
        whole = asdict(replace(self, photo=photo_hash))
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def build_key(card: ModelCard, query: Query, *, readout: Readout, template: PromptTemplate) -> ScoreKey:
    """What the photos of one run have in common."""
    return ScoreKey(
        query=query.cleaned,
        readout=readout,
        prompt=f"{template.name} {template.version} {template.text_hash}",
        model=card.fingerprint,
        dtype=card.dtype,
        attention=card.attention,
        device=card.device,
        pixel_budget_px=card.pixel_budget_px,
        decode_policy=DECODE_POLICY_VERSION,
        packages=" ".join(f"{name} {_version(name)}" for name in PACKAGES),
    )


def _version(package: str) -> str:
    """Empty where it is not installed: a model on other machines needs no torch here."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


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
