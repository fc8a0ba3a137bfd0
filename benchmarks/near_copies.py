"""How well near-copies are told from look-alikes, and how long that takes; asks no model.

    python -m benchmarks.near_copies [--families 320] [--material FOLDER]

Pairs are counted over all photos of a half, in a shuffled order. The limits are chosen on one half of the families;
everything printed below them was measured on the other half, with the limits that the package ships.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from random import Random
from time import process_time
from timeit import timeit

import numpy as np
from PIL import Image

from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.fingerprint import SIDE_CELLS, take_fingerprint
from lychee_rerank.results.near_copies import BURST_LIMIT, LIMIT, group_near_copies
from lychee_rerank.settings import PROJECT_FOLDER

sys.path.insert(0, str(PROJECT_FOLDER / "tools"))

from benchmarks.near_copy_pictures import make_family

MATERIAL = Path("build/demo-model/material")
FAMILIES, SEED = 320, 31
ENOUGH = 0.94  # above the bar of 0.90, as the other half may turn out worse
LIMITS = tuple(range(8, 41))
MOST_BURST = 1.5  # times the limit: of drawings, within seconds, more would join without an error
PHOTOS = 10_000
ROUNDS = 5  # the quickest counts, and the time of all processors: other programs may run beside this one
MODEL_TOKENS, TOKEN_PX = 256, 28
SIZES_PX = ((1024, 768), (4000, 3000))


@dataclass(frozen=True, slots=True)
class Taken:
    """A shot without its picture: the fingerprint instead."""

    fingerprint: bytes
    family: int
    group: int
    kind: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """The shots of a half and the number that each one's group got."""

    shots: tuple[Taken, ...]
    numbers: tuple[int, ...]

    def score(self) -> tuple[float, float]:
        """Precision and recall over all pairs of photos."""
        truths = [(shot.family, shot.group) for shot in self.shots]
        right = count_pairs(zip(truths, self.numbers, strict=True))
        return right / max(1, count_pairs(self.numbers)), right / count_pairs(truths)

    def share_joined(self) -> dict[str, float]:
        """By kind: copies that are with their original, look-alikes that are with any shot of their scene."""
        homes: dict[int, set[int]] = defaultdict(set)
        originals: dict[int, int] = {}
        for shot, number in zip(self.shots, self.numbers, strict=True):
            if shot.group == 0:
                homes[shot.family].add(number)
            if shot.kind == "original":
                originals[shot.family] = number
        joined: dict[str, list[bool]] = defaultdict(list)
        for shot, number in zip(self.shots, self.numbers, strict=True):
            with_copies = number in homes[shot.family] if shot.group else number == originals[shot.family]
            joined[f"{'look-alike' if shot.group else 'near-copy'}: {shot.kind}"].append(with_copies)
        return {kind: sum(those) / len(those) for kind, those in joined.items() if "original" not in kind}


