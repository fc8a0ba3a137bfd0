"""Photos scored against a text each, the ones below a threshold flagged, and what that saves; knows no file format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lychee_rerank.records import BadRow, Outcome, Pair, Pairs, ScoredPhoto

DEFAULT_THRESHOLD = 5.0


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A pair and what came of it."""

    pair: Pair
    outcome: Outcome

    @property
    def score(self) -> float | None:
        """From 0 to 10; None where the photo was refused."""
        return self.outcome.score.value if isinstance(self.outcome, ScoredPhoto) else None

    @property
    def own_score(self) -> float | None:
        """The model's own, where `score` has been through a map."""
        return self.outcome.score.own if isinstance(self.outcome, ScoredPhoto) else None


@dataclass(frozen=True, slots=True)
class ModerationFigures:
    """How well the flags meet the labels: shares from 0 to 1, None where there is nothing to share out.

    Over the `labelled` pairs that were scored. The positives are what does not fit: precision is the share of the
    flagged that do not fit, recall the share of those that do not fit that is flagged.
    """

    labelled: int
    accuracy: float | None
    precision: float | None
    recall: float | None

    @property
    def shares(self) -> dict[str, float | None]:
        """The three by name."""
        return {"accuracy": self.accuracy, "precision": self.precision, "recall": self.recall}


@dataclass(frozen=True, slots=True)
class Moderation:
    """What came of a list: the flagged pairs, least fitting first, the others likewise, the refused in its order."""

    threshold: float
    flagged: tuple[JudgedPair, ...]
    passed: tuple[JudgedPair, ...]
    refused: tuple[JudgedPair, ...]
    bad: tuple[BadRow, ...]

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return len(self.flagged) + len(self.passed) + len(self.refused)

    @property
    def counts(self) -> dict[str, int]:
        """How many are flagged, passed and refused, by these names."""
        return {"flagged": len(self.flagged), "passed": len(self.passed), "refused": len(self.refused)}

    @property
    def work_saved(self) -> float | None:
        """The share of all pairs that nobody has to look at, from 0 to 1: what is refused has to be looked at too."""
        return _share(len(self.passed), self.pairs)

    @property
    def figures(self) -> ModerationFigures:
        """The flags against the labels."""
        flagged = [one.pair.fits for one in self.flagged if one.pair.fits is not None]
        passed = [one.pair.fits for one in self.passed if one.pair.fits is not None]
        caught, missed = flagged.count(False), passed.count(False)
        return ModerationFigures(
            labelled=len(flagged) + len(passed),
            accuracy=_share(caught + passed.count(True), len(flagged) + len(passed)),
            precision=_share(caught, len(flagged)),
            recall=_share(caught, caught + missed),
        )


def collect_moderation(pairs: Pairs, outcomes: Iterable[Outcome], *, threshold: float) -> Moderation:
    """What has come of a list so far; the index of an outcome is the place of its pair."""
    judged = [JudgedPair(pairs.good[outcome.index], outcome) for outcome in outcomes]
    return flag_pairs(judged, threshold=threshold, bad=pairs.bad)


def flag_pairs(judged: Sequence[JudgedPair], *, threshold: float, bad: Sequence[BadRow] = ()) -> Moderation:
    """Flags what is scored below the threshold, unrounded; what the model scored alike keeps the order of the list."""
    in_order = sorted(judged, key=lambda one: one.pair.line)
    scored = sorted((one for one in in_order if one.score is not None), key=lambda one: (_score_of(one), one.own_score))
    return Moderation(
        threshold=threshold,
        flagged=tuple(one for one in scored if _score_of(one) < threshold),
        passed=tuple(one for one in scored if _score_of(one) >= threshold),
        refused=tuple(one for one in in_order if one.score is None),
        bad=tuple(bad),
    )


def _score_of(judged: JudgedPair) -> float:
    assert judged.score is not None
    return judged.score


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
