"""Photos and exports over HTTP: types, names, and what is refused."""

import asyncio
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.responses import FileResponse, Response, StreamingResponse

from lychee_rerank.photos.decode import Decoded, FitSize, decode_photo
from lychee_rerank.records import Photo
from lychee_rerank.store.uploads import Uploads
from lychee_rerank.web.files import Download, serve_download, serve_original, serve_thumbnail
from tests.heif_pictures import encode_heic
from tests.pictures import encode, make_exif, make_photo, make_plain


def photo_at(path: Path, content: bytes) -> Photo:
    path.write_bytes(content)
    return Photo(name=f"day 1/{path.name}", path=path)


def serve(photo: Photo | None, *, download: bool) -> Response:
    """The answer of an app that has its data folder beside the photo."""
    folder = photo.path.parent / "data" if photo else Path("nowhere")
    return serve_original(photo, download=download, uploads=Uploads(folder, decode=decode_photo))


TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}


@pytest.mark.parametrize(("kind", "media_type"), TYPES.items())
def test_a_photo_is_sent_as_what_it_is_whatever_it_is_called(tmp_path: Path, kind: str, media_type: str) -> None:
    photo = photo_at(tmp_path / "沙发.html", encode(make_plain((255, 0, 0)), kind))
    answer = serve(photo, download=False)
    assert isinstance(answer, FileResponse)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"].startswith("inline")


def test_a_download_is_kept_under_the_photos_own_name(tmp_path: Path) -> None:
    answer = serve(photo_at(tmp_path / "a b.png", encode(make_plain((1, 2, 3)), "PNG")), download=True)
    assert answer.headers["content-disposition"] in (
        'attachment; filename="a b.png"',
        "attachment; filename*=utf-8''a%20b.png",
    )


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"<html></html>", b"", b"GIF89a", b"secret"])
def test_what_is_no_photo_is_not_sent(tmp_path: Path, content: bytes) -> None:
    assert serve(photo_at(tmp_path / "a.jpg", content), download=False).status_code == 404


def test_a_photo_that_vanished_is_not_sent(tmp_path: Path) -> None:
    assert serve(Photo("a.jpg", tmp_path / "a.jpg"), download=False).status_code == 404
    assert serve(None, download=False).status_code == 404


def doubled_start() -> bytes:
    """A JPEG with two start marks."""
    return b"\xff\xd8" + encode(make_photo(320, 240))


UNSHOWN = {
    "HEIC": (lambda: encode_heic(make_photo(320, 240), exif=make_exif(6)), "image/heic", (240, 320)),
    "a doubled start mark": (doubled_start, "image/jpeg", (320, 240)),
}


@pytest.mark.parametrize("name", UNSHOWN)
def test_what_browsers_cannot_show_comes_as_an_upright_jpeg_and_is_kept_as_the_file_itself(
    tmp_path: Path, name: str
) -> None:
    make, media_type, size = UNSHOWN[name]
    photo = photo_at(tmp_path / "IMG_1.HEIC", make())
    shown, kept = serve(photo, download=False), serve(photo, download=True)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["cache-control"] == "no-store"
    picture = Image.open(BytesIO(bytes(shown.body)))
    assert (picture.format, picture.size, b"SecretPhoneMaker" in shown.body) == ("JPEG", size, False)
    assert isinstance(kept, FileResponse)
    assert (kept.headers["content-type"], Path(kept.path)) == (media_type, photo.path)
    assert kept.headers["content-disposition"] == 'attachment; filename="IMG_1.HEIC"'


def test_a_large_heic_is_shown_with_2048_pixels_at_most_and_decoded_once(tmp_path: Path) -> None:
    photo = photo_at(tmp_path / "a.heic", encode_heic(make_plain((9, 9, 9), size=(2500, 1250))))
    decoded = []

    def decode(content: bytes, *, fit: FitSize) -> Decoded:
        decoded.append(len(content))
        return decode_photo(content, fit=fit)

    uploads = Uploads(tmp_path / "data", decode=decode)
    bodies = {bytes(serve_original(photo, download=False, uploads=uploads).body) for _ in range(3)}
    assert [Image.open(BytesIO(body)).size for body in bodies] == [(2048, 1024)]
    assert decoded == [photo.path.stat().st_size]
    uploads.forget([photo.path])
    assert not list((tmp_path / "data" / "thumbnails").iterdir())


@pytest.mark.parametrize("content", [encode_heic(make_photo())[:500], b"\xff\xd8\xff\xd8\xff\xd9" + bytes(500)])
def test_what_can_be_shown_by_nobody_is_not_sent_but_can_be_kept(tmp_path: Path, content: bytes) -> None:
    photo = photo_at(tmp_path / "a.heic", content)
    assert serve(photo, download=False).status_code == 404
    assert serve(photo, download=True).status_code == 200


def test_a_thumbnail_is_sent_and_kept_by_no_browser() -> None:
    answer = serve_thumbnail(b"\xff\xd8")
    assert (answer.status_code, answer.body) == (200, b"\xff\xd8")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert serve_thumbnail(None).status_code == 404


def read(answer: Response) -> bytes:
    """The body; on a thread of its own, as other tests leave a loop behind."""
    assert isinstance(answer, StreamingResponse)
    pieces: list[bytes] = []

    async def collect() -> None:
        async for piece in answer.body_iterator:
            assert isinstance(piece, bytes)
            pieces.append(piece)

    thread = threading.Thread(target=lambda: asyncio.run(collect()))
    thread.start()
    thread.join()
    return b"".join(pieces)


def test_an_export_is_made_while_it_is_sent() -> None:
    made: list[str] = []

    def pieces() -> Iterator[bytes]:
        made.append("begun")
        yield b"PK"
        yield b"\x03\x04"

    answer = serve_download(Download('沙发 "1".zip', "application/zip", pieces))
    assert not made
    assert read(answer) == b"PK\x03\x04"
    assert answer.headers["content-type"] == "application/zip"
    disposition = answer.headers["content-disposition"]
    assert disposition == "attachment; filename*=utf-8''%E6%B2%99%E5%8F%91%20%221%22.zip"


def test_what_was_cleared_or_never_given_is_not_found() -> None:
    assert serve_download(Download("a.zip", "application/zip", lambda: None)).status_code == 404
    assert serve_download(None).status_code == 404
