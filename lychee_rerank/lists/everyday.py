"""Whether a text reads as people write in the languages of an encoding; knows no bytes.

East Asian: by the rows of each standard that hold kana, hangul and the commoner characters (GB 2312 and Big5 order them
by how common they are, JIS X 0208 too). Others: by alphabets, by small and capital letters, by where signs may stand.
"""

import re
from functools import lru_cache
from string import ascii_letters

_USUAL_EAST_ASIAN, _USUAL_ALPHABETIC = 0.85, 0.98  # the least share of what is beyond ASCII; 橘 of 橘猫 is not common

# The standard of each, and its codes of punctuation, of wide letters and kana, and of the commoner characters.
_ROWS = {
    "gb18030": ("gb2312", ((0xA1A1, 0xA1FE), (0xA3A1, 0xA3FE), (0xB0A1, 0xD7F9))),
    "cp950": ("big5", ((0xA140, 0xA1FE), (0xA440, 0xC67E))),
    "cp932": ("shift_jis", ((0x8140, 0x8396), (0x889F, 0x9872))),
    "cp949": ("euc_kr", ((0xA1A1, 0xA1FE), (0xA3A1, 0xA3FE), (0xB0A1, 0xC8FE))),
    "euc_jp": ("euc_jp", ((0xA1A1, 0xA1FE), (0xA3A1, 0xA5F6), (0xB0A1, 0xCFFE))),
}
_NEEDS_KANA = ("cp932", "euc_jp")
_KANA = re.compile("[\u3041-\u30fa]")
_RUN = re.compile(r"[A-Za-z]?[^\x00-\x7f]+[A-Za-z]?")

_WESTERN = ("àâæçéèêëîïôœùûüÿäößáíóúñãõìòåø", "áðéíóúýþæö")  # the first for a mix of names, the second Icelandic
_CENTRAL = ("áčďéěíňóřšťúůýž", "áäčďéíľňóôšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "čćđšž", "ăâîşţ")
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")
_CYRILLIC = ("абвгдеёжзийклмнопрстуфхцчшщъыьэюяґєіїў",)
_ALPHABETS = {
    "cp1252": _WESTERN,
    "mac_roman": _WESTERN,
    "cp1250": _CENTRAL,
    "mac_latin2": _CENTRAL,
    "cp1257": _BALTIC,
    "cp1254": ("çğıöşüâîû\u0307",),
    "cp1251": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "cp1256": ("".join(map(chr, range(0x0621, 0x0653))),),
}
_ALONE = "àáèéòóúåöìíyô"  # words of one letter
_LAST_LATIN = "\u024f"
_WORD = re.compile(r"[^\W\d_]+")
_PAIRED, _ANYWHERE = "“”„«»", "–—×"
_AFTER = "…€°•"  # signs that may follow a word or a number, or begin a line


def is_everyday(text: str, encoding: str) -> bool:
    """True where nearly all that is beyond ASCII is what that encoding's languages are mostly written with."""
    return _is_east_asian(text, encoding) if encoding in _ROWS else _is_alphabetic(text, encoding)


def _is_east_asian(text: str, encoding: str) -> bool:
    """Most characters common, and not all of them alone beside letters, as accents that were read in pairs are."""
    beyond = [character for character in text if not character.isascii()]
    if encoding in _NEEDS_KANA and not _KANA.search(text):
        return False
    beside_letters = sum(len(run.strip(ascii_letters)) == 1 < len(run) for run in _RUN.findall(text))
    usual = sum(_is_common(character, encoding) for character in beyond)
    return usual >= _USUAL_EAST_ASIAN * len(beyond) and 2 * beside_letters <= len(beyond)


@lru_cache(maxsize=8192)
def _is_common(character: str, encoding: str) -> bool:
    standard, rows = _ROWS[encoding]
    try:
        code = int.from_bytes(character.encode(standard), "big")
    except UnicodeEncodeError:
        return False
    return any(first <= code <= last for first, last in rows)


def _is_alphabetic(text: str, encoding: str) -> bool:
    """Words of one alphabet's letters, most of the Latin ones without accents, and signs where signs stand."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = [letter for word in words if _is_word(word) for letter in word.lower() if not letter.isascii()]
    total = sum(not character.isascii() for character in text)
    long = "".join(word for word in words if len(word) > 1 and word[0] < _LAST_LATIN)
    if 2 * sum(not letter.isascii() for letter in long) > len(long) or sum(map(text.count, "“”„")) == 1:
        return False
    signs = sum(_is_sign(text, found.start()) for found in re.finditer(r"[^\x00-\x7f]", text))
    best = max(sum(letter in alphabet for letter in letters) for alphabet in _ALPHABETS[encoding])
    return best + signs >= _USUAL_ALPHABETIC * total


def _is_word(word: str) -> bool:
    """True for letters of one script, small ones, capitals, or one capital first."""
    if len({letter < _LAST_LATIN for letter in word}) > 1:
        return False
    if len(word) == 1:
        return word.lower() in _ALONE or word > _LAST_LATIN
    return word.isupper() or word[1:].islower() or word.lower() == word.upper()


def _is_sign(text: str, place: int) -> bool:
    """True for a sign of typeset text where such a one may stand."""
    sign, before, after = text[place], text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    if sign in _PAIRED:
        return not (before.isalnum() and after.isalnum())
    if sign in "’‘":
        return (before.isalnum() and (sign == "’" or not after.isalnum())) or (after.isalnum() and not before.isalnum())
    return sign in _ANYWHERE or (sign in _AFTER and not after.isalpha() and not before.isspace())
