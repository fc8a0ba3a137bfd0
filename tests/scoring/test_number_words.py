"""Scores in words: a known score, written as people and models write it, is read as it is or as no number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.records import Rule
from lychee_rerank.scoring.number_words import write_in_digits
from lychee_rerank.scoring.readout import number_is_over, parse_score

CHINESE = "零一二三四五六七八九十"
ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

BARE = ["{zh}分", "{zh} 分", "十分符合，{zh}分", "图里有两只狗，{zh}分"]  # 十分 by itself means "very"
WHOLE = [
    "评分：{zh}",
    "得分：{zh}分",
    "给{zh}分",
    "我会给{zh}分。",
    "满分十分，得{zh}分",
    "{n}分(满分10)",
    "{n} 分（满分10分）",
    "10分里打{n}分",
    "总分10，{n}分",
    "{en}",
    "{en}.",
    "{en} out of ten",
    "{en} out of 10",
    "{en}/10",
    "{en} points out of 10",
    "Score: {en}",
    "It scores a {en}.",
    "There are two dogs; {en} out of ten.",
    "{n}/10分",
    "{n} out of ten",
    "There are 2 dogs, so I give {n}",
    "我看到3只猫，给{n}",
    "1到10分，我给{n}分",
    "从0到10，{n}",
    "1-10分：{n}",
    "{n} pts",
]
HALF = [
    "{zh}点五分",
    "{n}点5分",
    "{n}点5",
    "{n}點5",
    "{zh}分半",
    "{n}分半",
    "评分：{zh}点五",
    "{en} point five",
    "{en} and a half out of ten",
    "{n} and a half out of ten",
    "Score: {en} and a half",
    "{n}.5分",
    "{n}½",
    "{n} ½ / 10",
]
# Numbers that are no score: whatever comes of them, it is not what stands in them.
OTHER = [
    "{zh}分钟",
    "{zh}分之一",
    "{zh}只狗",
    "{en} dogs",
    "{n} stars out of 5",
    "{n} stars",
    "{n} dogs",
    "{n}只狗",
    "{n}点钟",
    "下午{n}点",
    "{n}成",
    "不到{n}分",
    "超过{n}分",
    "less than {n}",
    "at least {n}",
    "{n}/5",
    "十分符合",
    "十分",
    "{zh}十五分",
    "{n}分钟",
    "{n} 分之一",
    "{n} people",
    "{n} or 10 children",
    "{n} to 10 dogs",
    "{n}到10只狗",
]


@given(st.sampled_from(WHOLE), st.integers(0, 10))
def test_a_whole_score_is_read_as_it_is(form: str, score: int) -> None:
    text = form.format(n=score, zh=CHINESE[score], en=ENGLISH[score])
    value, rule = parse_score(text)
    assert (value, rule is Rule.NONE) == (score, False)


@given(st.sampled_from(BARE), st.integers(0, 9))
def test_a_score_below_ten_needs_no_word_before_it(form: str, score: int) -> None:
    assert parse_score(form.format(zh=CHINESE[score])) == (score, Rule.POINTS)


@given(st.sampled_from(HALF), st.integers(0, 9))
def test_a_score_and_a_half_is_read_as_it_is(form: str, score: int) -> None:
    value, rule = parse_score(form.format(n=score, zh=CHINESE[score], en=ENGLISH[score]))
    assert (value, rule is Rule.NONE) == (score + 0.5, False)


@given(st.sampled_from(OTHER), st.integers(1, 9))
def test_a_number_that_is_no_score_is_none(form: str, score: int) -> None:
    assert parse_score(form.format(n=score, zh=CHINESE[score], en=ENGLISH[score])) == (0.0, Rule.NONE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7-8", 7.5),
        ("7到8分", 7.5),
        ("between 7 and 8", 7.5),
        ("8.5~9", 8.75),
        ("8分或9分", 8.5),
        ("六分到七分", 6.5),
        ("六或七分", 6.5),
        ("6 or 7", 6.5),
        ("six to seven out of ten", 6.5),
        ("six or seven out of 10", 6.5),
        ("between six and seven out of ten", 6.5),
        ("2024-05-06, 8分", 8.0),
        ("七八分", 0.0),
    ],
)
def test_a_range_is_its_middle(text: str, value: float) -> None:
    assert parse_score(text)[0] == value


@pytest.mark.parametrize("text", ["两只狗", "八分之一", "二十分钟", "ten dogs", "Seven samurai", "", "十分符合"])
def test_words_that_are_no_score_stay_words(text: str) -> None:
    assert write_in_digits(text) == text


@given(st.text(alphabet="零一二三四五六七八九十两百点點分半钟之满得评：:0123456789. seventnaidhlfpo", max_size=30))
def test_no_text_of_these_signs_breaks_the_reading(text: str) -> None:
    assert 0 <= parse_score(text)[0] <= 10


def test_a_number_goes_on_over_the_chinese_point() -> None:
    assert [number_is_over(text) for text in ("7", "7点", "7点5", "7点5分", "7点5分。")] == [False] * 3 + [True] * 2
