"""Lists of photos and texts: what is read, and which rows are passed over, by line."""

from pathlib import Path

import pytest

from lychee_rerank.errors import PairsInvalid
from lychee_rerank.pairs import load_pairs, parse_pairs
from lychee_rerank.problems import PairsProblem, RowProblem
from lychee_rerank.records import Pair, Photo
from lychee_rerank.words import ENGLISH


def find(name: str) -> Photo | RowProblem:
    return Photo(name, Path(name)) if name.endswith(".jpg") else RowProblem.NOT_THERE


def parse(content: str) -> tuple[list[Pair], list[tuple[int, RowProblem]]]:
    pairs = parse_pairs(content.encode(), find=find, name="pairs.csv")
    return list(pairs.good), [(row.line, row.problem) for row in pairs.bad]


def test_rows_become_pairs_with_their_lines_and_labels() -> None:
    good, bad = parse('file,text,label\na.jpg,red sofa,1\n"b.jpg","two\nlines",no\n\nc.jpg,"a, b",\n')
    assert [(pair.line, pair.photo.name, pair.query.text, pair.fits) for pair in good] == [
        (2, "a.jpg", "red sofa", True),
        (3, "b.jpg", "two\nlines", False),
        (6, "c.jpg", "a, b", None),
    ]
    assert bad == []


@pytest.mark.parametrize("head", ["File, TEXT ,Label", "file;text;label", "file\ttext\tlabel", "\ufefffile,text,label"])
def test_columns_are_found_whatever_excel_wrote_between_them(head: str) -> None:
    mark = next(mark for mark in ";\t," if mark in head)
    (pair,), _ = parse(f"{head}\r\n" + mark.join(("a.jpg", "沙发", "是")) + "\r\n")
    assert (pair.photo.name, pair.query.text, pair.fits) == ("a.jpg", "沙发", True)


@pytest.mark.parametrize("head", ["文件,文字,标签", "文件,text, 标签 ", "标签,file,文字"])
def test_columns_may_have_their_chinese_names(head: str) -> None:
    row = {"文件": "a.jpg", "file": "a.jpg", "文字": "沙发", "text": "沙发", "标签": "符合"}
    (pair,), _ = parse(f"{head}\n" + ",".join(row[column.strip()] for column in head.split(",")) + "\n")
    assert (pair.photo.name, pair.query.text, pair.fits) == ("a.jpg", "沙发", True)


def test_a_chinese_column_beside_the_english_one_is_another_column() -> None:
    (pair,), _ = parse("文字,file,text,文件\n备注,a.jpg,sofa,b.jpg\n")
    assert (pair.photo.name, pair.query.text) == ("a.jpg", "sofa")


@pytest.mark.parametrize(("cell", "text"), [("'=1+1", "=1+1"), ("'＠you", "＠you"), ("'tis", "'tis"), ("'", "'")])
def test_what_kept_a_text_from_being_a_formula_is_no_part_of_it(cell: str, text: str) -> None:
    (pair,), _ = parse(f"file,text\na.jpg,{cell}\n")
    assert pair.query.text == text


def test_further_columns_in_any_order_are_passed_over() -> None:
    (pair,), _ = parse("id,text,note,file\n7,sofa,!,a.jpg\n")
    assert (pair.photo.name, pair.query.text, pair.fits) == ("a.jpg", "sofa", None)


