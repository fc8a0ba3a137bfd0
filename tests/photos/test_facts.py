"""What a photo's file says of it: size, capture time and camera, in every format; odd metadata costs no photo."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from lychee_rerank.facts import Orientation, PhotoFacts
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.exif import read_camera, read_taken, read_turn
from lychee_rerank.photos.fingerprint import FINGERPRINT_BYTES
from tests import pictures
from tests.heif_pictures import encode_kind, encode_with_turns
from tests.photos.decoding import same

ZONE = timezone(timedelta(hours=-3, minutes=-30))


def make_block(
    taken: object = "2026:05:03 12:30:11",
    offset: object = "-03:30",
    *,
    make: object = "Canon",
    model: object = "EOS R5",
) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = make, model
    exif[ExifTags.Base.DateTime] = "2030:01:01 00:00:00"  # when it was edited, which is never taken
    below = exif.get_ifd(ExifTags.IFD.Exif)
    below[ExifTags.Base.DateTimeOriginal], below[ExifTags.Base.OffsetTimeOriginal] = taken, offset
    return exif.tobytes()


def facts_of(content: bytes) -> PhotoFacts:
    return decode_photo(content, fit=same).facts


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC", "AVIF"])
def test_every_format_tells_size_time_and_camera(kind: str) -> None:
    photo = pictures.make_photo(96, 64)
    encode = (
        encode_kind if kind in ("HEIC", "AVIF") else lambda kind, photo, **more: pictures.encode(photo, kind, **more)
    )
    facts = facts_of(encode(kind, photo, exif=make_block()))
    assert (facts.width_px, facts.height_px, facts.orientation) == (96, 64, Orientation.LANDSCAPE)
    assert facts.taken == datetime(2026, 5, 3, 12, 30, 11, tzinfo=ZONE)
    assert facts.clock == datetime(2026, 5, 3, 12, 30, 11)
    assert facts.camera == "Canon EOS R5"
    assert len(facts.fingerprint) == FINGERPRINT_BYTES
    nothing = facts_of(encode(kind, photo))
    assert (nothing.taken, nothing.clock, nothing.camera) == (None, None, "")
    assert (nothing.width_px, nothing.fingerprint) == (96, facts.fingerprint)


def test_the_size_is_that_of_the_upright_photo() -> None:
    turned = facts_of(pictures.encode_turned(pictures.make_photo(60, 90), 6))
    assert (turned.width_px, turned.height_px, turned.orientation) == (60, 90, Orientation.PORTRAIT)
    for kind in ("HEIC", "AVIF"):  # whose boxes count, and not EXIF
        heif = facts_of(encode_with_turns(kind, pictures.make_photo(96, 64), boxes=6, exif=1))
        assert (heif.width_px, heif.height_px) == (64, 96)
    assert facts_of(pictures.encode(pictures.make_photo(50, 50))).orientation is Orientation.SQUARE


def test_the_facts_do_not_depend_on_how_small_the_picture_is_wanted() -> None:
    content = pictures.encode(pictures.make_photo(1200, 900), exif=make_block())
    small = decode_photo(content, fit=lambda _width, _height: (280, 196)).facts
    assert (small.width_px, small.taken, small.camera) == (1200, facts_of(content).taken, "Canon EOS R5")
    apart = [abs(a - b) for a, b in zip(small.fingerprint, facts_of(content).fingerprint, strict=True)]
    assert max(apart) < 12


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2026:05:03 12:30:11", "+08:00", datetime(2026, 5, 3, 12, 30, 11, tzinfo=timezone(timedelta(hours=8)))),
        ("2026:05:03 12:30:11.25", "Z", datetime(2026, 5, 3, 12, 30, 11)),
        ("2026:05:03 12:30:11", "+99:00", datetime(2026, 5, 3, 12, 30, 11)),
        ("2026:05:03 12:30:11\0", "\0", datetime(2026, 5, 3, 12, 30, 11)),
        ("    :  :     :  :  ", "", None),
        ("0000:00:00 00:00:00", "", None),
        ("2026:13:40 12:30:11", "", None),
        ("yesterday", "", None),
        ("", "", None),
    ],
)
def test_a_time_is_what_the_camera_wrote_or_none(taken: str, offset: str, expected: datetime | None) -> None:
    assert read_taken(make_block(taken, offset)) == expected


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D850", "NIKON D850"),
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("HUAWEI", "", "HUAWEI"),
        ("", "SM-S918B", "SM-S918B"),
        ("  ", "\0\0", ""),
        ("A\tB\nC", "D" * 400, "A B C " + "D" * 94),
    ],
)
def test_a_camera_is_named_once(make: str, model: str, expected: str) -> None:
    assert read_camera(make_block(make=make, model=model)) == expected


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=150))
def test_no_block_is_too_odd_to_be_read(garbage: bytes, place: int) -> None:
    whole = make_block()
    for block in (garbage, whole[:place] + garbage, whole[:place] + garbage + whole[place + len(garbage) :]):
        assert isinstance(read_turn(block), int)
        assert read_taken(block) is None or isinstance(read_taken(block), datetime)
        assert isinstance(read_camera(block), str)


def test_facts_go_into_a_row_and_come_back() -> None:
    for taken in (None, datetime(2026, 5, 3, 12, 30, 11), datetime(2026, 5, 3, 12, 30, 11, tzinfo=ZONE)):
        facts = PhotoFacts(30, 20, taken, "相机", b"\x00\xff")
        assert PhotoFacts.read(*facts.row) == facts
