"""The ZIP: named by rank, streamed, whole, and never stopped by a photo that is gone."""

import csv
import os
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from lychee_rerank.export.archive import stream_archive
from lychee_rerank.export.opened_photo import CHUNK_BYTES
from lychee_rerank.export.ratings import Xmp, XmpForm
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Refusal
from lychee_rerank.results.ranking import Results
from lychee_rerank.words import ENGLISH
from tests.finished import finish
from tests.pictures import encode, make_photo

GONE = "not copied: the photo is gone, or can no longer be read"
CUT_SHORT = "not whole: reading the photo failed halfway"


@pytest.fixture
def results(photo_folder: Path) -> Results:
    """Three photos on disk, the best one last, and a refused one."""
    paths = [photo_folder / name for name in ("a.jpg", "沙发.png", "c.jpg")]
    for n, path in enumerate(paths):
        path.write_bytes(encode(make_photo(seed=n), "PNG" if path.suffix == ".png" else "JPEG"))
    return finish([3.0, 6.5, 9.8], paths=paths, refused=[Refusal(3, "x.png", RefusalReason.EMPTY)])


def stream(results: Results, best: int | None = None, xmp: Xmp | None = None) -> Iterator[bytes]:
    return stream_archive(results, results.ranked[:best], describe=ENGLISH.describe, xmp=xmp)


def open_zip(pieces: Iterator[bytes]) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    return archive


def rows_of(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    text = archive.read("ranking.csv").decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def test_the_chosen_photos_are_in_it_byte_for_byte_with_the_whole_ranking(results: Results) -> None:
    archive = open_zip(stream(results, 2))
    assert archive.namelist() == ["001_9.8_c.jpg", "002_6.5_沙发.png", "ranking.csv"]
    for name, index in (("001_9.8_c.jpg", 2), ("002_6.5_沙发.png", 1)):
        assert archive.read(name) == results.photos[index].path.read_bytes()
    assert [row["file"] for row in rows_of(archive)] == ["001_9.8_c.jpg", "002_6.5_沙发.png", "", ""]
    assert rows_of(archive)[3]["refused"] == "the file is empty"


def test_entries_have_the_photos_time(results: Results) -> None:
    os.utime(results.photos[1].path, (1_600_000_000, 1_600_000_000))
    _, second, _ = open_zip(stream(results, 2)).infolist()
    assert second.date_time == time.localtime(1_600_000_000)[:6]


@pytest.mark.parametrize(("modified_s", "year"), [(0, 1980), (9_999_999_999, 2107)])
def test_a_time_that_no_zip_can_hold_is_moved_to_one_that_it_can(results: Results, modified_s: int, year: int) -> None:
    os.utime(results.photos[2].path, (modified_s, modified_s))
    assert open_zip(stream(results)).infolist()[0].date_time[0] == year


def test_a_photo_that_vanished_is_named_and_stops_nothing(results: Results) -> None:
    results.photos[2].path.unlink()
    archive = open_zip(stream(results))
    assert archive.namelist() == ["002_6.5_沙发.png", "003_3.0_a.jpg", "missing.txt", "ranking.csv"]
    assert archive.read("missing.txt").decode() == f"c.jpg: {GONE}\n"
    assert [(row["file"], row["problem"]) for row in rows_of(archive)][:2] == [("", GONE), ("002_6.5_沙发.png", "")]


def test_a_photo_that_vanishes_or_shrinks_while_the_zip_is_read_is_named(results: Results) -> None:
    large = results.photos[2].path
    with large.open("ab") as file:
        file.truncate(5 * CHUNK_BYTES)
    pieces = stream(results)
    first = next(pieces)
    results.photos[1].path.unlink()
    os.truncate(large, CHUNK_BYTES)
    archive = open_zip(iter([first, *pieces]))
    assert archive.read("missing.txt").decode() == f"c.jpg: {CUT_SHORT}\n沙发.png: {GONE}\n"
    assert archive.namelist() == ["001_9.8_c.jpg", "003_3.0_a.jpg", "missing.txt", "ranking.csv"]


def test_never_more_than_a_piece_of_a_photo_is_held(results: Results) -> None:
    with results.photos[2].path.open("ab") as file:
        file.truncate(20 * CHUNK_BYTES)
    sizes = [len(piece) for piece in stream(results, 1, Xmp(XmpForm.EMBEDDED))]
    assert sum(sizes) > 20 * CHUNK_BYTES
    assert max(sizes) <= 2 * CHUNK_BYTES


def test_a_reader_that_leaves_closes_the_photos(results: Results) -> None:
    with results.photos[2].path.open("ab") as file:
        file.truncate(5 * CHUNK_BYTES)
    pieces = stream(results)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    opened = {os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")}
    assert str(results.photos[2].path) not in opened


def test_stars_are_in_the_jpegs_and_beside_the_others(results: Results) -> None:
    archive = open_zip(stream(results, xmp=Xmp(XmpForm.EMBEDDED)))
    assert [name for name in archive.namelist() if name.endswith(".xmp")] == ["002_6.5_沙发.png.xmp"]
    assert b'xmp:Rating="5"' in archive.read("001_9.8_c.jpg")
    assert b'xmp:Rating="3"' in archive.read("002_6.5_沙发.png.xmp")
    assert archive.read("002_6.5_沙发.png") == results.photos[1].path.read_bytes()


def test_what_is_past_four_gigabytes_is_found(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 3_000)  # as if it came sooner
    content = b"".join(stream(results))
    assert b"PK\x06\x06" in content  # the end record of ZIP64
    assert open_zip(iter([content])).read("003_3.0_a.jpg") == results.photos[0].path.read_bytes()


def test_nothing_chosen_gives_the_table_alone(results: Results) -> None:
    assert open_zip(stream(results, 0)).namelist() == ["ranking.csv"]
