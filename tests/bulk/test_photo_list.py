"""The photos of a bulk run: what is given, and how it is cut into parts."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyarrow.fs import LocalFileSystem

from lychee_rerank.bulk import photo_list
from lychee_rerank.bulk.photo_list import PhotoList, list_photos, write_list
from lychee_rerank.errors import BulkFailed
from lychee_rerank.photos.folders import find_photos
from tests.served import ROOT

NAMES = ["a.jpg", "b/é c.jpg", "s3://bucket/d.jpg"]


def test_a_folder_gives_what_it_gives_everywhere() -> None:
    names = [str(photo.path) for photo in find_photos([ROOT / "images"]).photos]
    assert list(list_photos(str(ROOT / "images"))) == names
    in_a_store = list(list_photos(f"file://{ROOT}/images/"))
    assert in_a_store == [f"file://{name}" for name in names]


def test_the_options_of_an_address_are_those_of_each_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "notes.txt").touch()
    monkeypatch.setattr(photo_list, "open_place", lambda _: (LocalFileSystem(), str(tmp_path)))
    assert list(list_photos("s3://bucket/in/?region=b")) == ["s3://bucket/in/a.jpg?region=b"]


def write_lines(file: Path) -> None:
    file.write_text("\ufeff" + "\r\n".join([NAMES[0], "", *NAMES[1:]]) + "\n", encoding="utf-8")


def write_csv(file: Path) -> None:
    file.write_text("number,path\n" + "".join(f"{n},{name}\n" for n, name in enumerate(NAMES)), encoding="utf-8")


def write_parquet(file: Path) -> None:
    parquet.write_table(pa.table({"number": [1, 2, 3, 4], "path": [*NAMES, None]}), file)


@pytest.mark.parametrize(
    ("name", "write"), [("list.txt", write_lines), ("list.csv", write_csv), ("list.parquet", write_parquet)]
)
def test_a_list_names_photos_beside_it_and_elsewhere(tmp_path: Path, name: str, write) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path / name)
    assert list(list_photos(str(tmp_path / name))) == [str(tmp_path / NAMES[0]), str(tmp_path / NAMES[1]), NAMES[2]]


@pytest.mark.parametrize(
    ("name", "content"),
    [("gone.txt", None), ("list.csv", b"file\na.jpg\n"), ("list.parquet", b"none")],
)
def test_what_is_no_list_has_a_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BulkFailed, match=name):
        list(list_photos(str(tmp_path / name)))


@pytest.mark.parametrize("address", ["nowhere://bucket", "file:///nowhere/at/all"])
def test_a_folder_that_is_not_there_has_a_sentence(address: str) -> None:
    with pytest.raises(BulkFailed, match=address):
        list(list_photos(address))


def test_a_list_is_read_part_by_part(tmp_path: Path) -> None:
    names = [f"{n}.jpg" for n in range(11)]
    write_list(LocalFileSystem(), str(tmp_path), iter(names), photos_per_part=4)
    photos = PhotoList(LocalFileSystem(), str(tmp_path))
    assert (len(photos), photos.parts) == (11, 3)
    assert [photos.size(part) for part in range(3)] == [4, 4, 3]
    assert [photos.read(part) for part in range(3)] == [names[:4], names[4:8], names[8:]]
