"""The bytes of a list -> its text, and what it was read as: by its mark, as UTF-8, or by a guess that is sure.

What is sure: spreadsheets save in the encoding of their system and leave no mark. Each encoding that they are known to
save in is tried. A guess counts where just one text comes of it that reads as everyday text in its encoding
(everyday.py), and where charset-normalizer, which looks for accents, signs and letters that do not go together, finds
no mess in it. Two texts that both read well (猫 is è), or an encoding that is only here to raise doubts, make no guess.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes

from lychee_rerank.lists.everyday import is_everyday

UTF_8 = "UTF-8"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig", UTF_8), *((mark, "utf-16", "UTF-16") for mark in (b"\xff\xfe", b"\xfe\xff")))
# What Excel saves a CSV in: on Windows, and as "CSV (Macintosh)", which alone ends its lines with a return.
# Those without a name are here to raise doubts alone.
_EAST_ASIAN = {"gb18030": "GB18030", "cp950": "Big5", "cp932": "Shift JIS", "cp949": None, "euc_jp": None}
_OTHERS = dict.fromkeys(("cp1250", "cp1251", "cp1254", "cp1256", "cp1257", "koi8_r"))
_WINDOWS = _EAST_ASIAN | {"cp1252": "Windows-1252"} | _OTHERS
_MACINTOSH = _EAST_ASIAN | {"mac_roman": "Mac Roman", "mac_latin2": None}
_SAMPLE_BYTES = 64_000
_BEYOND_ASCII = re.compile(rb"[A-Za-z0-9]?[\x80-\xff]+[A-Za-z0-9]?")
_EITHER = re.compile(rb"(?:[\xc2-\xd7][\xa1-\xbf])+")  # common Chinese in GB 2312, and letters in UTF-8: 猫 is è
_MOST_EITHER, _FEW = 8, 2  # characters: by chance, more are never both; fewer letters than three make no word


@dataclass(frozen=True, slots=True)
class ListText:
    """The text of a list, and the name of what it was read as."""

    text: str
    encoding: str


def decode_list(content: bytes) -> ListText | None:
    """The text of the bytes; None where it is not certain what they are."""
    for mark, encoding, name in _MARKS:
        if content.startswith(mark):
            return _decode(content, encoding, name)
    read = _decode(content, "utf-8", UTF_8)
    either = _find_either(content) if read else ""
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in either}
    if read and (len(scripts) == 0 or (len(scripts) == 1 and len(either) > _FEW)):
        return read
    return _guess(content) if len(scripts) != 1 else None


def _decode(content: bytes, encoding: str, name: str) -> ListText | None:
    try:
        return ListText(content.decode(encoding), name)
    except UnicodeDecodeError:
        return None


def _find_either(content: bytes) -> str:
    """The letters of UTF-8 where all of them could be common Chinese in GB 2312 as well; empty where one could not."""
    letters = ""
    for found in _BEYOND_ASCII.finditer(content):
        if not _EITHER.fullmatch(found.group()) or len(letters) > _MOST_EITHER:
            return ""
        letters += found.group().decode()
    return letters


def _guess(content: bytes) -> ListText | None:
    """The only text that reads as everyday text; None where there is none, or where another could be meant."""
    sample = b"\n".join(line for line in re.split(rb"[\r\n]+", content) if not line.isascii())
    if len(sample) > _SAMPLE_BYTES:
        sample = sample[:_SAMPLE_BYTES].rpartition(b"\n")[0] or sample  # whole lines: no character is cut
    possible: dict[str, str] = {}
    for encoding in _WINDOWS if b"\n" in content else _MACINTOSH:
        read = _decode(sample, encoding, encoding)
        if read and is_everyday(read.text, encoding):
            possible.setdefault(read.text, encoding)
    encoding = possible.popitem()[1] if len(possible) == 1 else ""
    name = (_WINDOWS | _MACINTOSH).get(encoding)
    if name is None or from_bytes(sample, cp_isolation=[encoding]).best() is None:
        return None
    return _decode(content, encoding, name)
