"""Addresses of thumbnails: good for whom they were given to."""

from pathlib import Path

import pytest

from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.records import Photo
from lychee_rerank.store.uploads import Uploads
from lychee_rerank.web import addresses
from lychee_rerank.web.files import Thumbnails
from tests.pictures import encode, make_plain


@pytest.fixture
def given(tmp_path: Path) -> Thumbnails:
    return Thumbnails(Uploads(tmp_path / "data", decode=decode_photo))


def keep(folder: Path, name: str) -> Photo:
    path = folder / name
    path.write_bytes(encode(make_plain((255, 0, 0)), "PNG"))
    return Photo(name=name, path=path)


def token(address: str | None) -> str:
    assert address is not None
    return address.rsplit("/", 1)[1]


def test_an_address_is_good_for_its_owner_alone(given: Thumbnails, tmp_path: Path) -> None:
    photo = keep(tmp_path, "secret-name.png")
    address = given.address(photo, owner="ann")
    content = given.read(token(address), owner="ann")
    assert content is not None
    assert content.startswith(b"\xff\xd8")
    assert given.read(token(address), owner="bob") is None
    assert given.read(token(address), owner=None) is None
    assert given.address(photo, owner="bob") != address
    assert "secret" not in str(address)


@pytest.mark.parametrize("wrong", ["", "0" * 64, "../../etc/passwd"])
def test_what_was_never_given_out_leads_nowhere(given: Thumbnails, tmp_path: Path, wrong: str) -> None:
    given.address(keep(tmp_path, "a.png"), owner="ann")
    assert given.read(wrong, owner="ann") is None


def test_an_address_stays_the_same_and_ends_with_its_process(given: Thumbnails, tmp_path: Path) -> None:
    photo = keep(tmp_path, "a.png")
    assert given.address(photo, owner="ann") == given.address(photo, owner="ann")
    assert Thumbnails(Uploads(tmp_path / "data", decode=decode_photo)).address(photo, owner="ann") != given.address(
        photo, owner="ann"
    )


def test_a_photo_that_cannot_be_drawn_has_no_address(given: Thumbnails, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("no picture")
    assert given.address(Photo(name="a.jpg", path=path), owner="ann") is None


def test_the_oldest_addresses_make_room(given: Thumbnails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_MOST_ADDRESSES", 2)
    first, second, third = (given.address(keep(tmp_path, f"{name}.png"), owner="ann") for name in "abc")
    assert given.read(token(first), owner="ann") is None
    assert given.read(token(second), owner="ann") is not None
    assert given.read(token(third), owner="ann") is not None
