"""From a generated answer, or the logits of yes and no, to a relevance score; knows no model."""

import math
import re
import unicodedata
from collections.abc import Sequence

from lychee_rerank.records import Answer, Rule, Score, YesNoLogits
from lychee_rerank.scoring.number_words import write_in_digits

MAX_SCORE = 10.0
MEAN_DECIMAL = 0.45  # of 0.0 to 0.9, for digits whose decimals the model did not generate

# A number that is no part of a word, a date, a fraction or a count ("3 of 4", "3rd", "4/5", "-1").
_ALONE = r"(?<![A-Za-z_\d.\-−–/⁄])(?<!\d,)(?<!out of )"
_DIGITS = r"(\d+(?:\.\d+|,\d\d?(?!\d))?)(?!\d|[.,]\d|⁄|(?:st|nd|rd|th)\b)"
_OF_TEN = r"\s*/\s*10(?!\d)|\s*out\s+of\s+(?:10|ten)\b"
_OTHER_SCALE = rf"(?!{_OF_TEN})(?:\s*/\s*\d|\s*%|\s+(?:out\s+)?of\b|\s+(?!points?\b)\w+\s+out\s+of\b)"
_NUMBER = rf"{_ALONE}{_DIGITS}(?!{_OTHER_SCALE})"
_LABEL = (
    r"(?:scores?|scored|rating|rated|relevance|gives?|gave|评分|得分|打分|分数|相关性|相关度|匹配度"
    r"|得(?=\s*\d)|[给打](?=\s*\d+(?:\.\d+)?(?![\d.]|\s*分)))"
)
_GAP = r"(?:[\s:=*_\"'`()>]|is|was|it|of|as|at|about|a|是|为|约|给){0,12}?"

# A count, a time or tenths: "2 dogs", 3只猫, 8点钟, 7成; "7.5 fits" and "8 points" are none.
_MEASURES = "只个隻個张張本朵条條件辆輛位名把杯块塊间間栋棟棵座台部幅双雙对對排种種点點成年月日号號"
_VERBS = r"points?|marks?|pts|fits|seems|suits|matches|is|was|as"
_PERSONS = "people|children|men|women"
_COUNTED = rf"\s*(?:[{_MEASURES}]|分\s*[钟鐘之])|(?<!\.\d)\s+(?:(?!(?:{_VERBS})\b)[a-z]+s|{_PERSONS})\b"
_NO_COUNT = rf"(?!{_COUNTED})"
_COUNT = re.compile(_COUNTED)

# Phrases that name the scale, or what the score is not: "from 0 to 10", "满分10分", "not 10".
_NO_SCORE = re.compile(
    r"(?<![\d.])[01]\s*(?:to|-|–|~|到|至)\s*10(?!\d)(?:\s*分)?"
    r"|[满总]分\s*[是为:]?\s*10+\s*分?|以?\s*10+\s*分\s*[为是]?满分|10+\s*分制|10+\s*分\s*(?:里|中|之中)"
    r"|(?<!\d)(?<!\d\s)\bout of (?:10|ten)\b"
    r"|\b(?:0|10)\s*分?\s*(?:means|表示|代表)"
    r"|\b\d+\s+of\s+(?:the\s+)?\d+\b"
    r"|\bnot\s+(?:a\s+)?\d+(?:\.\d+)?|不是\s*\d+(?:\.\d+)?\s*分?"
    # bounds, which are no score
    r"|(?:不到|不足|超过|低于|高于|少于|多于|大于|小于|至少|至多|最多)\s*\d+(?:\.\d+)?\s*分?"
    r"|\b(?:(?:less|more|lower|higher|greater)\s+than|below|above|under|at\s+least|at\s+most)\s+(?:an?\s+)?\d+(?:\.\d+)?",
    re.IGNORECASE,
)

# In this order; the first rule that finds a number within range gives the score.
_RULES: tuple[tuple[Rule, re.Pattern[str], float], ...] = (
    (Rule.PERCENT, re.compile(_ALONE + _DIGITS + r"\s*/\s*100(?!\d)"), 0.1),
    (Rule.LABELLED, re.compile(_LABEL + _GAP + _NUMBER, re.IGNORECASE), 1.0),
    (Rule.OUT_OF_TEN, re.compile(rf"{_ALONE}{_DIGITS}(?:{_OF_TEN})", re.IGNORECASE), 1.0),
    (Rule.POINTS, re.compile(_NUMBER + r"\s*分(?!\s*[钟鐘之])"), 1.0),
    (Rule.WHOLE_ANSWER, re.compile(r"^\W*?" + _NUMBER + r"\W*$"), 1.0),
    (Rule.FIRST_NUMBER, re.compile(_NUMBER + _NO_COUNT), 1.0),
)

# "7 to 8", 7到8分: neither its first number nor its last, and no date.
_RANGE = re.compile(
    r"(?<![\d.\-/])(\d+(?:\.\d+)?)(?:\s*分|\s*/\s*10(?!\d))?\s*(?:-|–|~|到|至|或|to|or|and(?=\s*\d)|、(?=\s*\d+\s*分))"
    r"\s*(\d+(?:\.\d+)?)(?![\d.]*[\d\-]|\s*/(?!\s*10(?!\d)))"
)
_STILL_A_NUMBER = re.compile(r"\s*\d+(?:\s*[.点點]\s*\d*)?[ \t]*(?:/[ \t]*(?:\d+(?:\.\d*)?)?)?[ \t]*")
_NUMBER_BY_TOKENS = re.compile(r"(?:10|[0-9])(?:\.[0-9]+)?")  # a token per character: "8.5" has its decimal at place 2
_NUMBER_AT_THE_START = re.compile(r"\s*(\d+(?:\.\d+)?)[ \t]*(/[ \t]*\d)?")


