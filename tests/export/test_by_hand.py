"""Stars that a user gave by hand: in every export, before those of the score; a rejection is never written as one."""

import csv
import json
import zipfile
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from lychee_rerank.export.archive import stream_archive
from lychee_rerank.export.copies import copy_photos
from lychee_rerank.export.json_document import ScoredBy, write_document
from lychee_rerank.export.ratings import Marks, Xmp, XmpForm
from lychee_rerank.export.tables import BY_HAND_COLUMNS, COLUMNS, build_table
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import parse_query
from lychee_rerank.records import Refusal, StarsByHand
from lychee_rerank.results.criteria import Criteria
from lychee_rerank.results.ranking import Results
from lychee_rerank.words import ENGLISH
from tests.export.test_older_ratings import RATING, RATING_PERCENT, SHORT, make_tiff, rated_jpeg
from tests.export.test_xmp import ratings
from tests.finished import finish

GIVEN = StarsByHand({0: 1}, frozenset({1}))  # the scores would give 5, 4 and 3
WRITTEN = ["1", "0", "3"]


@pytest.fixture
def results(photo_folder: Path) -> Results:
    """Three JPEGs, each with one star in its EXIF."""
    paths = [photo_folder / f"{name}.jpg" for name in "abc"]
    tiff = make_tiff("<", (RATING, SHORT, 1, 1), (RATING_PERCENT, SHORT, 1, 1))
    for path in paths:
        path.write_bytes(rated_jpeg(tiff))
    return replace(finish([9.5, 8.5, 6.5], paths=paths), by_hand=GIVEN)


def packet_in(content: bytes) -> bytes:
    """The XMP in a JPEG, or the whole of a sidecar."""
    start = content.index(b"<?xpacket begin")
    return content[start : content.index(b"<?xpacket end")] + b'<?xpacket end="w"?>'


def test_what_was_given_by_hand_counts_more_than_the_score() -> None:
    photos = finish([9.5, 8.5, 6.5]).ranked
    assert [Xmp().marks_of(photo, GIVEN) for photo in photos] == [Marks(1), Marks(0), Marks(3)]
    assert [Xmp().marks_of(photo, StarsByHand()) for photo in photos] == [Marks(5), Marks(4), Marks(3)]
    assert Xmp(query="sofa").marks_of(photos[0], GIVEN) == Marks(1, ("sofa", "score 9.5"))


@pytest.mark.parametrize("form", [XmpForm.EMBEDDED, XmpForm.SIDECAR, XmpForm.SIDECAR_SHORT])
def test_copies_have_the_stars_that_were_given_and_none_where_a_photo_is_rejected(
    results: Results, tmp_path: Path, form: XmpForm
) -> None:
    copies = list(copy_photos(results, results.ranked, tmp_path, xmp=Xmp(form)))
    ending = {XmpForm.SIDECAR: ".jpg.xmp", XmpForm.SIDECAR_SHORT: ".xmp"}.get(form, ".jpg")
    files = [(tmp_path / copy.file.removesuffix(".jpg")).with_name(copy.file[:-4] + ending) for copy in copies]
    packets = [packet_in(file.read_bytes()) for file in files]
    assert [ratings(packet) for packet in packets] == [[stars] for stars in WRITTEN]
    assert not any(b"-1" in packet or b"reject" in packet.lower() for packet in packets)


def test_the_rating_of_exif_is_the_one_given_by_hand_too(results: Results, tmp_path: Path) -> None:
    copies = list(copy_photos(results, results.ranked, tmp_path, xmp=Xmp(XmpForm.EMBEDDED)))
    for copy, stars, percent in zip(copies, (1, 0, 3), (1, 0, 50), strict=True):
        tiff = make_tiff("<", (RATING, SHORT, 1, stars), (RATING_PERCENT, SHORT, 1, percent))
        assert tiff in (tmp_path / copy.file).read_bytes()


def test_a_zip_has_them_in_its_photos_and_in_its_table(results: Results) -> None:
    pieces = stream_archive(results, results.ranked, describe=ENGLISH.describe, xmp=Xmp(XmpForm.EMBEDDED))
    with zipfile.ZipFile(BytesIO(b"".join(pieces))) as archive:
        *photos, table = archive.namelist()
        assert [ratings(packet_in(archive.read(photo))) for photo in photos] == [[stars] for stars in WRITTEN]
        assert [row["rejected"] for row in read(archive.read(table))] == ["", "yes", ""]


def read(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(table.decode("utf-8-sig"), newline="")))


def test_the_table_has_columns_of_its_own_for_them() -> None:
    found = replace(
        finish([9.5, 8.5, 6.5], refused=[Refusal(3, "x.png", RefusalReason.EMPTY)]),
        by_hand=GIVEN,
        criteria=Criteria((parse_query("red"),), {0: (7.0,)}),
    )
    table = build_table(found, describe=ENGLISH.describe)
    rows = read(table)
    assert tuple(rows[0]) == (*COLUMNS, *BY_HAND_COLUMNS, "red")
    assert [(row["stars"], row["rejected"], row["red"]) for row in rows] == [
        ("1", "", "7.0"),
        ("", "yes", ""),
        ("", "", ""),
        ("", "", ""),
    ]
    assert [row["score"] for row in rows] == ["9.5", "8.5", "6.5", ""]
    assert b"-1" not in table


def test_the_document_has_fields_of_its_own_for_them() -> None:
    found = replace(finish([9.5, 8.5, 6.5]), by_hand=GIVEN)
    scored_by = ScoredBy({}, demo=False, loaded=None)
    text = write_document(found, found.ranked, query="x", scored_by=scored_by, describe=ENGLISH.describe)
    photos = json.loads(text)["results"]
    assert [(photo["stars"], photo["rejected"]) for photo in photos] == [(1, False), (None, True), (None, False)]
    assert "-1" not in text


def test_where_nothing_was_given_there_is_no_column_and_no_field() -> None:
    found = finish([9.5])
    assert tuple(read(build_table(found, describe=ENGLISH.describe))[0]) == COLUMNS
    scored_by = ScoredBy({}, demo=False, loaded=None)
    text = write_document(found, found.ranked, query="x", scored_by=scored_by, describe=ENGLISH.describe)
    assert not {"stars", "rejected"} & json.loads(text)["results"][0].keys()