@pytest.mark.parametrize(
    ("label", "fits"),
    [
        *(("1", True), ("yes", True), ("Fits", True), ("TRUE", True), ("符合", True)),
        *(("0", False), ("No", False), ("does  not", False), ("does not fit", False), ("不符合", False), ("", None)),
    ],
)
def test_labels_are_read_as_people_write_them(label: str, fits: bool | None) -> None:
    (pair,), _ = parse(f"file,text,label\na.jpg,sofa,{label}\n")
    assert pair.fits is fits


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",sofa,1", RowProblem.NO_FILE),
        ("a.gif,sofa,1", RowProblem.NOT_THERE),
        ("a.jpg,,1", RowProblem.NO_TEXT),
        ("a.jpg", RowProblem.NO_TEXT),
        ("a.jpg,\u3000,1", RowProblem.NO_TEXT),
        ("a.jpg," + "x" * 2001 + ",1", RowProblem.TEXT_TOO_LONG),
        ("a.jpg,sofa,maybe", RowProblem.BAD_LABEL),
        ("a.jpg," + "x" * 200_000 + ",1", RowProblem.TEXT_TOO_LONG),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_others_are_kept(row: str, problem: RowProblem) -> None:
    good, bad = parse(f"file,text,label\na.jpg,first,1\n{row}\nb.jpg,last,0\n")
    assert [pair.line for pair in good] == [2, 4]
    assert bad == [(3, problem)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", PairsProblem.NO_COLUMNS),
        (b"photo,text\na.jpg,sofa\n", PairsProblem.NO_COLUMNS),
        ("file,text\na.jpg,猫\n".encode("gbk"), PairsProblem.UNKNOWN_ENCODING),
        ("file,text\na.jpg,красный диван\n".encode("cp1251"), PairsProblem.UNKNOWN_ENCODING),
        ("file,text\n".encode("utf-16")[:-1], PairsProblem.UNKNOWN_ENCODING),
        (b"\xef\xbb\xbffile,text\na.jpg,\xff\n", PairsProblem.UNKNOWN_ENCODING),
        ("文件名,文字\na.jpg,沙发\n".encode("gbk"), PairsProblem.NO_COLUMNS),
        (b"x" * 200_000, PairsProblem.NO_COLUMNS),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(content: bytes, problem: PairsProblem) -> None:
    with pytest.raises(PairsInvalid) as refused:
        parse_pairs(content, find=find, name="pairs.csv")
    assert (refused.value.problem, refused.value.file) == (problem, "pairs.csv")


def test_photos_lie_in_the_folder_of_the_list_and_nowhere_else(tmp_path: Path) -> None:
    folder, outside = tmp_path / "lists", tmp_path / "x.jpg"
    (folder / "sub").mkdir(parents=True)
    for file in (folder / "a.jpg", folder / "sub" / "b.jpg", outside):
        file.write_bytes(b"")
    (folder / "link.jpg").symlink_to(outside)
    rows = ["a.jpg", "sub/b.jpg", str(folder / "a.jpg"), "../x.jpg", str(outside), "link.jpg", "gone.jpg", "sub", "a\0"]
    (folder / "pairs.csv").write_text("file,text\n" + "".join(f"{row},sofa\n" for row in rows))
    pairs = load_pairs(folder / "pairs.csv")
    assert [pair.photo.path for pair in pairs.good] == [folder / "a.jpg", folder / "sub" / "b.jpg", folder / "a.jpg"]
    assert [(row.file, row.problem) for row in pairs.bad] == [
        *((name, RowProblem.OUTSIDE) for name in ("../x.jpg", str(outside), "link.jpg")),
        *((name, RowProblem.NOT_THERE) for name in ("gone.jpg", "sub", "a\0")),
    ]


@pytest.mark.parametrize(
    ("size_bytes", "problem"), [(20_000_000, PairsProblem.NO_COLUMNS), (20_000_001, PairsProblem.TOO_LARGE)]
)
def test_a_list_above_20_mb_is_not_read(tmp_path: Path, size_bytes: int, problem: PairsProblem) -> None:
    file = tmp_path / "pairs.csv"
    with file.open("wb") as content:
        content.truncate(size_bytes)
    with pytest.raises(PairsInvalid) as refused:
        load_pairs(file, name="posts.csv")
    assert (refused.value.problem, refused.value.file) == (problem, "posts.csv")
    assert ("20 MB" in ENGLISH.failure(refused.value)) is (problem is PairsProblem.TOO_LARGE)


@pytest.mark.parametrize("name", [None, "posts.csv"])
@pytest.mark.parametrize(
    ("file", "reason"),
    [("gone.csv", "No such file or directory"), (".", "Is a directory"), ("a\0.csv", "embedded null")],
)
def test_a_list_that_is_not_there_is_told_by_its_name_and_with_the_systems_reason(
    tmp_path: Path, file: str, reason: str, name: str | None
) -> None:
    with pytest.raises(PairsInvalid) as refused:
        load_pairs(tmp_path / file, name=name)
    assert (refused.value.problem, refused.value.file) == (PairsProblem.UNREADABLE, name or str(tmp_path / file))
    assert reason in refused.value.detail
