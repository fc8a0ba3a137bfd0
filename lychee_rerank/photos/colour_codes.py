"""The colour codes of ITU-T H.273, which HEIC and AVIF have in place of a profile -> an ICC profile."""

import math
import struct
from collections.abc import Callable

# Primaries by their codes: red, green and blue as XYZ under D50, adapted by Bradford's matrix.
_SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
_PRIMARIES = {
    9: ((0.67348, 0.27904, -0.00194), (0.16567, 0.67534, 0.02998), (0.12505, 0.04561, 0.79686)),  # BT.2020
    12: ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),  # Display P3
}
_D50 = (0.9642, 1.0, 0.8249)
_TAGS = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC")
_XYZ_BYTES = 20
_POINTS = 1024  # of a curve
_PAPER_WHITE_NITS = 203  # ITU-R BT.2408; what an HDR picture has above it is white here
_HLG_PEAK_NITS = 1000


def build_profile(*, primaries: int, transfer: int) -> bytes:
    """An ICC profile (ICC.1:2001-04) for these codes; empty where they come to sRGB, or to nothing that is known."""
    if primaries not in _PRIMARIES and transfer not in _CURVES:
        return b""
    curve = _CURVES.get(transfer, _srgb)
    points = (round(65535 * curve(n / (_POINTS - 1))) for n in range(_POINTS))
    trc = struct.pack(f">4sxxxxI{_POINTS}H", b"curv", _POINTS, *points)
    layers = [_fixed(b"XYZ \0\0\0\0", xyz) for xyz in _PRIMARIES.get(primaries, _SRGB)]
    start = 128 + 4 + 12 * len(_TAGS)
    places = [(start + n * _XYZ_BYTES, _XYZ_BYTES) for n in range(3)] + [(start + 3 * _XYZ_BYTES, len(trc))] * 3
    table = b"".join(name + struct.pack(">II", *place) for name, place in zip(_TAGS, places, strict=True))
    size = start + 3 * _XYZ_BYTES + len(trc)
    header = struct.pack(">I4xI12s12x4s28x", size, 0x02100000, b"mntrRGB XYZ ", b"acsp") + _fixed(b"", _D50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(_TAGS)) + table + b"".join(layers) + trc


def _fixed(head: bytes, values: tuple[float, ...]) -> bytes:
    """The values as ICC's s15Fixed16Number."""
    return head + struct.pack(f">{len(values)}i", *(round(65536 * value) for value in values))


def _srgb(level: float) -> float:
    """IEC 61966-2-1."""
    return level / 12.92 if level <= 0.04045 else float(((level + 0.055) / 1.055) ** 2.4)


def _pq(level: float) -> float:
    """SMPTE ST 2084, where 1 is paper white."""
    root = level ** (1 / 78.84375)
    nits = 10_000 * (max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    return float(min(1, nits / _PAPER_WHITE_NITS))


def _hlg(level: float) -> float:
    """ARIB STD-B67 on a display of 1,000 nits, where 1 is paper white."""
    scene = level**2 / 3 if level <= 0.5 else (math.exp((level - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return float(min(1, _HLG_PEAK_NITS * scene**1.2 / _PAPER_WHITE_NITS))


_CURVES: dict[int, Callable[[float], float]] = {
    4: lambda level: float(level**2.2),
    5: lambda level: float(level**2.8),
    8: lambda level: level,
    16: _pq,
    18: _hlg,
}
