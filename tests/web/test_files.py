"""Photos and exports over HTTP: types, names, and what is refused."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import Response, StreamingResponse

from lychee_rerank.records import Photo
from lychee_rerank.web.files import Download, serve_download, serve_original, serve_thumbnail
from tests.pictures import encode, make_plain


def photo_at(path: Path, content: bytes) -> Photo:
    path.write_bytes(content)
    return Photo(name=f"day 1/{path.name}", path=path)


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_photo_is_sent_as_what_it_is_whatever_it_is_called(tmp_path: Path, kind: str, media_type: str) -> None:
    photo = photo_at(tmp_path / "沙发.html", encode(make_plain((255, 0, 0)), kind))
    answer = serve_original(photo, download=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"].startswith("inline")


def test_a_download_is_kept_under_the_photos_own_name(tmp_path: Path) -> None:
    answer = serve_original(photo_at(tmp_path / "a b.png", encode(make_plain((1, 2, 3)), "PNG")), download=True)
    assert answer.headers["content-disposition"] in (
        'attachment; filename="a b.png"',
        "attachment; filename*=utf-8''a%20b.png",
    )


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"<html></html>", b"", b"GIF89a", b"secret"])
def test_what_is_no_photo_is_not_sent(tmp_path: Path, content: bytes) -> None:
    assert serve_original(photo_at(tmp_path / "a.jpg", content), download=False).status_code == 404


def test_a_photo_that_vanished_is_not_sent(tmp_path: Path) -> None:
    assert serve_original(Photo("a.jpg", tmp_path / "a.jpg"), download=False).status_code == 404
    assert serve_original(None, download=False).status_code == 404


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
