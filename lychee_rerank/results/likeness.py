"""How far fingerprints lie apart, many at once; imported late, as it needs numpy.

A fingerprint is a square grid of RGB cells. Its colours are evened out against light and tone, smoothed, and two of
them compared cell by cell: what counts is how far a cell lies outside the range of its neighbourhood in the other one,
so that small shifts, crops and turns pass; and the largest such difference of any spot, so that a lost thing does not.
The outermost cells tell nothing, as crops and steps change them.
"""

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

EVEN_LEVELS = 40.0  # the standard deviation that colours are evened out to: a usual one, so that limits read as levels
FLAT_LEVELS = 4.0  # of less deviation nothing is left to compare but noise
TONE_LEVELS = 64.0  # how far mean colours may lie apart: one stop of light takes 128 to 175, two take it to 240
LIGHT_LEVELS = 4.0  # of more difference in light than this one of the two may have lost its lightest tones
LIT_LIMITS = 4.0  # of what lies further apart than so many limits the light is not the reason
LIGHTEST = 255.0
LIGHT_ROUNDS = 4  # the means then lie within 2.4 levels at 2/3 of a stop, mostly within 0.6

Floats = NDArray[np.float32]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Evened and smoothed cells [n, 3, s, s], and the range of the cells around each."""

    cells: Floats
    low: Floats
    high: Floats

    def pick(self, places: Places) -> "Shapes":
        """Those at these places."""
        return Shapes(self.cells[places], self.low[places], self.high[places])

    def differ(self, others: "Shapes") -> Floats:
        """The largest difference of any spot between each and its other one, in evened levels."""
        outside = np.maximum(self.cells - others.high, others.low - self.cells)
        outside = np.maximum(outside, np.maximum(others.cells - self.high, self.low - others.cells))
        spots: Floats = _smooth(np.maximum(outside.max(axis=1), 0)).max(axis=(1, 2))
        return spots


@dataclass(frozen=True, slots=True)
class Prints:
    """The colours [n, 3, side, side] of fingerprints, the means of their channels [n, 3], and what is compared."""

    colours: Floats
    tones: Floats
    evened: Floats
    shapes: Shapes


def read_prints(content: bytes, count: int) -> Prints:
    """So many fingerprints that follow each other."""
    colours = _read_colours(content, count)
    evened = even_out(colours)
    return Prints(colours, colours.mean(axis=(2, 3)), evened, make_shapes(evened))


def _read_colours(prints: bytes, count: int) -> Floats:
    """One array of all cells, channel by channel."""
    side = isqrt(len(prints) // count // 3)
    cells = np.frombuffer(prints, np.uint8).reshape(count, side, side, 3)
    return cells.transpose(0, 3, 1, 2).astype(np.float32, order="C")  # in any other order all that follows takes longer


def even_out(colours: Floats) -> Floats:
    """The colours around 0, each channel scaled by the mean of its own contrast and that of all three."""
    deviations = colours.std(axis=(2, 3), keepdims=True)
    shared = (deviations + deviations.mean(axis=1, keepdims=True)) / 2
    evened: Floats = (colours - colours.mean(axis=(2, 3), keepdims=True)) * (
        np.float32(EVEN_LEVELS) / np.maximum(shared, np.float32(FLAT_LEVELS / 2))
    )
    return evened


def find_flat(colours: Floats) -> NDArray[np.bool_]:
    """Which of them have no contrast at all."""
    flat: NDArray[np.bool_] = colours.std(axis=(2, 3)).mean(axis=1) < FLAT_LEVELS
    return flat


def make_shapes(evened: Floats) -> Shapes:
    """The smoothed cells but for the outermost, which have no whole neighbourhood, and what lies around each."""
    smooth = _smooth(evened)
    return Shapes(smooth[..., 1:-1, 1:-1], _reach(smooth, np.minimum), _reach(smooth, np.maximum))


def are_near(prints: Prints, place: int, others: Places, limits: Floats) -> NDArray[np.bool_]:
    """Whether the others differ from the one at the place by their limits at most, as they are or in the same light."""
    apart = prints.shapes.pick(np.array([place])).differ(prints.shapes.pick(others))
    tones = prints.tones[others] - prints.tones[place]
    lighter = tones.mean(axis=1)
    lit = np.flatnonzero((apart > limits) & (apart <= LIT_LIMITS * limits) & (np.abs(lighter) > LIGHT_LEVELS))
    if len(lit):
        ways = (lighter[lit] > 0)[:, None, None, None]
        here, there = prints.colours[place], prints.colours[others[lit]]
        dark, light = np.where(ways, here, there), np.where(ways, there, here)
        apart[lit] = make_shapes(even_out(_light_up(dark, light))).differ(make_shapes(even_out(light)))
    near: NDArray[np.bool_] = (apart <= limits) & (np.abs(tones).max(axis=1) <= TONE_LEVELS)
    return near


def _light_up(dark: Floats, light: Floats) -> Floats:
    """The darker colours in as much light as the lighter ones have, cut off where a camera cuts them off."""
    wanted, lit = light.mean(axis=(1, 2, 3), keepdims=True), dark
    gains = np.ones_like(wanted)
    for _ in range(LIGHT_ROUNDS):
        gains = gains * wanted / np.maximum(lit.mean(axis=(1, 2, 3), keepdims=True), 1)
        lit = np.minimum(dark * gains, np.float32(LIGHTEST))
    return lit


def _smooth(cells: Floats) -> Floats:
    """The means of 2 by 2 cells, one fewer of them on either side."""
    pairs = cells[..., 1:] + cells[..., :-1]
    return np.float32(0.25) * (pairs[..., 1:, :] + pairs[..., :-1, :])


def _reach(cells: Floats, take: np.ufunc) -> Floats:
    """The least or the greatest of 3 by 3 cells, for all cells but the outermost."""
    across = take(take(cells[..., :-2], cells[..., 1:-1]), cells[..., 2:])
    around: Floats = take(take(across[..., :-2, :], across[..., 1:-1, :]), across[..., 2:, :])
    return around
