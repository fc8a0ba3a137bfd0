"""A folder that takes no long name, or refuses one: the others are copied, and the photo is named."""

import errno
import filecmp
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from lychee_rerank.errors import ExportFailed
from lychee_rerank.export.copies import check_writable, copy_photos, save_as, save_file
from lychee_rerank.export.ratings import Xmp, XmpForm
from lychee_rerank.problems import CopyProblem, FolderProblem
from lychee_rerank.results.ranking import Results
from tests.finished import finish
from tests.pictures import encode, make_photo

Refuse = Callable[[Callable[[str], bool], int], None]


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Lets the system answer with an error whenever a file is opened under a name that the test says."""
    opened = Path.open

    def start(refused: Callable[[str], bool], number: int) -> None:
        def open_path(path: Path, mode: str = "r", *rest: Any, **options: Any) -> IO[Any]:
            if refused(path.name):
                raise OSError(number, os.strerror(number), str(path))
            return opened(path, mode, *rest, **options)

        monkeypatch.setattr(Path, "open", open_path)

    return start


def finish_photos(folder: Path, *names: str) -> Results:
    """Photos of these names, whatever the files are called; the first is best."""
    paths = [folder / f"{n}.webp" for n in range(len(names))]
    for n, path in enumerate(paths):
        path.write_bytes(encode(make_photo(seed=n), "WEBP"))
    return finish([9.0 - n for n in range(len(names))], paths=paths, names=names)


def copy_all(results: Results, folder: Path) -> list[tuple[str, CopyProblem | None]]:
    copying = copy_photos(results, results.ranked, folder, xmp=Xmp(XmpForm.SIDECAR))
    return [(copy.file, copy.problem) for copy in copying]


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("told", [143, 255])  # some tell more than they take
def test_names_fit_a_share_that_takes_143_bytes_and_what_falls_together_is_told_apart(
    photo_folder: Path, tmp_path: Path, refuse: Refuse, monkeypatch: pytest.MonkeyPatch, told: int
) -> None:
    monkeypatch.setattr(os, "pathconf", lambda *_: told)
    refuse(lambda name: len(name.encode()) > 143, errno.ENAMETOOLONG)
    out = tmp_path / "out"
    check_writable(out)
    long = "沙发" * 30
    copies = copy_all(finish_photos(photo_folder, f"{long}1.webp", f"{long}2.webp"), out)
    kept = "沙发" * 20
    assert copies == [(f"001_9.0_{kept}.webp", None), (f"002_8.0_{kept}.webp", None)]
    (photo_folder / "0.webp").write_bytes(encode(make_photo(seed=2), "WEBP"))
    again = copy_all(finish([9.0], paths=[photo_folder / "0.webp"], names=[f"{long}3.webp"]), out)
    assert again == [(f"001_9.0_{kept} (2).webp", None)]
    assert listing(out) == [f"{name}{end}" for name, _ in sorted(again + copies) for end in ("", ".xmp")]


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EPERM, errno.EACCES])
@pytest.mark.parametrize("refused", ["002_8.0_b.webp", "002_8.0_b.webp.xmp"])
def test_a_name_that_the_folder_refuses_costs_its_photo_alone(
    photo_folder: Path, tmp_path: Path, refuse: Refuse, number: int, refused: str
) -> None:
    results = finish_photos(photo_folder, "a.webp", "b.webp", "c.webp")
    refuse(refused.__eq__, number)
    out = tmp_path / "out"
    check_writable(out)
    assert copy_all(results, out) == [
        ("001_9.0_a.webp", None),
        ("", CopyProblem.NAME_REFUSED),
        ("003_7.0_c.webp", None),
    ]
    assert listing(out) == ["001_9.0_a.webp", "001_9.0_a.webp.xmp", "003_7.0_c.webp", "003_7.0_c.webp.xmp"]


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (errno.ENOSPC, FolderProblem.DISK_FULL),
        (errno.EROFS, FolderProblem.READ_ONLY),
        (errno.ENOENT, FolderProblem.OTHER),
        (errno.EIO, FolderProblem.OTHER),
    ],
)
def test_a_full_disk_or_a_lost_folder_still_ends_the_export(
    photo_folder: Path, tmp_path: Path, refuse: Refuse, number: int, problem: FolderProblem
) -> None:
    results = finish_photos(photo_folder, "a.webp", "b.webp")
    refuse("001_9.0_a.webp".__eq__, number)
    with pytest.raises(ExportFailed) as failed:
        copy_all(results, tmp_path)
    assert (failed.value.problem, failed.value.detail) == (problem, os.strerror(number))


def test_a_table_whose_name_is_refused_is_an_export_that_failed(tmp_path: Path, refuse: Refuse) -> None:
    refuse(lambda name: name.endswith(".csv"), errno.EPERM)
    for save in (lambda: save_file(tmp_path, "ranking.csv", b"1"), lambda: save_as(tmp_path / "a.csv", b"1")):
        with pytest.raises(ExportFailed) as failed:
            save()
        assert failed.value.problem is FolderProblem.NOT_ALLOWED
    assert listing(tmp_path) == []


def test_a_file_that_may_not_be_read_only_takes_the_name(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = finish_photos(photo_folder, "a.webp")
    (tmp_path / "001_9.0_a.webp").write_text("somebody's")

    def fail(*_: object, **__: object) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(filecmp, "cmp", fail)
    assert copy_all(results, tmp_path) == [("001_9.0_a (2).webp", None)]
