"""What a question with an example photo is called, alone and inside a sentence, in both languages."""

from pathlib import Path

import pytest

from lychee_rerank.query import Example, parse_query
from lychee_rerank.words import CHINESE, ENGLISH

EXAMPLE = Example("IMG_1206.jpg", Path("a"), "0" * 64)


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("", "like IMG_1206.jpg", "与 IMG_1206.jpg 类似"),
        ("  \n", "like IMG_1206.jpg", "与 IMG_1206.jpg 类似"),
        ("But in\n BLUE", "like IMG_1206.jpg: But in BLUE", "与 IMG_1206.jpg 类似，But in BLUE"),
        ("但要{蓝}色的", "like IMG_1206.jpg: 但要{蓝}色的", "与 IMG_1206.jpg 类似，但要{蓝}色的"),
    ],
)
def test_a_question_with_an_example_is_one_line_with_or_without_words(text: str, english: str, chinese: str) -> None:
    query = parse_query(text, EXAMPLE)
    assert (ENGLISH.like.asked(query), CHINESE.like.asked(query)) == (english, chinese)
    assert (ENGLISH.like.quote(query), CHINESE.like.quote(query)) == (english, chinese)


def test_a_question_in_words_alone_is_told_as_it_was_typed_and_quoted_inside_a_sentence() -> None:
    query = parse_query("Sofa +\nlamp")
    assert ENGLISH.like.asked(query) == CHINESE.like.asked(query) == "Sofa +\nlamp"
    assert ENGLISH.like.quote(query) == CHINESE.like.quote(query) == "“Sofa +\nlamp”"
