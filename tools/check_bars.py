"""Holds the demo model's figures against its bars, and says which are met.

    python tools/check_bars.py [--set build/evaluation]

Reads each style's queries.jsonl, and those of the folders asked with examples, and the figures.json beside them that
`lychee-rerank evaluate FOLDER --json` printed.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean

from demo_model.like_evaluation import ALONE
from demo_model.material import STYLES, UNSEEN
from demo_model.queries import LANGUAGES

RANKED = ("number", "expected")
THINGS = 3  # queries for three things tell how the score falls with what is missing
ORDER_BARS = {  # of the seen style, of the unseen one
    "somers_d": (0.90, 0.60),
    "ndcg_at_10": (0.95, 0.85),
    "recall_at_1": (0.85, 0.60),
}
LIKE_BARS = {"somers_d": (0.85, 0.60), "recall_at_1": (0.80, 0.0)}  # an example alone
CHANGED_BARS = (0.75, 0.0)  # an example with words: Somers' D


@dataclass(frozen=True, slots=True)
class Check:
    """One figure and its bar."""

    name: str
    figure: float
    bar: float
    at_least: bool

    @property
    def met(self) -> bool:
        """Whether the figure is on the right side of its bar."""
        return self.figure >= self.bar if self.at_least else self.figure <= self.bar


@dataclass(frozen=True, slots=True)
class Judged:
    """One readout of one style: figures by language, and the photos of every query with what the set tells of them."""

    readout: str
    figures: dict[str, dict]
    queries: tuple[tuple[dict, dict], ...]  # what was asked, and what came of it

    def scores(self) -> Iterator[tuple[dict, str, float]]:
        """What was asked, the photo's name, its score."""
        for asked, found in self.queries:
            for photo in found["photos"]:
                yield asked, photo["name"], photo["score"]


def load_judged(folder: Path) -> dict[str, Judged]:
    """A style's figures by readout."""
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    report = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    return {
        part["readout"]: Judged(
            part["readout"],
            {row["language"]: row for row in part["figures"]},
            tuple(zip(asked, part["queries"], strict=True)),
        )
        for part in report["readouts"]
    }


def check_order(judged: Judged, *, seen: bool) -> Iterator[Check]:
    """The bars of both styles."""
    for name, bars in ORDER_BARS.items():
        yield Check(f"{judged.readout} {name}", judged.figures["all"][name], bars[not seen], at_least=True)


def check_seen(judged: Judged) -> Iterator[Check]:
    """The bars of the seen style alone."""
    named = judged.readout
    ndcg = [row["ndcg_at_10"] for language, row in judged.figures.items() if language != "all"]
    yield Check(f"{named} spread of nDCG@10 over languages", max(ndcg) - min(ndcg), 0.04, at_least=False)
    yield Check(f"{named} difference within triplets", difference_in_triplets(judged), 0.3, at_least=False)
    steps = scores_by_shown(judged)
    for shown in range(THINGS, 0, -1):
        fall = steps[shown] - steps[shown - 1]
        yield Check(f"{named} fall from {shown} to {shown - 1} of {THINGS}", fall, 1.5, at_least=True)
    written = fmean(score for asked, name, score in judged.scores() if name in asked["written"])
    yield Check(f"{named} word drawn, thing absent", written, 2.0, at_least=False)
    yield Check(f"{named} answers without a number", judged.figures["all"]["no_number"], 0, at_least=False)
    if named == "expected":
        far = max(abs(band["mean_score"] - band["mean_truth"]) for band in judged.figures["all"]["bands"])
        yield Check(f"{named} mean score of a band against its truth", far, 1.0, at_least=False)


def check_likes(judged: Judged, *, seen: bool) -> Iterator[Check]:
    """The bars of the questions that an example asks."""
    named = judged.readout
    for name, bars in LIKE_BARS.items():
        yield Check(f"{named} {name}, example alone", judged.figures[ALONE][name], bars[not seen], at_least=True)
    changed = fmean(judged.figures[language]["somers_d"] for language in LANGUAGES)
    yield Check(f"{named} somers_d, example with words", changed, CHANGED_BARS[not seen], at_least=True)


def difference_in_triplets(judged: Judged) -> float:
    """The mean difference of a photo's scores between two languages of one query."""
    scores: dict[tuple[int, str], list[float]] = {}
    for asked, name, score in judged.scores():
        scores.setdefault((asked["triplet"], name), []).append(score)
    return fmean(abs(one - other) for found in scores.values() for one, other in combinations(found, 2))


def scores_by_shown(judged: Judged) -> dict[int, float]:
    """The mean score of photos that show so many of three things asked for."""
    found: dict[int, list[float]] = {shown: [] for shown in range(THINGS + 1)}
    for asked, name, score in judged.scores():
        if asked["objects"] == THINGS:
            found[asked["shown"][name]].append(score)
    return {shown: fmean(scores) for shown, scores in found.items()}


def main() -> int:
    """Print every figure with its bar; 1 where one is missed."""
    parser = argparse.ArgumentParser(description="Hold the demo model against its bars.")
    parser.add_argument("--set", type=Path, default=Path("build/evaluation"))
    options = parser.parse_args()
    seen, unseen = (load_judged(options.set / style.name) for style in (STYLES[0], UNSEEN))
    likes = [load_judged(options.set / f"{style.name}-like") for style in (STYLES[0], UNSEEN)]
    checks = {
        "seen style": [*(c for r in RANKED for c in (*check_order(seen[r], seen=True), *check_seen(seen[r]))),
                       Check("yes_no somers_d", seen["yes_no"].figures["all"]["somers_d"], 0.85, at_least=True)],
        "unseen style": [check for readout in RANKED for check in check_order(unseen[readout], seen=False)],
        "seen style, examples": [check for one in likes[0].values() for check in check_likes(one, seen=True)],
        "unseen style, examples": [check for one in likes[1].values() for check in check_likes(one, seen=False)],
    }  # fmt: skip
    for style, found in checks.items():
        print(style)
        for check in found:
            sign = ">=" if check.at_least else "<="
            print(f"  {'met   ' if check.met else 'MISSED'} {check.name}: {check.figure:.3f} ({sign} {check.bar:g})")
    return int(any(not check.met for found in checks.values() for check in found))


if __name__ == "__main__":
    sys.exit(main())
