"""Finds for each fingerprint the first one that it is near to, without comparing all with all; needs numpy.

Candidates are those that lie near each other on a coarse grid, found by products of whole blocks.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from lychee_rerank.results.likeness import Floats, Places, are_near, find_flat, read_prints

BURST_S = 5.0  # photos taken within this time may be one burst
COARSE_CELLS = 6  # a side of the grid that candidates are found on
COARSE_LIMIT = 16.0  # root mean square on it, in evened levels; the benchmark's copies lie up to 15.2 from the original
BLOCK = 256  # faces whose candidates are looked for at once: 10 MB of distances to 10,000 photos
CHUNK = 32  # candidates that a face is compared with at once; where none of these is near, no other is looked at


def find_faces(content: bytes, seconds: Sequence[float], *, limit: float, burst_limit: float) -> list[int]:
    """For each of the fingerprints, which follow each other, the first that it is near to and that is near to none.

    Itself where there is no such one. Those without any contrast are near to nothing.
    """
    prints, taken = read_prints(content, len(seconds)), np.array(seconds, dtype=np.float64)
    faces = np.where(find_flat(prints.colours), np.arange(len(taken)), -1)
    for face, candidates in _find_candidates(prints.evened, faces):
        faces[face] = face
        for start in range(0, len(candidates), CHUNK):
            others = candidates[start : start + CHUNK]
            burst = np.abs(taken[others] - taken[face]) <= BURST_S
            near = are_near(prints, face, others, np.where(burst, np.float32(burst_limit), np.float32(limit)))
            faces[others[near]] = face
            if not near.any():
                break
    return [int(face) for face in faces]


def _find_candidates(evened: Floats, faces: Places) -> Iterator[tuple[int, Places]]:
    """Each fingerprint without a face when its turn comes, and those behind it that may be near, the nearest first."""
    coarse = _make_coarse(evened)
    halves, ones = (coarse**2).sum(axis=1, keepdims=True) / 2, np.ones((len(coarse), 1), np.float32)
    left, right = np.hstack([coarse, halves, ones]), np.hstack([coarse, -ones, -halves])  # a product: -distance**2 / 2
    least = -(COARSE_LIMIT**2) * coarse.shape[1] / 2
    for start in range(0, len(faces), BLOCK):
        block = start + np.flatnonzero(faces[start : start + BLOCK] < 0)
        for face, nearness in zip(block, left[block] @ right[start:].T, strict=True):
            if faces[face] < 0:
                others = face + 1 + np.flatnonzero(nearness[face + 1 - start :] >= least)
                others = others[faces[others] < 0]
                yield int(face), others[np.argsort(-nearness[others - start], kind="stable")]


def _make_coarse(evened: Floats) -> Floats:
    """The means of larger cells, all channels in a row per fingerprint."""
    count, bands, side, _ = evened.shape
    step = side // COARSE_CELLS
    grid = evened.reshape(count, bands, COARSE_CELLS, step, COARSE_CELLS, step)
    coarse: Floats = grid.mean(axis=(3, 5)).reshape(count, -1)
    return coarse
