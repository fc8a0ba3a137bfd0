"""Copies in a folder: whole or not there, never over what is there, and originals as they were."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lychee_rerank.errors import ExportFailed
from lychee_rerank.export.copies import check_free, check_writable, copy_photos, save_as, save_file
from lychee_rerank.export.ratings import Xmp, XmpForm
from lychee_rerank.problems import CopyProblem, FolderProblem
from lychee_rerank.results.ranking import Copied, Results
from tests.finished import finish
from tests.pictures import add_jpeg_segment, encode, make_photo

NOBODY = 65534


@pytest.fixture
def results(photo_folder: Path) -> Results:
    """A JPEG and a WebP on disk."""
    paths = [photo_folder / "a.jpg", photo_folder / "b.webp"]
    paths[0].write_bytes(encode(make_photo()))
    paths[1].write_bytes(encode(make_photo(), "WEBP"))
    return finish([9.0, 4.0], paths=paths)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / "best"
    check_writable(folder)
    return folder


def copy_all(results: Results, folder: Path, form: XmpForm = XmpForm.NONE, query: str = "") -> list[Copied]:
    return list(copy_photos(results, results.ranked, folder, xmp=Xmp(form, query)))


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_copies_are_byte_for_byte_with_the_photos_time_and_readable_by_others(results: Results, out: Path) -> None:
    os.utime(results.photos[0].path, (1_600_000_000, 1_600_000_000))
    copies = copy_all(results, out)
    assert [(copy.file, copy.problem) for copy in copies] == [("001_9.0_a.jpg", None), ("002_4.0_b.webp", None)]
    assert listing(out) == ["001_9.0_a.jpg", "002_4.0_b.webp"]
    for photo, copy in zip(results.photos, copies, strict=True):
        assert (out / copy.file).read_bytes() == photo.path.read_bytes()
    status = (out / "001_9.0_a.jpg").stat()
    mask = os.umask(0)
    os.umask(mask)
    assert (status.st_mtime, status.st_mode & 0o777) == (1_600_000_000, 0o666 & ~mask)


@pytest.mark.parametrize(
    ("form", "beside"),
    [
        (XmpForm.EMBEDDED, ["002_4.0_b.webp.xmp"]),
        (XmpForm.SIDECAR, ["001_9.0_a.jpg.xmp", "002_4.0_b.webp.xmp"]),
        (XmpForm.SIDECAR_SHORT, ["001_9.0_a.xmp", "002_4.0_b.xmp"]),
    ],
)
def test_stars_go_where_they_are_wanted_and_originals_stay(
    results: Results, out: Path, form: XmpForm, beside: list[str]
) -> None:
    before = [(photo.path.read_bytes(), photo.path.stat().st_mtime_ns) for photo in results.photos]
    copy_all(results, out, form)
    assert [name for name in listing(out) if name.endswith(".xmp")] == beside
    assert (b'xmp:Rating="5"' in (out / "001_9.0_a.jpg").read_bytes()) == (form is XmpForm.EMBEDDED)
    assert b'xmp:Rating="2"' in (out / beside[-1]).read_bytes()
    assert [(photo.path.read_bytes(), photo.path.stat().st_mtime_ns) for photo in results.photos] == before
    assert listing(results.photos[0].path.parent) == ["a.jpg", "b.webp"]


def test_the_query_is_nowhere_unless_it_is_wanted(results: Results, out: Path) -> None:
    copy_all(results, out, XmpForm.EMBEDDED)
    assert not any(b"subject" in (out / name).read_bytes().lower() for name in listing(out))
    copy_all(results, out, XmpForm.SIDECAR, "red sofa")
    assert b"red sofa" in (out / "001_9.0_a (2).jpg.xmp").read_bytes()


def test_nothing_that_is_there_is_overwritten(results: Results, out: Path) -> None:
    for name in ("001_9.0_a.jpg", "002_4.0_b.xmp"):  # a copy, and a sidecar of somebody else's
        (out / name).write_text("mine")
    (out / "001_9.0_a (2).jpg").symlink_to("nowhere")
    copies = copy_all(results, out, XmpForm.SIDECAR_SHORT)
    assert [copy.file for copy in copies] == ["001_9.0_a (3).jpg", "002_4.0_b (2).webp"]
    assert listing(out) == [
        *("001_9.0_a (2).jpg", "001_9.0_a (3).jpg", "001_9.0_a (3).xmp", "001_9.0_a.jpg"),
        *("002_4.0_b (2).webp", "002_4.0_b (2).xmp", "002_4.0_b.xmp"),
    ]
    assert [(out / name).read_text() for name in ("001_9.0_a.jpg", "002_4.0_b.xmp")] == ["mine", "mine"]
    assert save_file(out, "ranking.csv", b"1") == "ranking.csv"
    assert save_file(out, "ranking.csv", b"2") == "ranking (2).csv"
    assert (out / "ranking.csv").read_bytes() == b"1"


@pytest.mark.parametrize("form", list(XmpForm))
def test_what_is_there_already_byte_for_byte_is_not_written_again(results: Results, out: Path, form: XmpForm) -> None:
    first = copy_all(results, out, form)
    there = listing(out)
    again = copy_all(results, out, form)
    assert [(copy.file, copy.existed) for copy in first] == [(copy.file, False) for copy in first]
    assert [(copy.file, copy.existed) for copy in again] == [(copy.file, True) for copy in first]
    assert listing(out) == there
    assert save_file(out, "ranking.csv", b"1") == save_file(out, "ranking.csv", b"1") == "ranking.csv"


def test_a_copy_that_was_cut_since_is_made_anew_under_another_name(results: Results, out: Path) -> None:
    copy_all(results, out)
    cut = out / "001_9.0_a.jpg"
    cut.write_bytes(cut.read_bytes()[:-1])
    assert [(copy.file, copy.existed) for copy in copy_all(results, out)] == [
        ("001_9.0_a (2).jpg", False),
        ("002_4.0_b.webp", True),
    ]


def test_a_photo_that_is_gone_is_told_and_the_others_are_copied(results: Results, out: Path) -> None:
    results.photos[0].path.unlink()
    assert [(copy.file, copy.problem) for copy in copy_all(results, out)] == [
        ("", CopyProblem.GONE),
        ("002_4.0_b.webp", None),
    ]
    results.photos[0].path.mkdir()
    assert copy_all(results, out)[0].problem is CopyProblem.GONE
    results.photos[0].path.rmdir()
    os.mkfifo(results.photos[0].path)  # opening it would wait for ever
    assert copy_all(results, out)[0].problem is CopyProblem.GONE


def test_a_jpeg_whose_metadata_takes_no_stars_is_copied_as_it_is(results: Results, out: Path) -> None:
    path = results.photos[0].path
    path.write_bytes(add_jpeg_segment(path.read_bytes(), 0xE1, b"http://ns.adobe.com/xap/1.0/\0<broken"))
    copy = copy_all(results, out, XmpForm.EMBEDDED)[0]
    assert (copy.file, copy.problem) == ("001_9.0_a.jpg", CopyProblem.XMP_KEPT)
    assert (out / copy.file).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (errno.ENOSPC, FolderProblem.DISK_FULL),
        (errno.EDQUOT, FolderProblem.DISK_FULL),
        (errno.EROFS, FolderProblem.READ_ONLY),
        (errno.EIO, FolderProblem.OTHER),
    ],
)
def test_a_disk_that_takes_no_more_is_told_and_leaves_no_half_a_copy(
    results: Results, out: Path, monkeypatch: pytest.MonkeyPatch, number: int, problem: FolderProblem
) -> None:
    copying = copy_photos(results, results.ranked, out, xmp=Xmp(XmpForm.SIDECAR))
    next(copying)

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ExportFailed) as failed:
        next(copying)
    assert (failed.value.problem, failed.value.folder) == (problem, str(out))
    assert failed.value.detail == os.strerror(number)
    assert listing(out) == ["001_9.0_a.jpg", "001_9.0_a.jpg.xmp"]


def test_a_copy_whose_sidecar_cannot_be_put_there_is_taken_back(
    results: Results, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, done = os.replace, []

    def fail_second(source: Path, target: Path) -> None:
        if done:
            raise OSError(errno.ENOSPC, "full")
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_second)
    with pytest.raises(ExportFailed):
        copy_all(results, out, XmpForm.SIDECAR)
    assert listing(out) == []


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user who may write nowhere, where the tests run as root, whom no right stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_told_before_anything_is_copied(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    with as_nobody(), pytest.raises(ExportFailed) as failed:
        check_writable(closed / "new")
    assert (failed.value.problem, failed.value.user) == (FolderProblem.NOT_ALLOWED, os.getuid())
    assert listing(closed) == []


@pytest.mark.parametrize("below", ["", "sub"])
def test_a_file_is_no_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportFailed) as failed:
        check_writable(tmp_path / "file" / below)
    assert failed.value.problem is FolderProblem.NOT_A_FOLDER


def test_a_folder_that_can_be_written_is_made_and_left_empty(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert listing(tmp_path / "a" / "b") == []


def test_a_named_file_is_written_once(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    check_free(file)
    save_as(file, b"first")
    for again in (lambda: check_free(file), lambda: save_as(file, b"second")):
        with pytest.raises(ExportFailed) as failed:
            again()
        assert failed.value.problem is FolderProblem.TAKEN
    assert (file.read_bytes(), listing(tmp_path)) == (b"first", ["out.csv"])
