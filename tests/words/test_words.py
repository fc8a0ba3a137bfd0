"""The sentences of the page: both languages have them, with the same places to fill."""

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from lychee_rerank.export.ratings import XmpForm
from lychee_rerank.model_card import ChoiceReason
from lychee_rerank.problems import (
    CopyProblem,
    FolderProblem,
    ModelProblem,
    PairsProblem,
    PassedOver,
    QueryProblem,
    RefusalReason,
    RowProblem,
)
from lychee_rerank.records import Rule
from lychee_rerank.results.selection import Selection, Sort
from lychee_rerank.results.spread import BANDS
from lychee_rerank.words import CHINESE, ENGLISH, LikeWords, ListWords, ResultWords, Words, words_for

ROOT = Path(__file__).parents[2]


def sentences(words: Words | ResultWords | ListWords | LikeWords) -> Iterator[tuple[str, str]]:
    for field in fields(words):
        value = getattr(words, field.name)
        if isinstance(value, ResultWords | ListWords | LikeWords):
            yield from ((f"{field.name}.{name}", text) for name, text in sentences(value))
        elif isinstance(value, dict):
            yield from ((f"{field.name}.{key}", text) for key, text in value.items())
        elif isinstance(value, tuple):
            yield from ((f"{field.name}.{n}", text) for n, text in enumerate(value))
        else:
            yield field.name, value


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_sentences_with_the_same_places_to_fill() -> None:
    english, chinese = dict(sentences(ENGLISH)), dict(sentences(CHINESE))
    assert english.keys() == chinese.keys()
    assert {key: places(text) for key, text in english.items()} == {key: places(t) for key, t in chinese.items()}


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_reason_problem_and_rule_has_its_sentence(words: Words) -> None:
    tables = [(words.reason, RefusalReason), (words.rule, Rule), (words.query_problem, QueryProblem)]
    tables += [
        (words.model_problem, ModelProblem),
        (words.model_remedy, ModelProblem),
        (words.demo_because, ChoiceReason),
    ]
    tables += [(words.copy_problem, CopyProblem), (words.folder_problem, FolderProblem)]
    tables += [(words.passed_over_kind, PassedOver)]
    tables += [(words.lists.problem, PairsProblem), (words.lists.row_problem, RowProblem)]
    tables += [(words.results.sort, Sort), (words.results.selection, Selection), (words.results.xmp, XmpForm)]
    assert len(words.results.bands) == len(BANDS)
    for table, members in tables:
        assert set(table) == set(members)


def readings(path: Path) -> Iterator[tuple[type, str]]:
    """Every attribute that the module reads of a table, with the table: `text` is what modules call a part of one."""
    source = path.read_text(encoding="utf-8")
    names = {
        Words: {"words", "ENGLISH", *(["self"] if path.parent == ROOT / "lychee_rerank" / "words" else [])},
        ResultWords: {"results", *(["text"] if re.search(r"words\.results|: ResultWords", source) else [])},
        ListWords: {"lists", *(["text"] if "words.lists" in source else [])},
        LikeWords: {"like", *(["self"] if path.name == "like.py" else [])},
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            base = ast.unparse(node.value).rpartition(".")[2]
            yield from ((table, node.attr) for table, called in names.items() if base in called)


def test_no_sentence_is_left_that_nothing_says() -> None:
    modules = [*(ROOT / "lychee_rerank").rglob("*.py"), ROOT / "app.py"]
    read = {reading for path in modules for reading in readings(path)}
    every = {(table, field.name) for table in (Words, ResultWords, ListWords, LikeWords) for field in fields(table)}
    assert every - read == set()


def test_the_product_words_are_the_ones_that_were_promised() -> None:
    assert CHINESE.query_label == "搜索条件"
    assert CHINESE.rerank == "开始重排序 (Rerank)"
    assert CHINESE.drop_label == "上传多张图片 (模拟图库)"
    assert CHINESE.raw_answer == "模型输出"
    assert CHINESE.analysing.format(i=3, n=12) == "正在分析第3/12张图…"
    assert CHINESE.one_photo == "请至少上传2张图片以体验重排序效果。"
    assert CHINESE.loading == ENGLISH.loading == "Loading Qwen2.5-VL & Lychee-rerank-mm…"
    assert CHINESE.memory_gpu.format(used=18.21, total=24) == "GPU Memory: 18.2 / 24.0 GB"
    assert CHINESE.caption.format(rank=1, score="9.8") == "Rank 1 | Score: 9.8"


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh-CN", CHINESE),
        ("zh_TW.UTF-8", CHINESE),
        ("ZH", CHINESE),
        ("en-US", ENGLISH),
        ("de", ENGLISH),
        (None, ENGLISH),
    ],
)
def test_chinese_for_chinese_and_english_for_every_other(locale: str | None, words: Words) -> None:
    assert words_for(locale) is words


def test_chinese_sentences_carry_chinese_punctuation() -> None:
    given = {CHINESE.drop_label, CHINESE.rerank, *CHINESE.examples}
    for key, text in sentences(CHINESE):
        said = re.sub(r"`[^`]*`|\{[^}]*\}", "", text.replace(CHINESE.drop_label, ""))
        if re.search(r"[\u4e00-\u9fff]", said) and text not in given:
            assert not re.search(r"[,;:!?()]", said), key


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_no_sentence_holds_a_name_of_the_code(words: Words) -> None:
    names = {name for _, text in sentences(words) for name in re.findall(r"\b[A-Z][a-z]+[A-Z]\w*", text)}
    assert names <= {"GiB", "PyTorch", "WebP"}
