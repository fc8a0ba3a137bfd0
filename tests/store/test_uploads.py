"""Uploads and thumbnails on disk."""

import errno
import fcntl
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from lychee_rerank.errors import StorageFailed
from lychee_rerank.photos.decode import Decoded, FitSize, decode_photo
from lychee_rerank.problems import DataProblem
from lychee_rerank.records import Photo
from lychee_rerank.store.uploads import SMALL_PX, DataFolder, Uploads, open_data_folder
from tests.pictures import encode, encode_turned, make_photo


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_same_bytes_are_kept_once_under_every_name(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, decode=decode_photo)
    first, second, other = (uploads.keep(n, c) for n, c in (("a.jpg", b"same"), ("b.jpg", b"same"), ("a.jpg", b"else")))
    assert (first.name, second.name) == ("a.jpg", "b.jpg")
    assert first.path == second.path != other.path
    assert sorted(path.read_bytes() for path in files(tmp_path)) == [b"else", b"same"]


def test_uploads_and_thumbnails_are_for_the_apps_own_user_alone(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, decode=decode_photo)
    uploads.thumbnail(uploads.keep("a.jpg", encode(make_photo())))
    assert [path.stat().st_mode & 0o777 for path in files(tmp_path)] == [0o600, 0o600]


@pytest.mark.parametrize("name", ["../../x.jpg", "/etc/passwd", "a" * 200 + ".jpg", "a\0b.jpg", "一\n.jpg"])
def test_a_name_never_decides_where_bytes_lie(tmp_path: Path, name: str) -> None:
    photo = Uploads(tmp_path / "data", decode=decode_photo).keep(name, b"content")
    assert photo.name == name
    assert files(tmp_path) == [photo.path]
    assert photo.path.read_bytes() == b"content"


def test_a_full_disk_is_an_error_with_the_folder_and_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_bytes(b"a file where the folder should be")
    with pytest.raises(StorageFailed) as failed:
        Uploads(tmp_path, decode=decode_photo).keep("a.jpg", b"content")
    assert failed.value.folder == str(tmp_path / "uploads")
    assert len(files(tmp_path)) == 1


def test_a_thumbnail_is_upright_small_and_made_once(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "data", decode=decode_photo)
    photo = uploads.keep("a.jpg", encode_turned(make_photo(1200, 900), 6))
    content = uploads.thumbnail(photo)
    assert content is not None
    assert Image.open(BytesIO(content)).size == (640, 480)
    (kept,) = files(tmp_path / "data" / "thumbnails")
    kept.write_bytes(b"kept")
    assert Uploads(tmp_path / "data", decode=decode_photo).thumbnail(photo) == b"kept"


def test_a_smaller_thumbnail_is_made_from_the_larger_one_and_forgotten_with_it(tmp_path: Path) -> None:
    decoded: list[int] = []

    def decode(content: bytes, *, fit: FitSize) -> Decoded:
        decoded.append(len(content))
        return decode_photo(content, fit=fit)

    uploads = Uploads(tmp_path, decode=decode)
    photo = uploads.keep("a.png", encode(make_photo(1200, 900), "PNG"))
    small = uploads.thumbnail(photo, long_side_px=SMALL_PX)
    large = uploads.thumbnail(photo)
    assert small is not None
    assert large is not None
    assert Image.open(BytesIO(small)).size == (320, 240)
    assert decoded == [photo.path.stat().st_size, len(large)]
    uploads.forget([photo.path])
    assert files(tmp_path) == []


def test_a_changed_file_gets_a_new_thumbnail(tmp_path: Path) -> None:
    uploads, path = Uploads(tmp_path / "data", decode=decode_photo), tmp_path / "a.png"
    path.write_bytes(b"half copied")
    assert uploads.thumbnail(Photo("a.png", path)) is None
    for width, height in ((64, 48), (48, 64)):
        path.write_bytes(encode(make_photo(width, height), "PNG"))
        content = uploads.thumbnail(Photo("a.png", path))
        assert content is not None
        assert Image.open(BytesIO(content)).size == (width, height)


def test_what_cannot_be_decoded_has_no_thumbnail(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, decode=decode_photo)
    assert uploads.thumbnail(uploads.keep("a.jpg", b"no picture")) is None
    assert uploads.thumbnail(Photo("gone.jpg", tmp_path / "gone.jpg")) is None


def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    data = open_data_folder(tmp_path / "file" / "data")
    assert data.path.is_dir()
    assert (data.wanted, data.problem) == (tmp_path / "file" / "data", DataProblem.NOT_WRITABLE)
    wanted = tmp_path / "new" / "data"
    assert open_data_folder(wanted) == DataFolder(wanted, wanted)


def test_a_folder_on_a_share_without_locks_is_replaced_by_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    data = open_data_folder(tmp_path)
    assert (data.path != tmp_path, data.problem) == (True, DataProblem.NO_LOCKS)


def test_what_is_forgotten_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    uploads, mounted = Uploads(tmp_path / "data", decode=decode_photo), tmp_path / "photo.png"
    mounted.write_bytes(encode(make_photo(64, 48), "PNG"))
    gone, kept = (uploads.keep(name, encode(make_photo(64, 48, seed=n), "PNG")) for n, name in enumerate("ab", start=1))
    outside = Photo("photo.png", mounted)
    thumbnails = {photo: uploads.thumbnail(photo) for photo in (gone, kept, outside)}
    uploads.forget([gone.path, outside.path])
    assert {path.name for path in files(tmp_path / "data" / "uploads")} == {kept.path.name}
    assert [path.read_bytes() for path in files(tmp_path / "data" / "thumbnails")] == [thumbnails[kept]]
    assert mounted.exists()
    assert uploads.thumbnail(gone) is None
