"""Ratings that a photo has beside xmp:Rating: all hold the new stars, or the copy is as it was and that is told."""

import json
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path

import pytest

from lychee_rerank.errors import MetadataUnreadable
from lychee_rerank.export.copies import copy_photos
from lychee_rerank.export.exif_rating import set_exif_rating
from lychee_rerank.export.jpeg_xmp import embed_marks
from lychee_rerank.export.ratings import Marks, Xmp, XmpForm
from lychee_rerank.export.xmp import merge_packet
from lychee_rerank.problems import CopyProblem
from tests.export.test_xmp import EARLIER, XMP, ratings
from tests.finished import finish
from tests.pictures import add_jpeg_segment, encode, make_photo

MICROSOFT, OLD_MICROSOFT = "{http://ns.microsoft.com/photo/1.0/}", "{http://ns.microsoft.com/photo/1.0}"
ACDSEE = "{http://ns.acdsee.com/iptc/1.0/}"
BYTE, ASCII, SHORT, LONG, UNDEFINED = 1, 2, 3, 4, 7  # types of TIFF
RATING, RATING_PERCENT, MAKER, MAKER_NOTE = 0x4746, 0x4749, 0x010F, 0x927C
ORDERS = pytest.mark.parametrize("order", ["<", ">"], ids=["II", "MM"])


def make_tiff(order: str, *entries: tuple[int, int, int, int], before: bytes = b"", behind: bytes = b"") -> bytes:
    """A block with one directory: tag, type, count and the two bytes of a value for each entry."""
    start = 8 + len(before)
    written = [struct.pack(f"{order}HHLHH", *entry, 0xABCD) for entry in entries]
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HL", 42, start)
    return head + before + struct.pack(f"{order}H", len(entries)) + b"".join(written) + bytes(4) + behind


def changed(before: bytes, after: bytes) -> dict[int, int]:
    """The new bytes by their places."""
    return {place: new for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}


@ORDERS
def test_the_ratings_of_exif_are_set_in_their_place_and_no_other_byte_changes(order: str) -> None:
    notes = bytes(range(256))
    tiff = make_tiff(
        order, (MAKER, ASCII, 2, 0), (RATING, SHORT, 1, 0x0101), (RATING_PERCENT, SHORT, 1, 0x0101), before=notes
    )
    tiff += notes
    low, high = (0, 1) if order == "<" else (1, 0)
    rating, percent = 8 + 256 + 2 + 12 + 8, 8 + 256 + 2 + 24 + 8
    assert changed(tiff, set_exif_rating(tiff, 4)) == {
        rating + low: 4,
        rating + high: 0,
        percent + low: 75,
        percent + high: 0,
    }


@pytest.mark.parametrize(("stars", "percent"), [(0, 0), (1, 1), (2, 25), (3, 50), (4, 75), (5, 99)])
def test_stars_are_the_per_cent_that_windows_writes(stars: int, percent: int) -> None:
    tiff = make_tiff(">", (RATING_PERCENT, SHORT, 1, 0xFF))
    assert set_exif_rating(tiff, stars) == make_tiff(">", (RATING_PERCENT, SHORT, 1, percent))


@ORDERS
@pytest.mark.parametrize("entry", [(RATING, LONG, 1, 3), (RATING, SHORT, 2, 3), (RATING_PERCENT, BYTE, 1, 3)])
def test_a_rating_of_another_type_or_count_is_refused(order: str, entry: tuple[int, int, int, int]) -> None:
    with pytest.raises(MetadataUnreadable):
        set_exif_rating(make_tiff(order, entry), 4)


@ORDERS
def test_what_is_no_directory_stays_and_of_a_cut_one_the_whole_entries_count(order: str) -> None:
    tiff = make_tiff(order, (RATING, SHORT, 1, 0), (RATING_PERCENT, SHORT, 1, 0))
    for cut in (*range(10), 10 + 11):
        assert set_exif_rating(tiff[:cut], 4) == tiff[:cut]
    for cut in (10 + 12, 10 + 23):
        assert len(changed(tiff[:cut], set_exif_rating(tiff[:cut], 4))) == 1
    far = tiff[:4] + struct.pack(f"{order}L", 0xFFFFFFF0) + tiff[8:]
    assert set_exif_rating(far, 4) == far
    assert set_exif_rating(b"XX" + tiff[2:], 4) == b"XX" + tiff[2:]


def packet_with(*described: str) -> bytes:
    """The packet of EARLIER with more attributes or elements: those that begin with "<" are elements."""
    text = EARLIER.decode()
    for more in described:
        place = "   <xap:Rating>" if more.startswith("<") else 'xap:Rating="1"'
        text = text.replace(place, f"{more} {place}", 1)
    return text.encode()


