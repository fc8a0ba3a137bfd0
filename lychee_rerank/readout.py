"""From the model's answer text to a relevance score; knows nothing of how the text came about."""

import re
import unicodedata

from lychee_rerank.records import Rule, Score

MAX_SCORE = 10.0

_NUMBER = r"(?<![\d.\-−–])(\d+(?:\.\d+)?)(?!\d|\.\d)"
_LABEL = r"(?:scores?|scored|rating|rated|relevance|评分|得分|打分|分数|相关性|相关度|匹配度)"

# Phrases that name the scale, not a score: "from 0 to 10", "满分10分".
_SCALE = re.compile(r"\b[01]\s*(?:to|-|–|~|到|至)\s*10\b(?:\s*分)?|满分\s*[是为:]?\s*10+\s*分?", re.ASCII)

# In this order; the first rule that finds a number within range gives the score.
_RULES: tuple[tuple[Rule, re.Pattern[str], float], ...] = (
    (Rule.PERCENT, re.compile(_NUMBER + r"\s*/\s*100(?!\d)"), 0.1),
    (Rule.LABELLED, re.compile(_LABEL + r"\D{0,16}?" + _NUMBER + r"(?!\s*%)", re.IGNORECASE), 1.0),
    (Rule.OUT_OF_TEN, re.compile(_NUMBER + r"\s*/\s*10(?![\d])"), 1.0),
    (Rule.OUT_OF_TEN, re.compile(_NUMBER + r"\s*out\s+of\s+(?:10|ten)\b", re.IGNORECASE), 1.0),
    (Rule.POINTS, re.compile(_NUMBER + r"\s*分"), 1.0),
    (Rule.WHOLE_ANSWER, re.compile(r"^\W*?" + _NUMBER + r"\W*$"), 1.0),
    (Rule.FIRST_NUMBER, re.compile(_NUMBER + r"(?!\s*%)"), 1.0),
)

_STILL_A_NUMBER = re.compile(r"\s*\d+(?:\.\d*)?[ \t]*(?:/[ \t]*(?:\d+(?:\.\d*)?)?)?[ \t]*")
_NUMBER_AT_THE_START = re.compile(r"\s*(\d+(?:\.\d+)?)[ \t]*(/[ \t]*\d)?")


def parse_score(answer: str) -> Score:
    """The score that an answer gives, from 0 to 10, with the rule that found it; 0.0 and Rule.NONE without a number."""
    text = _SCALE.sub(" ", unicodedata.normalize("NFKC", answer))
    for rule, pattern, scale in _RULES:
        for match in pattern.finditer(text):
            value = float(match[1]) * scale
            if 0.0 <= value <= MAX_SCORE:
                return Score(value=value, answer=answer, rule=rule)
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
