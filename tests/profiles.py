"""Colour profiles as bytes, written from the ICC specification, and what their levels mean by plain arithmetic."""

import struct
from collections.abc import Callable, Sequence

import numpy as np

D50 = (0.9642, 1.0, 0.8249)
Curve = Callable[[np.ndarray], np.ndarray]

# Columns of red, green and blue as XYZ under D50, as the profiles of their makers have them.
SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
PROPHOTO = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249))


def linear_of_srgb(level: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, from 0 to 1."""
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def srgb_of_linear(light: np.ndarray) -> np.ndarray:
    """The other way."""
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def gamma(power: float) -> Curve:
    """A plain power."""
    return lambda level: level**power


def expected(levels: Sequence[int], primaries: Sequence[Sequence[float]], curve: Curve) -> np.ndarray:
    """The sRGB levels, 0 to 255, of one colour of a space."""
    xyz = np.array(primaries).T @ curve(np.array(levels) / 255)
    return srgb_of_linear(np.linalg.inv(np.array(SRGB).T) @ xyz) * 255


def make_profile(
    primaries: Sequence[Sequence[float]], curve: Curve, *, points: int = 1024, kind: bytes = b"mntr"
) -> bytes:
    """A profile of three primaries and one curve, given by so many points."""
    tags = {name: _xyz(colour) for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return _pack(kind, b"RGB ", tags | {name: _curve(curve, points) for name in (b"rTRC", b"gTRC", b"bTRC")})


def make_grey_profile(curve: Curve) -> bytes:
    """A profile for grey pictures."""
    return _pack(b"mntr", b"GRAY", {b"wtpt": _xyz(D50), b"kTRC": _curve(curve, 1024)})


def make_ink_profile(colours: dict[tuple[int, int, int, int], Sequence[float]]) -> bytes:
    """A profile for four inks: the XYZ, under D50, of full and no ink in all 16 combinations; linear between them."""
    corners = b"".join(
        struct.pack(">3H", *(round(32768 * value) for value in colours[cyan, magenta, yellow, black]))
        for cyan in (0, 1) for magenta in (0, 1) for yellow in (0, 1) for black in (0, 1)
    )  # fmt: skip
    ramp = struct.pack(">2H", 0, 65535)
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    head, ends = b"mft2\0\0\0\0", matrix + struct.pack(">2H", 2, 2)
    there = head + bytes((4, 3, 2, 0)) + ends + 4 * ramp + corners + 3 * ramp
    back = head + bytes((3, 4, 2, 0)) + ends + 3 * ramp + b"\xff" * 8 + bytes(56) + 4 * ramp  # black needs every ink
    return _pack(b"prtr", b"CMYK", {b"wtpt": _xyz(D50), b"A2B0": there, b"A2B1": there, b"B2A0": back})


def _pack(kind: bytes, space: bytes, tags: dict[bytes, bytes]) -> bytes:
    offset, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI", offset + len(body), 0x02100000) + kind + space + b"XYZ " + bytes(12) + b"acsp"
    illuminant = struct.pack(">3i", *(round(65536 * value) for value in D50))
    return (head.ljust(68, b"\0") + illuminant).ljust(128, b"\0") + table + body


def _xyz(colour: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * value) for value in colour))


def _curve(curve: Curve, points: int) -> bytes:
    levels = np.round(65535 * curve(np.linspace(0, 1, points))).astype(int)
    return b"curv\0\0\0\0" + struct.pack(f">I{points}H", points, *levels.tolist())
