"""Scores that stand in words -> the same text with digits: 八点五分, "seven out of ten"; knows no rule of a score.

A word becomes digits only where it can be nothing but a score: 十分 before another word means "very", and "two dogs"
are none.
"""

import re

_CHINESE = dict(zip("零〇一二两兩三四五六七八九", (0, 0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_ENGLISH_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ENGLISH = {word: value for value, word in enumerate(_ENGLISH_WORDS)}

_NUMERALS = "".join(_CHINESE) + "十"
_NUMERAL = rf"(?<![{_NUMERALS}百千\d.])(?:[{_NUMERALS}]{{1,3}}|\d{{1,2}})(?![{_NUMERALS}\d])"
_POINTS = rf"(?P<whole>{_NUMERAL})(?:\s*[点點]\s*(?P<part>{_NUMERAL}))?"
_WORD = "|".join(_ENGLISH)
_WORDS = rf"\b(?P<whole>{_WORD}|(?<![\d.])\d{{1,2}})(?:\s+point\s+(?P<part>{_WORD}|\d)|\s+and\s+a\s+(?P<half>half))?\b"
_LABEL = r"(?:scores?|scored|rating|rated|relevance)\W+(?:(?:is|was|it|as|of|an?)\s+)*"
_ENDS = r"(?!\s*[钟鐘之])(?=\W|$|左右|[吧满滿制里中])"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 八到九分, 八分到九分
        rf"(?P<before>)(?P<whole>{_NUMERAL})(?P<part>(?!))?(?P<half>(?!))?(?P<after>)"
        rf"(?=(?:\s*分)?\s*[到至~或-]\s*(?:{_NUMERAL})\s*分)",
        # 八分, 八点五分, 9分半, 得十分; not 八分之一, 八分钟, 十分
        rf"(?P<before>[得打给給分数數][\s:：是为為]*|(?!十\s*分)){_POINTS}\s*分(?P<half>半)?(?P<after>){_ENDS}",
        # 评分：八点五
        rf"(?P<before>(?:评分|評分|得分|打分|分数|分數)[\s:：是为為]*){_POINTS}(?P<half>(?!))?(?P<after>)(?=\W|$)",
        # 7点5, 七点五
        rf"(?P<before>(?:^|(?<=\W)))(?P<whole>{_NUMERAL})\s*[点點]\s*(?P<part>{_NUMERAL})(?P<half>(?!))?(?P<after>)(?=\W|$)",
        # six to seven out of ten
        rf"(?P<before>){_WORDS}(?P<after>)(?=(?:\s+(?:to|and|or)\s+|\s*[-~]\s*)(?:{_WORD}|\d+)\s*(?:/|out\s+of)\s*(?:10|ten)\b)",
        # seven and a half out of ten
        rf"(?P<before>){_WORDS}(?P<after>\s*(?:/\s*10\b|(?:points?\s+)?out\s+of\s+(?:10|ten)\b))",
        # score: seven point five
        rf"(?P<before>\b{_LABEL}){_WORDS}(?P<after>)",
        # seven
        rf"\A(?P<before>\W*){_WORDS}(?P<after>\W*)\Z",
    )
)


_AND_A_HALF = re.compile(r"(?<=\d)\s*1⁄2(?!\d)")  # 7½, once its characters are plain ones


def write_in_digits(text: str) -> str:
    """The text, in NFKC, with digits where a score stands in words, all else as it is."""
    text = _AND_A_HALF.sub(".5", text)
    for pattern in _PATTERNS:
        text = pattern.sub(_digits, text)
    return text


def _digits(match: re.Match[str]) -> str:
    whole, part = _read(match["whole"]), _read(match["part"]) if match["part"] else None
    if whole is None or (match["part"] and (part is None or part > 9)):
        return match[0]
    decimal = ".5" if match["half"] else "" if part is None else f".{part}"
    points = "分" if "分" in match[0][match.end("whole") - match.start() :] else ""
    return f"{match['before']}{whole}{decimal}{points}{match['after']}"


def _read(number: str) -> int | None:
    """Below 100; None for what is no number of its own, such as 七八, which stands for 7 or 8."""
    if number.isdecimal():
        return int(number)
    if number.lower() in _ENGLISH:
        return _ENGLISH[number.lower()]
    tens, ten, ones = number.partition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in ones:
        return None
    return (10 * _CHINESE.get(tens, 1) if ten else _CHINESE[tens]) + _CHINESE.get(ones, 0)
