"""Marks in a JPEG: pixels, EXIF, profile and further pictures as they were."""

import json
import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lychee_rerank.errors import MetadataUnreadable
from lychee_rerank.export.jpeg_xmp import embed_marks
from lychee_rerank.export.ratings import Marks
from lychee_rerank.photos.jpeg import find_scan
from tests.export.test_xmp import EARLIER, ratings, texts
from tests.pictures import add_jpeg_segment, encode, encode_turned, make_photo

XMP = b"http://ns.adobe.com/xap/1.0/\0"
MARKS = Marks(4, ("沙发", "score 8.5"))
PHOTO = encode_turned(make_photo(), 6, icc_profile=b"profile" * 100)


def embed(jpeg: bytes, marks: Marks = MARKS) -> bytes:
    """The whole JPEG with the marks in it."""
    file = BytesIO(jpeg)
    return embed_marks(file, marks) + file.read()


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Marker and payload of each segment before the first scan."""
    found, offset = [], 2
    while offset < find_scan(jpeg):
        length = int.from_bytes(jpeg[offset + 2 : offset + 4], "big")
        found.append((jpeg[offset + 1], jpeg[offset + 4 : offset + 2 + length]))
        offset += 2 + length
    return found


def packet_of(jpeg: bytes) -> bytes:
    (packet,) = [payload[len(XMP) :] for marker, payload in segments(jpeg) if payload.startswith(XMP)]
    return packet


def test_every_byte_but_the_new_segment_is_as_it_was() -> None:
    marked = embed(PHOTO)
    assert ratings(packet_of(marked)) == ["4"]
    assert [one for one in segments(marked) if not one[1].startswith(XMP)] == segments(PHOTO)
    assert marked[find_scan(marked) :] == PHOTO[find_scan(PHOTO) :]


def test_the_pixels_and_the_exif_block_are_the_same() -> None:
    with Image.open(BytesIO(PHOTO)) as before, Image.open(BytesIO(embed(PHOTO))) as after:
        assert np.array_equal(np.asarray(before), np.asarray(after))
        assert after.info["exif"] == before.info["exif"]
        assert after.info["icc_profile"] == before.info["icc_profile"]


def test_xmp_stands_behind_exif_or_behind_jfif() -> None:
    assert [payload[:4] for _, payload in segments(embed(PHOTO))][:3] == [b"JFIF", b"Exif", b"http"]
    assert [payload[:4] for _, payload in segments(embed(encode(make_photo())))][:2] == [b"JFIF", b"http"]
    exif_first = add_jpeg_segment(encode(make_photo()), 0xE1, b"Exif\0\0rest")
    assert [payload[:4] for _, payload in segments(embed(exif_first))][:3] == [b"Exif", b"http", b"JFIF"]


def test_xmp_that_is_there_is_merged_in_its_place() -> None:
    before = add_jpeg_segment(PHOTO, 0xE1, XMP + EARLIER)
    after = embed(before)
    assert ratings(packet_of(after)) == ["4"]
    assert texts(packet_of(after), "{http://purl.org/dc/elements/1.1/}subject") == ["旅行", "沙发", "score 8.5"]
    assert segments(after)[1:] == segments(before)[1:]
    assert after[find_scan(after) :] == before[find_scan(before) :]


def test_extended_xmp_stays() -> None:
    extension = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + b"<more/>"
    before = add_jpeg_segment(add_jpeg_segment(PHOTO, 0xE1, extension), 0xE1, XMP + EARLIER)
    assert (0xE1, extension) in segments(embed(before))


def test_filling_bytes_stay() -> None:
    before = PHOTO[:2] + b"\xff\xff" + PHOTO[2:]
    marked = embed(before)
    assert marked[:6] == b"\xff\xd8\xff\xff\xff\xe0"
    assert marked.endswith(PHOTO[find_scan(PHOTO) :])
    with Image.open(BytesIO(marked)) as picture:
        picture.load()


def phone_photo() -> bytes:
    """Two pictures in one file, as phones write them."""
    out = BytesIO()
    pictures = [make_photo(seed=1), make_photo(seed=2)]
    pictures[0].save(out, "MPO", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def mpf_list(jpeg: bytes) -> tuple[int, list[tuple[int, int]]]:
    """Where MPF's header stands, and length and offset of each picture; Pillow writes little-endian."""
    tiff = jpeg.index(b"MPF\0") + 4
    entries = tiff + 8 + 2 + 3 * 12 + 4
    return tiff, [struct.unpack_from("<4xII", jpeg, entries + 16 * n) for n in range(2)]  # type: ignore[misc]


def test_the_further_pictures_of_a_phone_are_still_found() -> None:
    before = phone_photo()
    after = embed(before)
    for jpeg in (before, after):
        tiff, [(first_bytes, _), (second_bytes, offset)] = mpf_list(jpeg)
        assert jpeg[:first_bytes].endswith(b"\xff\xd9")
        assert jpeg[tiff + offset :] == before[-second_bytes:]
        assert tiff + offset == first_bytes
    with Image.open(BytesIO(before)) as one, Image.open(BytesIO(after)) as other:
        for frame in (0, 1):
            one.seek(frame)
            other.seek(frame)
            assert np.array_equal(np.asarray(one), np.asarray(other))


def test_where_further_pictures_would_be_lost_the_photo_is_refused() -> None:
    jpeg = phone_photo()
    end = mpf_list(jpeg)[0] - 4 + len(next(p for _, p in segments(jpeg) if p.startswith(b"MPF")))
    behind = struct.pack(">BBH", 0xFF, 0xE1, 2 + len(XMP + EARLIER)) + XMP + EARLIER
    with pytest.raises(MetadataUnreadable):
        embed(jpeg[:end] + behind + jpeg[end:])


@pytest.mark.parametrize(
    "jpeg",
    [
        add_jpeg_segment(PHOTO, 0xE1, XMP + b"<broken"),
        add_jpeg_segment(add_jpeg_segment(PHOTO, 0xE1, XMP + EARLIER), 0xE1, XMP + EARLIER),
        add_jpeg_segment(PHOTO, 0xE1, XMP + EARLIER.replace(b"camera", b"c" * 64_300)),
        PHOTO[:300],
        b"\xff\xd8\xff\xe0\x00\x01",
        b"\xff\xd8\xff",
        b"",
    ],
    ids=range(7),
)
def test_what_cannot_be_marked_without_harm_is_refused(jpeg: bytes) -> None:
    with pytest.raises(MetadataUnreadable):
        embed(jpeg)


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_reads_the_marks_and_finds_nothing_wrong(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(embed(add_jpeg_segment(PHOTO, 0xE1, XMP + EARLIER.replace(b"GCamera", b"dc2"))))
    command = ["exiftool", "-json", "-validate", "-warning", "-a", "-XMP:all", str(file)]
    (told,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (told["Rating"], told["Subject"]) == (4, ["旅行", "沙发", "score 8.5"])
    assert told["HierarchicalSubject"] == ["lychee|沙发", "lychee|score 8.5"]
    assert told["CreatorTool"] == 'Tool & "Co"'
    assert "Warning" not in told or "XMP" not in told["Warning"]