def count_pairs(numbers: Iterable[object]) -> int:
    """How many pairs of equal ones there are."""
    return sum(count * (count - 1) // 2 for count in Counter(numbers).values())


def find(shots: Sequence[Taken], *, limit: float = LIMIT, burst_limit: float = BURST_LIMIT, timed: bool) -> Found:
    """What comes of the shots, with or without the times at which they were taken."""
    times = [shot.time if timed else None for shot in shots]
    numbers = group_near_copies([shot.fingerprint for shot in shots], times, limit=limit, burst_limit=burst_limit)
    return Found(tuple(shots), numbers)


def choose_limits(shots: Sequence[Taken]) -> tuple[int, int]:
    """The least limit that finds enough without times, and the greatest for bursts that loses no precision with them.

    The least, as photographs have less contrast than drawings, so that a thing that is gone differs less.
    """
    limit = next(each for each in LIMITS if find(shots, limit=each, timed=False).score()[1] >= ENOUGH)
    least, _ = find(shots, limit=limit, burst_limit=limit, timed=True).score()
    bursts = [each for each in LIMITS if limit <= each <= MOST_BURST * limit]
    return limit, max(
        each for each in bursts if find(shots, limit=limit, burst_limit=each, timed=True).score()[0] >= least
    )


def time_groups(shots: Sequence[Taken]) -> float:
    """Seconds of processor time for PHOTOS photos: the shots, and mirror images of them as other ones."""
    cells = np.frombuffer(b"".join(shot.fingerprint for shot in shots), np.uint8)
    cells = cells.reshape(len(shots), SIDE_CELLS, SIDE_CELLS, 3)
    mirrored = np.concatenate([cells, cells[:, :, ::-1], cells[:, ::-1], cells[:, ::-1, ::-1]])
    many = [one.tobytes() for one in mirrored[:PHOTOS]]
    Random(SEED).shuffle(many)
    return min(
        timeit(lambda: group_near_copies(many, [None] * len(many)), timer=process_time, number=1) for _ in range(ROUNDS)
    )


def time_fingerprint(size_px: tuple[int, int]) -> float:
    """Milliseconds of processor time per photo."""
    picture = Image.effect_noise(size_px, 60).convert("RGB")
    return 1e3 * min(timeit(lambda: take_fingerprint(picture), timer=process_time, number=1) for _ in range(ROUNDS))


def take_decoded(picture: Image.Image) -> bytes:
    """The fingerprint as it is taken where a photo is decoded: of the picture that the model is given."""
    out = BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return decode_photo(out.getvalue(), fit=fit_as_models_do).facts.fingerprint


def fit_as_models_do(width_px: int, height_px: int) -> tuple[int, int]:
    """Whole visual tokens, about MODEL_TOKENS of them."""
    scale = (MODEL_TOKENS * TOKEN_PX**2 / (width_px * height_px)) ** 0.5
    return max(1, round(width_px * scale / TOKEN_PX)) * TOKEN_PX, max(1, round(height_px * scale / TOKEN_PX)) * TOKEN_PX


def take_shots(families: int, material: Path) -> list[Taken]:
    """The shots of so many families in a shuffled order."""
    shots = [
        Taken(take_decoded(shot.picture), shot.family, shot.group, shot.kind, shot.time)
        for number in range(families)
        for shot in make_family(number, material=material, seed=SEED)
    ]
    Random(SEED).shuffle(shots)
    return shots


def print_found(words: str, found: Found) -> None:
    """Precision and recall over all, and what joined by kind."""
    precision, recall = found.score()
    print(f"{words}: precision {precision:.4f}, recall {recall:.4f}")
    for kind, share in sorted(found.share_joined().items(), reverse=True):
        print(f"  {kind:45} {share:7.1%} joined")


def main() -> None:
    """Draw, choose, measure, print."""
    parser = argparse.ArgumentParser(description="Measure how near-copies are told from look-alikes.")
    parser.add_argument("--families", type=int, default=FAMILIES)
    parser.add_argument("--material", type=Path, default=MATERIAL)
    options = parser.parse_args()
    shots = take_shots(options.families, options.material)
    tuning, rest = ([shot for shot in shots if shot.family // 2 % 2 == half] for half in (0, 1))
    limit, burst_limit = choose_limits(tuning)
    print(f"{options.families} groups and their look-alikes, {len(shots)} photos")
    print(f"limits chosen on half of the groups: {limit}, in bursts {burst_limit}; shipped: {LIMIT:g}, {BURST_LIMIT:g}")
    print("on the other half, with the shipped limits:")
    print_found("without times", find(rest, timed=False))
    print_found("with times", find(rest, timed=True))
    print(f"{min(PHOTOS, 4 * len(shots))} photos grouped in {time_groups(shots):.2f} s of processor time")
    for size_px in SIZES_PX:
        print(f"a fingerprint of {size_px[0]} x {size_px[1]} px: {time_fingerprint(size_px):.2f} ms")


if __name__ == "__main__":
    main()
