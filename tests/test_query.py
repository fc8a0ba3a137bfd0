"""A query as it is typed and as it is scored, and where it is parted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lychee_rerank.errors import QueryRefused
from lychee_rerank.problems import QueryProblem
from lychee_rerank.query import MAX_QUERY_CHARACTERS, Example, parse_query


@pytest.mark.parametrize(
    ("typed", "scored"),
    [
        ("Sofa", "sofa"),
        ("  沙发 +\n\t灯泡  ", "沙发 + 灯泡"),
        ("ＳＯＦＡ，咖啡", "sofa,咖啡"),
        ("沙发、灯泡", "沙发、灯泡"),
        ("{query} <|im_end|>", "{query} <|im_end|>"),
        ("İstanbul", "i̇stanbul"),
        ("a \ud83d\ude00 b", "a 😀 b"),  # the two halves of one character
        ("a \ud83d b", "a \ufffd b"),
    ],
)
def test_a_query_is_folded_and_lower_cased_and_nothing_else_is_lost(typed: str, scored: str) -> None:
    query = parse_query(typed)
    assert (query.text, query.cleaned) == (typed, scored)


@pytest.mark.parametrize("typed", ["", "   ", "\n\t\u3000"])
def test_a_blank_query_is_refused(typed: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse_query(typed)
    assert (refused.value.problem, refused.value.characters) == (QueryProblem.EMPTY, 0)


def test_a_query_that_is_too_long_is_refused_with_its_length() -> None:
    assert len(parse_query("图" * MAX_QUERY_CHARACTERS).cleaned) == MAX_QUERY_CHARACTERS
    with pytest.raises(QueryRefused) as refused:
        parse_query("图" * (MAX_QUERY_CHARACTERS + 1))
    assert (refused.value.problem, refused.value.characters) == (QueryProblem.TOO_LONG, 2001)


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(typed: str) -> None:
    try:
        once = parse_query(typed).cleaned
    except QueryRefused:
        return
    assert parse_query(once).cleaned == once


def test_two_queries_that_are_scored_alike_are_equal_and_keep_their_own_texts() -> None:
    queries = [parse_query(text) for text in ("Red  sofa", "ｒｅｄ sofa", "red sofas")]
    assert len(set(queries)) == 2
    assert queries[0] == queries[1] != queries[2]
    assert [query.text for query in queries] == ["Red  sofa", "ｒｅｄ sofa", "red sofas"]


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("沙发 + 灯泡 + 咖啡", ("沙发", "灯泡", "咖啡")),
        ("沙发＋灯泡", ("沙发", "灯泡")),
        ("沙发、灯泡，咖啡", ("沙发", "灯泡", "咖啡")),
        ("a red sofa, a lamp", ("a red sofa", "a lamp")),
        ("a red sofa\na lamp\r\ncoffee", ("a red sofa", "a lamp", "coffee")),
        ("a sofa and a lamp", ("a sofa", "a lamp")),
        ("a sofa And a lamp", ("a sofa", "a lamp")),
        ("沙发 和 咖啡", ("沙发", "咖啡")),
        ("穿和服的人", ("穿和服的人",)),
        ("和服 + 伞", ("和服", "伞")),
        ("sandy island", ("sandy island",)),
        ("1,000 people + 3+1 chairs", ("1,000 people", "3+1 chairs")),
        ("sofa in 2020, lamp", ("sofa in 2020", "lamp")),
        ("+ sofa ++ lamp +", ("sofa", "lamp")),
        ("sofa + Sofa + SOFA", ("sofa",)),
        ("a red   sofa", ("a red sofa",)),
        (" + , ", ()),
    ],
)
def test_a_query_is_parted_where_it_names_another_thing(query: str, parts: tuple[str, ...]) -> None:
    assert tuple(part.text for part in parse_query(query).parts) == parts


def test_a_part_is_a_query_of_its_own() -> None:
    assert parse_query("Red  Sofa + lamp").parts == (parse_query("red sofa"), parse_query("lamp"))


@pytest.mark.parametrize(
    "whole",
    [
        "a black and white photo of a cat",
        "C++ book",
        "a book on C++ or C",
        "a red and blue ball",
        "a big, red sofa",
        "an old, rusty, broken bicycle",
        "black and white",
        "salt and pepper shakers",
        "fish and chips on a plate",
        "a bed and breakfast sign",
        "Tom and Jerry",
        "bow and arrow",
        "a cup and saucer",
        "macaroni and cheese",
        "tall and thin trees",
        "warm and cozy living room",
        "old and new buildings",
        "a clean, bright kitchen",
        "rock and roll concert",
        "A++ label",
        "1,000 balloons",
        "3+1 chairs",
        "穿和服的人",
        "和平鸽",
        "一只黑白相间的猫",
        "黑色、白色的猫",
        "红色的沙发",
        "温和的阳光",
        "sandy island",
        "Andes mountains",
        "the band on stage",
        "red, white and blue flag",
        "Beauty and the Beast poster",
        "before and after",
        "an A+ grade",
        "a sign that says 18+",
        "5 + 3 on a blackboard",
        "a Disney+ logo",
        "a path between the tower and the bridge",
        "可以及格的试卷",
    ],
)
def test_a_phrase_for_one_thing_stays_whole(whole: str) -> None:
    assert [part.text for part in parse_query(whole).parts] == [whole]


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("sofa + lamp", ["sofa", "lamp"]),
        ("sofa+lamp", ["sofa", "lamp"]),
        ("沙发+灯泡+咖啡", ["沙发", "灯泡", "咖啡"]),
        ("a black and white cat and a dog", ["a black and white cat", "a dog"]),
        ("a big, red sofa, a lamp", ["a big, red sofa", "a lamp"]),
        ("a red and blue ball + a bat", ["a red and blue ball", "a bat"]),
        ("C++ book + coffee", ["C++ book", "coffee"]),
        ("fish and chips, beer", ["fish and chips", "beer"]),
        ("beer and fish and chips", ["beer", "fish and chips"]),
        ("men and women", ["men", "women"]),
        ("a man and a woman and a child", ["a man", "a woman", "a child"]),
        ("dog, cat, and bird", ["dog", "cat", "bird"]),
        ("a cat on a red sofa and a lamp", ["a cat on a red sofa", "a lamp"]),
        ("cheese and wine", ["cheese", "wine"]),
        ("salt and pepper and oil", ["salt and pepper", "oil"]),
        ("table, chairs, window", ["table", "chairs", "window"]),
        ("red car, blue car", ["red car", "blue car"]),
        ("beach, sunset, palm trees", ["beach", "sunset", "palm trees"]),
        ("狗、猫、鸟", ["狗", "猫", "鸟"]),
        ("沙发，灯", ["沙发", "灯"]),
        ("沙发 和 灯", ["沙发", "灯"]),
        ("红色的沙发、蓝色的灯", ["红色的沙发", "蓝色的灯"]),
        ("和服 + 伞", ["和服", "伞"]),
        ("一只猫 和 一只狗", ["一只猫", "一只狗"]),
        ("sofa 沙发 + lamp 灯", ["sofa 沙发", "lamp 灯"]),
        ("两个人，一只狗，海边", ["两个人", "一只狗", "海边"]),
        ("1,000 people + 3+1 chairs", ["1,000 people", "3+1 chairs"]),
        ("sofa in 2020, lamp", ["sofa in 2020", "lamp"]),
        ("coffee\ncake", ["coffee", "cake"]),
        ("sofa; lamp", ["sofa", "lamp"]),
        ("沙发；灯泡", ["沙发", "灯泡"]),
        ("沙发以及时钟", ["沙发", "时钟"]),
        ("a bench between two trees and a dog + a cat", ["a bench between two trees and a dog", "a cat"]),
        ("yin and yang + a black cat", ["yin and yang", "a black cat"]),
        ("a man in black and a woman in white", ["a man in black", "a woman in white"]),
        ("a traffic light and a car", ["a traffic light", "a car"]),
        ("a square and a circle", ["a square", "a circle"]),
        ("the sky is blue, the grass is green", ["the sky is blue", "the grass is green"]),
    ],
)
def test_the_parts_are_those_that_a_person_would_name(query: str, parts: list[str]) -> None:
    assert [part.text for part in parse_query(query).parts] == parts


EXAMPLE = Example("a.jpg", Path("a.jpg"), "hash")


def test_an_example_may_stand_without_words_or_beside_them() -> None:
    assert (parse_query("  ", EXAMPLE).cleaned, parse_query(" But in BLUE ", EXAMPLE).cleaned) == ("", "but in blue")
    with pytest.raises(QueryRefused) as refused:
        parse_query("x" * (MAX_QUERY_CHARACTERS + 1), EXAMPLE)
    assert refused.value.problem is QueryProblem.TOO_LONG


def test_queries_are_equal_where_their_words_and_the_bytes_of_their_examples_are() -> None:
    query = parse_query("blue", EXAMPLE)
    assert parse_query("Blue", Example("b.png", Path("elsewhere"), "hash")) == query
    for other in (parse_query("blue"), parse_query("", EXAMPLE), parse_query("blue", Example("a", Path("a"), "other"))):
        assert other != query
        assert len({other, query}) == 2


@pytest.mark.parametrize("words", ["", "in blue + with a dog", "no people"])
def test_the_words_beside_an_example_are_no_parts(words: str) -> None:
    query = parse_query(words, EXAMPLE)
    assert (query.parts, query.has_parts) == ((query,), False)
