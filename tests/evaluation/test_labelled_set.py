"""queries.jsonl -> labelled queries, or one sentence that names file and line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lychee_rerank.errors import LabelsInvalid
from lychee_rerank.evaluation.labelled_set import LabelledQuery, load_labels
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.hashes import hash_bytes
from lychee_rerank.query import Example, parse_query
from lychee_rerank.records import Photo
from tests.fakes import CountingDecoder
from tests.pictures import encode, make_photo, write_reds

GOOD: dict[str, Any] = {"query": "sofa", "language": "en", "relevance": {"a.jpg": 10, "sub/b.jpg": 0}}


@pytest.fixture
def folder(photo_folder: Path) -> Path:
    """A folder with two files; what is in them is none of this module's business."""
    (photo_folder / "sub").mkdir()
    for name in ("a.jpg", "sub/b.jpg"):
        (photo_folder / name).touch()
    return photo_folder


def write(folder: Path, *lines: str | dict[str, Any]) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    (folder / "queries.jsonl").write_text("\n".join(texts), encoding="utf-8")
    return folder


def test_a_line_becomes_a_query_with_its_gallery_in_order(folder: Path) -> None:
    line = {"query": "沙发 + 灯", "language": "zh", "relevance": {"sub/b.jpg": 3.5, "a.jpg": 10}, "id": 7, "note": [1]}
    assert load_labels(write(folder, GOOD, line)) == (
        LabelledQuery(
            id="line 1",
            query=parse_query("sofa"),
            language="en",
            photos=(Photo("a.jpg", folder / "a.jpg"), Photo("sub/b.jpg", folder / "sub" / "b.jpg")),
            truths=(10.0, 0.0),
        ),
        LabelledQuery(
            id="7",
            query=parse_query("沙发 + 灯"),
            language="zh",
            photos=(Photo("sub/b.jpg", folder / "sub" / "b.jpg"), Photo("a.jpg", folder / "a.jpg")),
            truths=(3.5, 10.0),
        ),
    )


@pytest.mark.parametrize("language", ["x", "x" * 10, "中文 + en"])
def test_a_language_is_any_text_of_one_to_ten_characters(folder: Path, language: str) -> None:
    assert load_labels(write(folder, GOOD | {"language": language}))[0].language == language


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_are_no_fault(folder: Path) -> None:
    content = "\ufeff" + json.dumps(GOOD) + "\r\n\r\n" + json.dumps(GOOD | {"query": "a\u2028b"}, ensure_ascii=False)
    (folder / "queries.jsonl").write_bytes((content + "\r\n").encode())
    assert [labelled.id for labelled in load_labels(folder)] == ["line 1", "line 3"]


@pytest.mark.parametrize("words", ["", "but in blue"])
def test_a_query_may_have_an_example_which_need_not_be_in_its_gallery(folder: Path, words: str) -> None:
    content = encode(make_photo(seed=1))
    (folder / "sub" / "like.jpg").write_bytes(content)
    (labelled,) = load_labels(write(folder, GOOD | {"query": words, "like": "sub/like.jpg"}))
    example = Example("sub/like.jpg", folder / "sub" / "like.jpg", hash_bytes(content))
    assert (labelled.query, labelled.query.text) == (parse_query(words, example), words)
    assert labelled.query.example is not None
    assert (labelled.query.example.name, labelled.query.example.path) == (example.name, example.path)
    assert [photo.name for photo in labelled.photos] == ["a.jpg", "sub/b.jpg"]


def test_an_example_of_several_lines_is_read_and_decoded_once(folder: Path) -> None:
    write_reds(folder, {"like.png": 200})
    decode = CountingDecoder()
    line = GOOD | {"like": "like.png"}
    one, other = load_labels(write(folder, line, line | {"query": ""}), decode=decode)
    assert one.query.example == other.query.example
    assert len(decode.sizes_bytes) == 1
    assert load_labels(write(folder, line, GOOD | {"like": None}), decode=decode_photo)[1].query.example is None


def relevance(**truths: object) -> dict[str, object]:
    """The good line with other truths; `a` and `b` stand for the photos that are there."""
    names = {"a": "a.jpg", "b": "sub/b.jpg"}
    return GOOD | {"relevance": {names.get(key, key): truth for key, truth in truths.items()}}