def values_of(packet: bytes) -> dict[str, list[str | None]]:
    """What every rating in the packet holds, attribute or element."""
    found: dict[str, list[str | None]] = {}
    for node in ET.fromstring(packet).iter():
        for name, value in [*node.attrib.items(), (node.tag, node.text)]:
            if name.lower().endswith("}rating"):
                found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize(
    ("described", "name", "value"),
    [
        ('xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" MicrosoftPhoto:Rating="25"', MICROSOFT, "75"),
        ('<m:Rating xmlns:m="http://ns.microsoft.com/photo/1.0/">25</m:Rating>', MICROSOFT, "75"),
        ('<m:Rating xmlns:m="http://ns.microsoft.com/photo/1.0">25</m:Rating>', OLD_MICROSOFT, "75"),
        ('<a:rating xmlns:a="http://ns.acdsee.com/iptc/1.0/">2</a:rating>', ACDSEE, "4"),
    ],
)
def test_every_rating_in_xmp_holds_the_new_stars(described: str, name: str, value: str) -> None:
    once = merge_packet(packet_with(described), Marks(4))
    tag = f"{name}rating" if name == ACDSEE else f"{name}Rating"
    assert values_of(once) == {f"{XMP}Rating": ["4"], tag: [value]}
    assert values_of(merge_packet(once, Marks(0))) == {f"{XMP}Rating": ["0"], tag: ["0"]}


def test_a_packet_with_every_rating_twice_holds_each_once() -> None:
    packet = packet_with(
        *(
            f'xmlns:{prefix}="{space}" {prefix}:{tag}="1"'
            for prefix, space, tag in (
                ("x1", "http://ns.microsoft.com/photo/1.0/", "Rating"),
                ("x2", "http://ns.microsoft.com/photo/1.0", "Rating"),
                ("x3", "http://ns.acdsee.com/iptc/1.0/", "rating"),
            )
        ),
        '<m:Rating xmlns:m="http://ns.microsoft.com/photo/1.0/">25</m:Rating>',
        '<a:rating xmlns:a="http://ns.acdsee.com/iptc/1.0/">2</a:rating>',
    )
    assert values_of(merge_packet(packet, Marks(5))) == {
        f"{XMP}Rating": ["5"],
        f"{MICROSOFT}Rating": ["99"],
        f"{OLD_MICROSOFT}Rating": ["99"],
        f"{ACDSEE}rating": ["5"],
    }


def test_a_rating_that_was_not_there_is_not_made() -> None:
    assert values_of(merge_packet(EARLIER, Marks(4))) == {f"{XMP}Rating": ["4"]}


def rated_jpeg(tiff: bytes) -> bytes:
    return add_jpeg_segment(encode(make_photo()), 0xE1, b"Exif\0\0" + tiff)


@ORDERS
def test_the_copy_of_a_rated_jpeg_agrees_with_itself_and_keeps_every_other_byte(order: str) -> None:
    entries = [(MAKER_NOTE, UNDEFINED, 4, 7), (RATING, SHORT, 1, 1), (RATING_PERCENT, SHORT, 1, 1)]
    file = BytesIO(rated_jpeg(make_tiff(order, *entries, behind=b"notes")))
    marked = embed_marks(file, Marks(3)) + file.read()
    start = marked.index(b"http://ns.adobe.com/xap/1.0/\0") - 4
    length = 2 + int.from_bytes(marked[start + 2 : start + 4], "big")
    assert ratings(marked[start + 4 + 29 : start + length]) == ["3"]
    entries[1:] = [(RATING, SHORT, 1, 3), (RATING_PERCENT, SHORT, 1, 50)]
    assert marked[:start] + marked[start + length :] == rated_jpeg(make_tiff(order, *entries, behind=b"notes"))


def test_a_jpeg_whose_rating_cannot_be_changed_is_copied_as_it_was_and_told(tmp_path: Path) -> None:
    photo, out = tmp_path / "a.jpg", tmp_path / "out"
    photo.write_bytes(rated_jpeg(make_tiff("<", (RATING, LONG, 1, 1))))
    out.mkdir()
    results = finish([9.0], paths=[photo])
    (copy,) = copy_photos(results, results.ranked, out, xmp=Xmp(XmpForm.EMBEDDED))
    assert copy.problem is CopyProblem.XMP_KEPT
    assert (out / copy.file).read_bytes() == photo.read_bytes()


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_finds_no_two_ratings_that_differ(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(encode(make_photo()))
    rated = ["-EXIF:Rating=1", "-EXIF:RatingPercent=1", "-XMP-xmp:Rating=1", "-XMP-acdsee:Rating=1"]
    subprocess.run(["exiftool", "-q", *rated, "-XMP-microsoft:RatingPercent=1", str(file)], check=True)
    with file.open("rb") as opened:
        marked = embed_marks(opened, Marks(4)) + opened.read()
    file.write_bytes(marked)
    command = ["exiftool", "-json", "-G1", "-a", "-Rating", "-RatingPercent", str(file)]
    (told,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert {name: value for name, value in told.items() if "Rating" in name} == {
        "IFD0:Rating": 4,
        "IFD0:RatingPercent": 75,
        "XMP-xmp:Rating": 4,
        "XMP-microsoft:RatingPercent": 75,
        "XMP-acdsee:Rating": 4,
    }
