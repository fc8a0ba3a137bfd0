"""HEIC and AVIF are carried away as they are, and their stars lie beside them."""

from pathlib import Path

import pytest

from lychee_rerank.export.copies import copy_photos
from lychee_rerank.export.opened_photo import open_photo
from lychee_rerank.export.ratings import Marks, Xmp, XmpForm
from lychee_rerank.problems import CopyProblem
from tests.finished import finish
from tests.heif_pictures import encode_kind
from tests.pictures import encode, make_photo


@pytest.mark.parametrize(
    ("form", "beside"), [(XmpForm.EMBEDDED, ".xmp"), (XmpForm.SIDECAR, ".xmp"), (XmpForm.NONE, None)]
)
@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_the_copy_is_the_file_itself_and_stars_go_beside_it(
    photo_folder: Path, tmp_path: Path, kind: str, form: XmpForm, beside: str | None
) -> None:
    path, out = photo_folder / f"a.{kind}", tmp_path / "out"
    path.write_bytes(encode_kind(kind, make_photo()))
    out.mkdir()
    results = finish([9.0], paths=[path])
    (copied,) = copy_photos(results, results.ranked, out, xmp=Xmp(form))
    assert (copied.file, copied.problem) == (f"001_9.0_a.{kind}", None)
    assert (out / copied.file).read_bytes() == path.read_bytes()
    sidecars = [file.name for file in out.iterdir() if file.name != copied.file]
    assert sidecars == ([copied.file + beside] if beside else [])
    for name in sidecars:
        assert b'xmp:Rating="5"' in (out / name).read_bytes()


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_a_file_in_an_archive_is_the_file_itself(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(encode_kind(kind, make_photo()))
    with open_photo(path, XmpForm.EMBEDDED, Marks(stars=4)) as source:
        assert (b"".join(source.chunks()), source.size_bytes) == (path.read_bytes(), path.stat().st_size)
        assert b'xmp:Rating="4"' in (source.sidecar or b"")


def test_a_jpeg_with_two_start_marks_is_copied_as_it_is_without_stars(photo_folder: Path, tmp_path: Path) -> None:
    path, out = photo_folder / "a.jpg", tmp_path / "out"
    path.write_bytes(b"\xff\xd8" + encode(make_photo()))
    out.mkdir()
    results = finish([9.0], paths=[path])
    (copied,) = copy_photos(results, results.ranked, out, xmp=Xmp(XmpForm.EMBEDDED))
    assert copied.problem is CopyProblem.XMP_KEPT
    assert (out / copied.file).read_bytes() == path.read_bytes()
