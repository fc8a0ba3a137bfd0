"""Names of copies: rank, score, and the photo's own name as far as every file system takes it; names from queries.

They are in Unicode's form NFC, which is what Windows and Linux type: macOS hands in NFD.
"""

import os
import re
import unicodedata
from collections.abc import Sequence

from lychee_rerank.disk import NAME_MAX_BYTES
from lychee_rerank.records import RankedPhoto
from lychee_rerank.text import is_control

MIN_RANK_DIGITS = 3
MAX_OWN_BYTES = 180  # of the NAME_MAX_BYTES that there are mostly
MAX_ENDING_BYTES = 16
SAFE_NAME_BYTES = 143  # of a whole name on encrypted shares (eCryptfs); no file system in use takes less

_ROOM_BYTES = len(" (999)" + ".xmp")  # for a number, where a name is taken, and for a sidecar
_RESERVED = frozenset('<>:"/\\|?*')  # on Windows; the slash everywhere
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[1-9¹²³]) *(\..*)?", re.IGNORECASE)  # names of devices on Windows
_JOINER = "\u200d"  # between the parts of one emoji
_FLAG_HALVES = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_EMOJI_ENDINGS = frozenset(map(chr, (*range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080))))  # skin tones, and tags


def name_copies(chosen: Sequence[RankedPhoto], *, most_bytes: int = NAME_MAX_BYTES) -> tuple[str, ...]:
    """A file name for each photo, such as 001_8.5_sofa.jpg: sorted by rank, no two alike, never a path.

    Each has room for a number and a sidecar's ending in `most_bytes`.
    """
    digits = max([MIN_RANK_DIGITS, *(len(str(photo.rank)) for photo in chosen)])
    starts = [f"{photo.rank:0{digits}d}_{photo.scored.score.value:.1f}_" for photo in chosen]
    return tuple(
        start + clean_name(photo.scored.name, most_bytes - len(start) - _ROOM_BYTES)
        for start, photo in zip(starts, chosen, strict=True)
    )


def number_name(name: str, number: int) -> str:
    """The name itself for 1, with the number in front of its ending from 2 on."""
    stem, ending = os.path.splitext(name)
    return name if number == 1 else f"{stem} ({number}){ending}"


def clean_name(name: str, most_bytes: int = MAX_OWN_BYTES) -> str:
    """The last part of a path, with what some file system refuses made "_", and cut where it is long."""
    stem, ending = os.path.splitext(_make_safe(re.split(r"[/\\]", name)[-1]))
    most_bytes = min(most_bytes, MAX_OWN_BYTES)
    if len(ending.encode()) > min(MAX_ENDING_BYTES, most_bytes):
        stem, ending = stem + ending, ""
    return (_cut(stem, most_bytes - len(ending.encode())) + ending).rstrip(" .") or "photo"


def name_query(query: str, most_bytes: int = MAX_OWN_BYTES) -> str:
    """A query as the name of a file or folder: both sides of / \\ : | are kept, with "-" between them.

    A side of dots alone is none, so that no name leads out of a folder.
    """
    sides = (side.strip() for side in re.split(r"[/\\:|]", re.sub(r"[ \t-\r]+", " ", query)))
    name = _make_safe("-".join(side for side in sides if side.strip(" .")))
    return _cut(f"_{name}" if _DEVICE.fullmatch(name) else name, most_bytes).rstrip(" .") or "photo"


def _make_safe(name: str) -> str:
    """The name in NFC, with "_" for what some file system refuses; Windows drops dots and spaces from the end."""
    composed = unicodedata.normalize("NFC", name)
    safe = "".join("_" if character in _RESERVED or is_control(character) else character for character in composed)
    return safe.rstrip(" .")


def _cut(text: str, most_bytes: int) -> str:
    """As much of the text as fits, cut where a new character begins: before no accent, skin tone or half of a flag."""
    fits = text.encode()[: max(most_bytes, 0)].decode(errors="ignore")
    end = len(fits)
    while 0 < end < len(text) and _goes_on(text[:end], text[end]):
        end -= 1
    return text[:end] or fits


def _goes_on(before: str, character: str) -> bool:
    """True where the character is shown as a part of what stands before it."""
    if _JOINER in (before[-1], character) or unicodedata.category(character).startswith("M"):
        return True
    if character in _FLAG_HALVES:  # two of them are a flag
        return (len(before) - len(before.rstrip(_FLAG_HALVES))) % 2 == 1
    return character in _EMOJI_ENDINGS