def read_number(answer: Answer) -> Score:
    """The score that the text gives; its expected score is the mean over all first digits by their probability.

    Where the answer does not start with the number that gave the score ("Score: 8.5", "85/100", no number at all), the
    first digits belong to another number, and the expected score is the score. The label mass is the share of the
    first token that digits have, whatever the answer starts with.
    """
    value, rule = parse_score(answer.text)
    label_mass = min(math.fsum(answer.digits[0]), 1.0)
    number = _NUMBER_BY_TOKENS.match(answer.text)
    starts_with_it = number is not None and rule is not Rule.NONE and float(number[0]) == value
    expected = _mean_number(answer, number[0]) if number and starts_with_it and label_mass else value
    return Score(value=value, expected=expected, label_mass=label_mass, answer=answer.text.strip(), rule=rule)


def read_expected(answer: Answer, *, decimals: bool = False) -> Score:
    """The mean of the whole numbers from 0 to 10, each as probable as the model holds it; 10 is a "0" behind a "1".

    Only the first token counts. Where the prompt asked for `decimals`, each digit but 0 counts with MEAN_DECIMAL: most
    photos have nothing of what is asked for, and are 0.0. Rule.NONE and 0.0 where no digit has any chance.
    """
    label_mass, text = min(math.fsum(answer.digits[0]), 1.0), answer.text.strip()
    if not label_mass:
        return Score(value=0.0, expected=0.0, label_mass=0.0, answer=text, rule=Rule.NONE)
    values = [0.0, *(digit + MEAN_DECIMAL * decimals for digit in range(1, 10))]
    mean = _mean(_with_ten(values, answer.ten), answer.digits[0])
    return Score(value=mean, expected=mean, label_mass=label_mass, answer=text, rule=Rule.EXPECTED)


def read_yes_no(logits: YesNoLogits) -> Score:
    """10 times the share of yes in yes and no together, from the difference of their logarithms.

    No value near 0 falls together with another; near 10 a double keeps apart what differs by 2e-15.
    """
    odds = logits.ln_yes - logits.ln_no
    share = 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))
    label_mass = min(math.exp(logits.ln_yes) + math.exp(logits.ln_no), 1.0)
    value, text = MAX_SCORE * share, logits.text.strip()
    return Score(value=value, expected=value, label_mass=label_mass, answer=text, rule=Rule.YES_NO)


def _mean_number(answer: Answer, number: str) -> float:
    """The mean over the first digits of an answer that starts with this number.

    The generated digit counts with the mean of its decimal, or without one where it has none; every other digit
    with MEAN_DECIMAL, and 10 as 10.
    """
    values = [digit + MEAN_DECIMAL for digit in range(10)]
    if not number.startswith("10"):
        digit, decimals = int(number[0]), answer.digits[2] if "." in number else ()
        values[digit] = digit + (_mean(range(10), decimals) / 10 if any(decimals) else 0)
    return _mean(_with_ten(values, answer.ten), answer.digits[0])


def _with_ten(values: Sequence[float], ten: float) -> list[float]:
    """The values of the ten digits, where a "1" is as probably the start of 10."""
    return [*values[:1], (1 - ten) * values[1] + ten * MAX_SCORE, *values[2:]]


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean, held within the values against rounding."""
    mean = math.fsum(map(math.prod, zip(values, weights, strict=True))) / math.fsum(weights)
    return min(max(mean, min(values)), max(values))


def parse_score(answer: str) -> tuple[float, Rule]:
    """The score that an answer gives, from 0 to 10, and the rule that found it; 0.0 and Rule.NONE without a number."""
    text = write_in_digits(unicodedata.normalize("NFKC", answer))
    text = _RANGE.sub(_middle, _NO_SCORE.sub(" ", text))
    for rule, pattern, scale in _RULES:
        values = [float(match[1].replace(",", ".")) * scale for match in pattern.finditer(text)]
        within = [value for value in values if value <= MAX_SCORE]
        if within:
            # A talkative answer weighs part after part and labels its verdict last.
            return within[-1 if rule is Rule.LABELLED else 0], rule
    return 0.0, Rule.NONE


def _middle(match: re.Match[str]) -> str:
    """The middle of a range of scores, nothing for one of counts; any other pair of numbers as it is."""
    low, high = float(match[1]), float(match[2])
    if _COUNT.match(match.string, match.end()):
        return " "
    return f"{(low + high) / 2:g}" if low < high <= MAX_SCORE else match[0]


def number_is_over(text: str) -> bool:
    """True once the text starts with a finished score and goes on with something that is no part of it.

    A slash continues a number ("8.5/10"), and a number above 10 is never finished by itself ("85" may become "85/100").
    """
    text = unicodedata.normalize("NFKC", text)
    if _STILL_A_NUMBER.fullmatch(text):
        return False
    start = _NUMBER_AT_THE_START.match(text)
    return start is not None and (start[2] is not None or float(start[1]) <= MAX_SCORE)
