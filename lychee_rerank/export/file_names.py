"""Names of copies: rank, score, and the photo's own name as far as every file system takes it."""

import os
import re
from collections.abc import Sequence

from lychee_rerank.records import RankedPhoto
from lychee_rerank.text import is_control

MIN_RANK_DIGITS = 3
MAX_OWN_BYTES = 180  # file systems take 255: room for rank, score, a number and ".xmp"
MAX_ENDING_BYTES = 16

_RESERVED = frozenset('<>:"/\\|?*')  # on Windows; the slash everywhere


def name_copies(chosen: Sequence[RankedPhoto]) -> tuple[str, ...]:
    """A file name for each photo, such as 001_8.5_sofa.jpg: sorted by rank, no two alike, never a path."""
    digits = max([MIN_RANK_DIGITS, *(len(str(photo.rank)) for photo in chosen)])
    return tuple(
        f"{photo.rank:0{digits}d}_{photo.scored.score.value:.1f}_{clean_name(photo.scored.name)}" for photo in chosen
    )


def number_name(name: str, number: int) -> str:
    """The name itself for 1, with the number in front of its ending from 2 on."""
    stem, ending = os.path.splitext(name)
    return name if number == 1 else f"{stem} ({number}){ending}"


def clean_name(name: str) -> str:
    """The last part of a path, with what some file system refuses made "_", and cut where it is long."""
    base = re.split(r"[/\\]", name)[-1]
    safe = "".join("_" if character in _RESERVED or is_control(character) else character for character in base)
    stem, ending = os.path.splitext(safe.rstrip(" ."))  # Windows drops dots and spaces from the end
    if len(ending.encode()) > MAX_ENDING_BYTES:
        stem, ending = stem + ending, ""
    cut = stem.encode()[: MAX_OWN_BYTES - len(ending.encode())].decode(errors="ignore")
    return (cut + ending).rstrip(" .") or "photo"