def photo_named(name: str) -> dict[str, object]:
    return GOOD | {"relevance": {"a.jpg": 10, name: 0}}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "is no JSON: Expecting property name enclosed in double quotes at character 2"),
        ("[]", "is no JSON object"),
        ("[" * 100_000, "holds a number too long, or brackets too deep, to be read"),
        ('{"query": ' + "9" * 5000 + "}", "holds a number too long, or brackets too deep, to be read"),
        ('{"query": "a", "query": "b"}', "has the key 'query' twice"),
        ('{"query": "a", "language": "en", "relevance": {"a.jpg": 1, "a.jpg": 2}}', "has the key 'a.jpg' twice"),
        ({"language": "en", "relevance": {}}, "lacks the key 'query'"),
        ({"query": "a", "relevance": {}}, "lacks the key 'language'"),
        ({"query": "a", "language": "en"}, "lacks the key 'relevance'"),
        (GOOD | {"query": 5}, "'query' is no text"),
        (GOOD | {"query": " \n"}, "the query is empty (0 characters)"),
        (GOOD | {"query": "", "like": None}, "the query is empty (0 characters)"),
        (GOOD | {"like": 5}, "'like' is no name of a photo"),
        (GOOD | {"like": "c.jpg"}, "the example 'c.jpg' is not there"),
        (GOOD | {"like": "sub"}, "the example 'sub' is not there"),
        (GOOD | {"like": "../out.jpg"}, "the example '../out.jpg' lies outside the folder"),
        (GOOD | {"like": "out/x.jpg"}, "the example 'out/x.jpg' lies outside the folder"),
        (GOOD | {"like": "/etc/hostname"}, "the example '/etc/hostname' lies outside the folder"),
        (GOOD | {"like": "a\0.jpg"}, "the example 'a\\x00.jpg' has a name that no file can have"),
        (GOOD | {"like": "a.jpg"}, "the example 'a.jpg' cannot be used: empty"),
        (GOOD | {"like": "moving.gif"}, "the example 'moving.gif' cannot be used: not a picture (GIF)"),
        (GOOD | {"like": "half.png"}, "the example 'half.png' cannot be used: truncated"),
        (GOOD | {"like": "holed.png"}, "the example 'holed.png' cannot be used: broken"),
        (GOOD | {"query": "x" * 2001}, "the query is too long (2001 characters)"),
        (GOOD | {"language": ""}, "'language' is no text of 1 to 10 characters"),
        (GOOD | {"language": "x" * 11}, "'language' is no text of 1 to 10 characters"),
        (GOOD | {"language": "e\nn"}, "'language' is no text of 1 to 10 characters"),
        (GOOD | {"language": "all"}, "'language' is 'all', which stands for every language together"),
        (GOOD | {"id": None}, "'id' is neither text nor a whole number"),
        (GOOD | {"relevance": ["a.jpg"]}, "'relevance' is no object of photo names"),
        (relevance(), "its gallery needs at least 2 photos, and 'relevance' names 0"),
        (relevance(a=10), "its gallery needs at least 2 photos, and 'relevance' names 1"),
        (relevance(a=10, b="10"), "the relevance of 'sub/b.jpg' is no number"),
        (relevance(a=10, b=True), "the relevance of 'sub/b.jpg' is no number"),
        (relevance(a=10.5, b=0), "the relevance of 'a.jpg' is 10.5, which is not from 0 to 10"),
        (relevance(a=10, b=-1), "the relevance of 'sub/b.jpg' is -1, which is not from 0 to 10"),
        (relevance(a=10, b=float("nan")), "the relevance of 'sub/b.jpg' is nan, which is not from 0 to 10"),
        (photo_named("c.jpg"), "the photo 'c.jpg' is not there"),
        (photo_named("sub"), "the photo 'sub' is not there"),
        (photo_named("x" * 300), f"the photo '{'x' * 300}' is not there"),
        (photo_named("../out.jpg"), "the photo '../out.jpg' lies outside the folder"),
        (photo_named("sub/../../photos2/x.jpg"), "the photo 'sub/../../photos2/x.jpg' lies outside the folder"),
        (photo_named("/etc/hostname"), "the photo '/etc/hostname' lies outside the folder"),
        (photo_named(""), "the photo '' lies outside the folder"),
        (photo_named("out/x.jpg"), "the photo 'out/x.jpg' lies outside the folder"),
        (photo_named("a\0.jpg"), "the photo 'a\\x00.jpg' has a name that no file can have"),
        (photo_named("./a.jpg"), "the photos 'a.jpg' and './a.jpg' are the same file"),
    ],
)
def test_a_bad_line_is_named_with_its_fault(folder: Path, line: str | dict[str, Any], told: str) -> None:
    outside = folder.parent / "photos2"
    outside.mkdir()
    (outside / "x.jpg").touch()
    (folder.parent / "out.jpg").touch()
    (folder / "moving.gif").write_bytes(b"GIF89a and no more")
    whole = encode(make_photo(), "PNG")
    (folder / "half.png").write_bytes(whole[:-40])
    (folder / "holed.png").write_bytes(whole[:2000] + bytes(500) + whole[2500:])
    os.symlink(outside, folder / "out")
    with pytest.raises(LabelsInvalid) as caught:
        load_labels(write(folder, GOOD, line))
    assert str(caught.value) == f"{folder / 'queries.jsonl'}, line 2: {told}"
    assert (caught.value.line, caught.value.detail) == (2, told)


def test_text_that_is_not_utf_8_is_named_with_its_line(folder: Path) -> None:
    (folder / "queries.jsonl").write_bytes(json.dumps(GOOD).encode() + b"\n" + '{"query": "沙发"}'.encode("gbk"))
    with pytest.raises(LabelsInvalid, match=r"queries\.jsonl, line 2: is no UTF-8 text"):
        load_labels(folder)


def test_a_folder_without_the_file_is_told_by_the_files_name(folder: Path) -> None:
    with pytest.raises(LabelsInvalid, match=r"queries\.jsonl: cannot be read \(No such file or directory\)"):
        load_labels(folder)


def test_a_file_without_a_query_is_told(folder: Path) -> None:
    with pytest.raises(LabelsInvalid, match=r"queries\.jsonl: holds no query"):
        load_labels(write(folder, "", " "))
