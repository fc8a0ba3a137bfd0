"""Answers and the scores they give."""

import pytest

from lychee_rerank.readout import number_is_over, parse_score
from lychee_rerank.records import Rule

ANSWERS = [
    # the whole answer is the number
    ("9.8", 9.8, Rule.WHOLE_ANSWER),
    ("0", 0.0, Rule.WHOLE_ANSWER),
    ("10", 10.0, Rule.WHOLE_ANSWER),
    ("10.0", 10.0, Rule.WHOLE_ANSWER),
    ("7", 7.0, Rule.WHOLE_ANSWER),
    (" 6.5\n", 6.5, Rule.WHOLE_ANSWER),
    ("8.5.", 8.5, Rule.WHOLE_ANSWER),
    ("**8.5**", 8.5, Rule.WHOLE_ANSWER),
    ("「7.0」", 7.0, Rule.WHOLE_ANSWER),
    ("9.85", 9.85, Rule.WHOLE_ANSWER),
    ("８.５", 8.5, Rule.WHOLE_ANSWER),
    ("９．８", 9.8, Rule.WHOLE_ANSWER),
    ("１０", 10.0, Rule.WHOLE_ANSWER),
    ("0.0", 0.0, Rule.WHOLE_ANSWER),
    # x / 100
    ("85/100", 8.5, Rule.PERCENT),
    ("100/100", 10.0, Rule.PERCENT),
    ("Score: 85/100", 8.5, Rule.PERCENT),
    ("得分 72 / 100", 7.2, Rule.PERCENT),
    ("0/100", 0.0, Rule.PERCENT),
    # labelled
    ("Score: 8.5 / 10", 8.5, Rule.LABELLED),
    ("Score: 7", 7.0, Rule.LABELLED),
    ("score = 3.5", 3.5, Rule.LABELLED),
    ("Rating: 9/10", 9.0, Rule.LABELLED),
    ("The relevance score is 6.4.", 6.4, Rule.LABELLED),
    ("I rated it 4", 4.0, Rule.LABELLED),
    ("评分:8.5", 8.5, Rule.LABELLED),
    ("评分：９", 9.0, Rule.LABELLED),
    ("得分是7.5分", 7.5, Rule.LABELLED),
    ("分数为 3", 3.0, Rule.LABELLED),
    ("相关性:6", 6.0, Rule.LABELLED),
    ("相关性评分为 9.0 分", 9.0, Rule.LABELLED),
    ("这张图有2只狗,评分:5.5", 5.5, Rule.LABELLED),
    ("There are 3 dogs. Score: 8", 8.0, Rule.LABELLED),
    ("Score (0-10): 7", 7.0, Rule.LABELLED),
    ("满分10分,评分 6 分", 6.0, Rule.LABELLED),
    ("**Score:** 9.0", 9.0, Rule.LABELLED),
    # x / 10, x out of 10
    ("8.5/10", 8.5, Rule.OUT_OF_TEN),
    ("10/10", 10.0, Rule.OUT_OF_TEN),
    ("0 / 10", 0.0, Rule.OUT_OF_TEN),
    ("I would say 7/10 because of 2 lamps", 7.0, Rule.OUT_OF_TEN),
    ("7 out of 10", 7.0, Rule.OUT_OF_TEN),
    ("It is 3 of a kind, so 6.5 out of ten", 6.5, Rule.OUT_OF_TEN),
    ("９/１０", 9.0, Rule.OUT_OF_TEN),
    # x分
    ("8.5分", 8.5, Rule.POINTS),
    ("我给 7 分", 7.0, Rule.POINTS),
    ("有2个人,我给9分", 9.0, Rule.POINTS),
    ("10分", 10.0, Rule.POINTS),
    ("满分10分,给8分", 8.0, Rule.POINTS),
    # the first number in range
    ("I think 7.5 fits", 7.5, Rule.FIRST_NUMBER),
    ("Between 6 and 8", 6.0, Rule.FIRST_NUMBER),
    ("大概是 4 吧", 4.0, Rule.FIRST_NUMBER),
    ("85 no, 8", 8.0, Rule.FIRST_NUMBER),
    ("In 2024 I would say 5", 5.0, Rule.FIRST_NUMBER),
    ("On a scale from 0 to 10, a 4", 4.0, Rule.FIRST_NUMBER),
    ("100% sure: 3", 3.0, Rule.FIRST_NUMBER),
    ("8-9", 8.0, Rule.FIRST_NUMBER),
    # other scales, ranges, counts, negations
    ("Score out of 10: 8", 8.0, Rule.LABELLED),
    ("10分制:8", 8.0, Rule.WHOLE_ANSWER),
    ("按10分制,8", 8.0, Rule.FIRST_NUMBER),
    ("以10分为满分,8分", 8.0, Rule.POINTS),
    ("满分是10分,这张图7分", 7.0, Rule.POINTS),
    ("Score 1: 5, Score 2: 7. Final score: 6", 6.0, Rule.LABELLED),
    ("评分标准:0分无关,10分完全符合。评分:6", 6.0, Rule.LABELLED),
    ("0 means unrelated, 10 means everything. 6", 6.0, Rule.FIRST_NUMBER),
    ("8,5", 8.5, Rule.WHOLE_ANSWER),
    ("评分:8,5", 8.5, Rule.LABELLED),
    ("扣2分,得8分", 8.0, Rule.LABELLED),
    ("不是10分,而是4分", 4.0, Rule.POINTS),
    ("Not 10, rather 4", 4.0, Rule.FIRST_NUMBER),
    ("IMG_001.jpg: 7", 7.0, Rule.FIRST_NUMBER),
    ("the 3rd photo: 6.5", 6.5, Rule.FIRST_NUMBER),
    ("2 of 3 are there, 6.7", 6.7, Rule.FIRST_NUMBER),
    ("a score of 7", 7.0, Rule.LABELLED),
    ("4/5", 0.0, Rule.NONE),
    ("4 out of 5", 0.0, Rule.NONE),
    ("Score: 6/5", 0.0, Rule.NONE),
    ("rating: 4 out of 5 stars", 0.0, Rule.NONE),
    ("½", 0.0, Rule.NONE),
    ("8½", 0.0, Rule.NONE),
    ("I can't score 1 of these", 0.0, Rule.NONE),
    # no number
    ("", 0.0, Rule.NONE),
    ("   ", 0.0, Rule.NONE),
    ("yes", 0.0, Rule.NONE),
    ("非常符合", 0.0, Rule.NONE),
    ("十分", 0.0, Rule.NONE),
    ("-1", 0.0, Rule.NONE),
    ("Score: -1", 0.0, Rule.NONE),
    ("−3", 0.0, Rule.NONE),
    ("11", 0.0, Rule.NONE),
    ("10.5", 0.0, Rule.NONE),
    ("Score: 85", 0.0, Rule.NONE),
    ("2024", 0.0, Rule.NONE),
    ("1.2.3", 0.0, Rule.NONE),
    ("nan", 0.0, Rule.NONE),
    ("120/100", 0.0, Rule.NONE),
]


@pytest.mark.parametrize(("answer", "value", "rule"), ANSWERS)
def test_an_answer_gives_its_score_and_names_the_rule(answer: str, value: float, rule: Rule) -> None:
    score = parse_score(answer)
    assert (score.value, score.rule) == (pytest.approx(value), rule)
    assert score.answer == answer


OVER = ["9.8\n", "9.8 because", "8.5分", "8.5.", "8.5/10。", "85/100\n", "7,", "９.８分", "10。"]
NOT_OVER = [
    "",
    " ",
    "9",
    "9.",
    "9.8",
    "1",
    "10",
    "8.5/",
    "8.5 /",
    "8.5/1",
    "8.5/10",
    "85",
    "85 or so",
    "Score: 8 ",
    "-1 ",
    "10 ",
    "8.5/10.",
]


@pytest.mark.parametrize("text", OVER)
def test_a_number_is_over_once_something_follows_that_is_no_part_of_it(text: str) -> None:
    assert number_is_over(text)


@pytest.mark.parametrize("text", NOT_OVER)
def test_a_number_is_not_over_while_it_may_go_on(text: str) -> None:
    assert not number_is_over(text)
