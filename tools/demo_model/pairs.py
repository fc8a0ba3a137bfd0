"""Which pairs of icons are kept for the evaluation: never drawn together in training; knows codes alone."""

import hashlib

HELD_OUT = 0.4  # share of all pairs
_STEPS = 2**32


def is_held_out(one: str, other: str) -> bool:
    """Whether the pair of icons with these codes is kept for the evaluation; the order does not matter."""
    digest = hashlib.sha256("+".join(sorted((one, other))).encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT * _STEPS
