"""Answers and the scores they give; what the model held possible, and its mean, worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.records import Answer, Rule, Score, YesNoLogits
from lychee_rerank.scoring.readout import number_is_over, parse_score, read_expected, read_number, read_yes_no

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
    ("Between 6 and 8", 7.0, Rule.FIRST_NUMBER),
    ("大概是 4 吧", 4.0, Rule.FIRST_NUMBER),
    ("85 no, 8", 8.0, Rule.FIRST_NUMBER),
    ("In 2024 I would say 5", 5.0, Rule.FIRST_NUMBER),
    ("On a scale from 0 to 10, a 4", 4.0, Rule.FIRST_NUMBER),
    ("100% sure: 3", 3.0, Rule.FIRST_NUMBER),
    ("8-9", 8.5, Rule.WHOLE_ANSWER),
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
    ("8½", 8.5, Rule.WHOLE_ANSWER),
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
    assert parse_score(answer) == (pytest.approx(value), rule)


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
    "８．",
    "８．５／",
]


@pytest.mark.parametrize("text", OVER)
def test_a_number_is_over_once_something_follows_that_is_no_part_of_it(text: str) -> None:
    assert number_is_over(text)


@pytest.mark.parametrize("text", NOT_OVER)
def test_a_number_is_not_over_while_it_may_go_on(text: str) -> None:
    assert not number_is_over(text)


def generated(text: str, *odds: dict[int, float], ten: float = 0.0) -> Answer:
    """An answer with the digits' probabilities at each place; places that are not given have none."""
    rows = [tuple(row.get(digit, 0.0) for digit in range(10)) for row in odds]
    return Answer(text, tuple(rows) + ((0.0,) * 10,) * (max(len(text), 1) - len(rows)), ten)


NOTHING: dict[int, float] = {}
MEANS = [
    # the digit that was generated counts with the mean of its decimal
    (generated("8.5", {8: 1.0}, NOTHING, {5: 1.0}), 8.5),
    (generated("8.5", {8: 1.0}, NOTHING, {5: 0.5, 7: 0.5}), 8.6),
    (generated("8.5", {8: 1.0}, NOTHING, {5: 0.3, 7: 0.1}), 8.55),  # normalised over the digits
    (generated("0.0", {0: 1.0}, NOTHING, {0: 1.0}), 0.0),
    # another digit counts with the mean of all decimals
    (generated("8.5", {8: 0.6, 3: 0.4}, NOTHING, {5: 1.0}), 0.6 * 8.5 + 0.4 * 3.45),
    (generated("8.5", {8: 0.3, 3: 0.2}, NOTHING, {5: 1.0}), 0.6 * 8.5 + 0.4 * 3.45),
    # 10 counts as 10, however probable it is that a "1" becomes one
    (generated("9.8", {9: 0.5, 1: 0.5}, NOTHING, {8: 1.0}, ten=1.0), 0.5 * 9.8 + 0.5 * 10),
    (generated("9.8", {9: 0.5, 1: 0.5}, NOTHING, {8: 1.0}, ten=0.5), 0.5 * 9.8 + 0.25 * 10 + 0.25 * 1.45),
    (generated("10", {1: 1.0}, {0: 1.0}, ten=1.0), 10.0),
    (generated("10", {1: 1.0}, {0: 0.8}, ten=0.8), 0.8 * 10 + 0.2 * 1.45),
    (generated("10.0", {1: 0.5, 9: 0.5}, {0: 1.0}, NOTHING, {0: 1.0}, ten=1.0), 0.5 * 10 + 0.5 * 9.45),
    (generated("1.3", {1: 1.0}, {0: 0.1}, {3: 1.0}, ten=0.1), 0.9 * 1.3 + 0.1 * 10),
    # a whole number has no decimal
    (generated("7", {7: 1.0}), 7.0),
    (generated("7", {7: 0.5, 6: 0.5}), 0.5 * 7 + 0.5 * 6.45),
    (generated("1", {1: 1.0}, ten=0.25), 0.75 * 1 + 0.25 * 10),
    (generated("7分", {7: 0.5, 6: 0.5}), 0.5 * 7 + 0.5 * 6.45),
    (generated("8.5/10", {8: 0.5, 9: 0.5}, NOTHING, {5: 1.0}), 0.5 * 8.5 + 0.5 * 9.45),
    # the first digits are those of another number, or of none: the score itself
    (generated("Score: 8.5", {3: 0.1}), 8.5),
    (generated(" 8.5", {3: 0.1}), 8.5),
    (generated("85/100", {8: 0.5, 9: 0.5}), 8.5),
    (generated("8,5", {8: 0.5, 9: 0.5}), 8.5),
    (generated("2 of 3 are there, 6.7", {2: 0.5, 9: 0.5}), 6.7),
    (generated("07.5", {0: 0.5, 9: 0.5}), 7.5),
    (generated("８.５", {3: 0.1}), 8.5),
    (generated("11", {1: 0.5, 9: 0.5}, ten=0.5), 0.0),
    (generated("0/5", {0: 0.5, 9: 0.5}), 0.0),
    (generated("no idea", {9: 0.9}), 0.0),
    (generated(""), 0.0),
    (generated("8.5"), 8.5),
]


