"""From the model's answer text to a relevance score; knows nothing of how the text came about."""

import re
import unicodedata

from lychee_rerank.records import Rule, Score

MAX_SCORE = 10.0

# A number that is no part of a word, a date, a fraction or a count ("3 of 4", "3rd", "4/5", "-1").
_ALONE = r"(?<![A-Za-z_\d.\-−–/⁄])(?<!\d,)(?<!out of )"
_DIGITS = r"(\d+(?:\.\d+|,\d\d?(?!\d))?)(?!\d|[.,]\d|⁄|(?:st|nd|rd|th)\b)"
_OF_TEN = r"\s*/\s*10(?!\d)|\s*out\s+of\s+(?:10|ten)\b"
_OTHER_SCALE = rf"(?!{_OF_TEN})(?:\s*/\s*\d|\s*%|\s+(?:out\s+)?of\b)"
_NUMBER = rf"{_ALONE}{_DIGITS}(?!{_OTHER_SCALE})"
_LABEL = r"(?:scores?|scored|rating|rated|relevance|评分|得分|打分|分数|相关性|相关度|匹配度|得(?=\s*\d))"
_GAP = r"(?:[\s:=*_\"'`()>]|is|was|it|of|as|at|about|a|是|为|约|给){0,12}?"

# Phrases that name the scale or say what the score is not: "from 0 to 10", "满分10分", "not 10".
_NO_SCORE = re.compile(
    r"\b[01]\s*(?:to|-|–|~|到|至)\s*10\b(?:\s*分)?"
    r"|满分\s*[是为:]?\s*10+\s*分?|以?\s*10+\s*分\s*[为是]?满分|10+\s*分制"
    r"|(?<!\d)(?<!\d\s)\bout of (?:10|ten)\b"
    r"|\b(?:0|10)\s*分?\s*(?:means|表示|代表)"
    r"|\b\d+\s+of\s+(?:the\s+)?\d+\b"
    r"|\bnot\s+(?:a\s+)?\d+(?:\.\d+)?|不是\s*\d+(?:\.\d+)?\s*分?",
    re.IGNORECASE,
)

# In this order; the first rule that finds a number within range gives the score.
_RULES: tuple[tuple[Rule, re.Pattern[str], float], ...] = (
    (Rule.PERCENT, re.compile(_ALONE + _DIGITS + r"\s*/\s*100(?!\d)"), 0.1),
    (Rule.LABELLED, re.compile(_LABEL + _GAP + _NUMBER, re.IGNORECASE), 1.0),
    (Rule.OUT_OF_TEN, re.compile(rf"{_ALONE}{_DIGITS}(?:{_OF_TEN})", re.IGNORECASE), 1.0),
    (Rule.POINTS, re.compile(_NUMBER + r"\s*分"), 1.0),
    (Rule.WHOLE_ANSWER, re.compile(r"^\W*?" + _NUMBER + r"\W*$"), 1.0),
    (Rule.FIRST_NUMBER, re.compile(_NUMBER), 1.0),
)

_STILL_A_NUMBER = re.compile(r"\s*\d+(?:\.\d*)?[ \t]*(?:/[ \t]*(?:\d+(?:\.\d*)?)?)?[ \t]*")
_NUMBER_AT_THE_START = re.compile(r"\s*(\d+(?:\.\d+)?)[ \t]*(/[ \t]*\d)?")


def parse_score(answer: str) -> Score:
    """The score that an answer gives, from 0 to 10, with the rule that found it; 0.0 and Rule.NONE without a number."""
    text = _NO_SCORE.sub(" ", unicodedata.normalize("NFKC", answer))
    for rule, pattern, scale in _RULES:
        values = [float(match[1].replace(",", ".")) * scale for match in pattern.finditer(text)]
        within = [value for value in values if value <= MAX_SCORE]
        if within:
            # A talkative answer weighs part after part and labels its verdict last.
            return Score(value=within[-1 if rule is Rule.LABELLED else 0], answer=answer, rule=rule)
    return Score(value=0.0, answer=answer, rule=Rule.NONE)


def number_is_over(text: str) -> bool:
    """True once the text starts with a finished score and goes on with something that is no part of it.

    A slash continues a number ("8.5/10"), and a number above 10 is never finished by itself ("85" may become "85/100").
    """
    text = unicodedata.normalize("NFKC", text)
    if _STILL_A_NUMBER.fullmatch(text):
        return False
    start = _NUMBER_AT_THE_START.match(text)
    return start is not None and (start[2] is not None or float(start[1]) <= MAX_SCORE)
