"""A map from a model's own scores to scores that mean what they say, as a file holds it; knows no labelled set.

Between two knots the map is a straight line, beyond the ends it is flat: that is how scikit-learn's IsotonicRegression
applies what it has fitted. It never falls, so that the order of scores stays; where it is level, the model's own scores
still tell photos apart (results/ranking.py).
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from lychee_rerank.errors import CalibrationRefused
from lychee_rerank.problems import CalibrationProblem
from lychee_rerank.records import Readout, Score
from lychee_rerank.scoring.prompts import PromptTemplate
from lychee_rerank.scoring.readout import MAX_SCORE

FORMAT = 1  # of the file


@dataclass(frozen=True, slots=True)
class Fit:
    """What a map was fitted to, and by how many points scores and truths lie apart before and after.

    `error_after` is that of photos which the map, fitted without their queries, had not seen.
    """

    photos: int
    queries: int
    error_before: float
    error_after: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A map and what it holds for. `knots` are (own score, score that is shown), each rising, from 0 to 10."""

    knots: tuple[tuple[float, float], ...]
    model_name: str
    fingerprint: str  # of the model
    readout: Readout
    prompt: str  # name, version and hash of the template
    fit: Fit
    file: str = field(default="", compare=False)  # that it was read from

    @property
    def key(self) -> str:
        """Maps of one key give the same scores: SHA-256 of the knots, in hex."""
        return hashlib.sha256(json.dumps(self.knots).encode()).hexdigest()

    def apply(self, score: Score) -> Score:
        """The score with the model's own kept beside it; one that has been through a map is left as it is."""
        if score.raw is not None:
            return score
        return replace(score, value=map_score(self.knots, score.value), raw=score.value)

    def check(self, fingerprint: str, *, readout: Readout, template: PromptTemplate) -> None:
        """Raises CalibrationRefused where scores come from another model, readout or prompt than the map's.

        `fingerprint` is the model's.
        """
        if fingerprint != self.fingerprint:
            raise CalibrationRefused(CalibrationProblem.MODEL, file=self.file, made_for=self.model_name)
        if readout is not self.readout:
            raise CalibrationRefused(CalibrationProblem.READOUT, file=self.file, made_for=self.readout)
        if template.identity != self.prompt:
            made_for = self.prompt.rpartition(" ")[0]
            raise CalibrationRefused(CalibrationProblem.PROMPT, file=self.file, made_for=made_for)


def map_score(knots: Sequence[tuple[float, float]], own: float) -> float:
    """What the map through these knots makes of the model's own score."""
    place = bisect_right(knots, own, key=lambda knot: knot[0])
    if place == 0 or place == len(knots):
        return knots[max(place - 1, 0)][1]
    (left, low), (right, high) = knots[place - 1 : place + 1]
    return min(low + (high - low) * ((own - left) / (right - left)), high)


def write_calibration(calibration: Calibration) -> str:
    """The file's text."""
    name, version, text_hash = calibration.prompt.rsplit(" ", 2)
    fit = calibration.fit
    fields = {
        "format": FORMAT,
        "model": {"name": calibration.model_name, "fingerprint": calibration.fingerprint},
        "readout": calibration.readout,
        "prompt": {"name": name, "version": int(version), "text_hash": text_hash},
        "photos": fit.photos,
        "queries": fit.queries,
        "ece_before": fit.error_before,
        "ece_after": fit.error_after,
        "knots": calibration.knots,
    }
    return json.dumps(fields, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def parse_calibration(text: str, *, file: str) -> Calibration:
    """The map in a file's text; raises ValueError where it holds none."""
    try:
        fields = json.loads(text)
        if fields["format"] != FORMAT:
            raise ValueError(f"format {fields['format']}, not {FORMAT}")
        model, prompt = fields["model"], fields["prompt"]
        return Calibration(
            knots=_check_knots([(float(own), float(shown)) for own, shown in fields["knots"]]),
            model_name=str(model["name"]),
            fingerprint=str(model["fingerprint"]),
            readout=Readout(fields["readout"]),
            prompt=f"{prompt['name']} {prompt['version']} {prompt['text_hash']}",
            fit=Fit(
                int(fields["photos"]), int(fields["queries"]), float(fields["ece_before"]), float(fields["ece_after"])
            ),
            file=file,
        )
    except (LookupError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _check_knots(knots: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The knots, where a map that never falls leads through them."""
    rising = all(left < right and low <= high for (left, low), (right, high) in pairwise(knots))
    if not knots or not rising or not all(0 <= score <= MAX_SCORE for knot in knots for score in knot):  # NaN too
        raise ValueError("the knots are no rising scores from 0 to 10")
    return tuple(knots)