@pytest.mark.parametrize(("answer", "mean"), MEANS, ids=[f"{n}: {answer.text}" for n, (answer, _) in enumerate(MEANS)])
def test_the_expected_score_of_a_number_is_the_mean_of_what_the_model_held_possible(
    answer: Answer, mean: float
) -> None:
    score = read_number(answer)
    assert score.expected == pytest.approx(mean)
    assert (score.value, score.rule) == parse_score(answer.text)


def test_the_label_mass_of_a_number_is_what_the_digits_have_of_the_first_token() -> None:
    assert read_number(generated("8.5", {8: 0.5, 3: 0.2})).label_mass == pytest.approx(0.7)
    assert read_number(generated("Score: 8.5", {3: 0.1})).label_mass == pytest.approx(0.1)
    assert read_number(generated("8.5", {8: 0.6, 9: 0.5})).label_mass == 1.0  # float32 may sum to a little more than 1


def test_the_answer_that_is_kept_is_the_text_without_blanks_around_it() -> None:
    assert read_number(generated(" 8.5\n", {8: 1.0})).answer == "8.5"


@pytest.mark.parametrize(
    ("odds", "ten", "mean", "mass"),
    [
        ({0: 1.0}, 0.0, 0.0, 1.0),
        ({7: 1.0}, 0.0, 7.0, 1.0),
        ({1: 1.0}, 1.0, 10.0, 1.0),
        ({1: 1.0}, 0.0, 1.0, 1.0),
        ({1: 0.5, 9: 0.5}, 0.8, 0.5 * (0.2 * 1 + 0.8 * 10) + 0.5 * 9, 1.0),
        ({6: 0.2, 8: 0.3}, 0.5, 0.4 * 6 + 0.6 * 8, 0.5),
    ],
)
def test_the_readout_expected_is_the_mean_of_the_whole_numbers(
    odds: dict[int, float], ten: float, mean: float, mass: float
) -> None:
    score = read_expected(generated("x", odds, ten=ten))
    assert score.value == score.expected == pytest.approx(mean)
    assert (score.label_mass, score.answer, score.rule) == (pytest.approx(mass), "x", Rule.EXPECTED)


def test_where_no_digit_has_a_chance_the_score_is_marked_as_none() -> None:
    assert read_expected(generated("sorry")) == Score(0.0, 0.0, 0.0, "sorry", Rule.NONE)


@pytest.mark.parametrize(
    ("yes", "no", "value"), [(0.5, 0.5, 5.0), (0.9, 0.1, 9.0), (0.03, 0.01, 7.5), (0.001, 0.009, 1.0)]
)
def test_the_readout_yes_no_is_ten_times_the_share_of_yes(yes: float, no: float, value: float) -> None:
    score = read_yes_no(YesNoLogits("yes", math.log(yes), math.log(no)))
    assert score.value == score.expected == pytest.approx(value)
    assert (score.label_mass, score.answer, score.rule) == (pytest.approx(yes + no), "yes", Rule.YES_NO)


def test_yes_and_no_far_apart_are_near_the_ends_and_never_tied_there() -> None:
    gaps = [-800.0, -700.5, -700.0, -90.25, -90.0, -30.5, -30.0, 0.0, 30.0, 30.5, 800.0]
    values = [read_yes_no(YesNoLogits("", min(gap, 0.0), min(-gap, 0.0))).value for gap in gaps]
    assert values[1:-1] == sorted(set(values[1:-1]))
    assert (values[0], values[-1]) == (0.0, 10.0)
    assert values[8] < 10.0


SHARES = st.floats(0, 1)
ROW = st.tuples(*[SHARES] * 10)


@given(st.from_regex(r"\A(10|[0-9])(\.[0-9])?( of|分)?\Z"), st.tuples(ROW, ROW, ROW, ROW), SHARES)
def test_an_expected_score_is_never_out_of_range(text: str, rows: tuple[tuple[float, ...], ...], ten: float) -> None:
    for score in (read_number(Answer(text, rows, ten)), read_expected(Answer(text, rows, ten))):
        assert 0 <= score.expected <= 10
        assert 0 <= score.label_mass <= 1


@pytest.mark.parametrize("wrong", [math.nan, -0.1, 10.1, math.inf])
def test_what_is_no_number_from_0_to_10_is_an_error_and_no_score(wrong: float) -> None:
    for value, expected, mass in ((wrong, 5.0, 1.0), (5.0, wrong, 1.0), (5.0, 5.0, wrong)):
        with pytest.raises(ValueError, match="no score"):
            Score(value, expected, mass, "", Rule.EXPECTED)
    with pytest.raises(ValueError, match=r"label mass 1\.1"):
        Score(5.0, 5.0, 1.1, "", Rule.EXPECTED)
