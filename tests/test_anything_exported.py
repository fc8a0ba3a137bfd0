"""Names, answers, queries and metadata that nobody thought of, taken away and read back."""

import csv
import io
import tempfile
import unicodedata
import xml.etree.ElementTree as ET
import zipfile
from contextlib import suppress
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lychee_rerank.errors import MetadataUnreadable, PairsInvalid
from lychee_rerank.export.archive import stream_archive
from lychee_rerank.export.exif_rating import set_exif_rating
from lychee_rerank.export.file_names import name_copies
from lychee_rerank.export.jpeg_xmp import embed_marks
from lychee_rerank.export.ratings import Marks, Xmp, XmpForm
from lychee_rerank.export.tables import FORMULA_STARTS, encode_rows, read_cell
from lychee_rerank.export.xmp import build_packet, merge_packet
from lychee_rerank.lists.names import find_below
from lychee_rerank.pairs import parse_pairs
from lychee_rerank.records import StarsByHand
from lychee_rerank.words import ENGLISH
from tests.export.test_xmp import DC, EARLIER, ratings, texts
from tests.finished import finish
from tests.pictures import encode, make_photo
from tests.test_anything import ANYTHING

TEXT = st.text(max_size=60)  # whole characters alone
JPEG = encode(make_photo(), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")


FIGURES = st.text("0123456789/:.,-' 年月日", max_size=8)


@given(
    st.lists(st.tuples(st.one_of(TEXT, FIGURES), st.sampled_from(["", "'", *FORMULA_STARTS])), min_size=1, max_size=6)
)
def test_any_cells_read_back_and_none_is_a_formula(cells: list[tuple[str, str]]) -> None:
    written = [start + text for text, start in cells]
    table = encode_rows([f"c{n}" for n in range(len(written))], [written])
    _, row = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    assert not any(cell.startswith(FORMULA_STARTS) for cell in row)
    assert [read_cell(cell) for cell in row] == written


@settings(max_examples=50)
@given(st.lists(st.one_of(ANYTHING, st.text("./\\ <:con", max_size=300)), min_size=1, max_size=4))
def test_any_names_make_a_zip_that_reads_back_and_files_that_can_be_there(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo"
        photo.write_bytes(JPEG)
        results = finish([5.0] * len(names), names=names, paths=[photo] * len(names))
        pieces = stream_archive(results, results.ranked, describe=ENGLISH.describe, xmp=Xmp(XmpForm.SIDECAR, query="x"))
        with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
            assert archive.testzip() is None
            there = archive.namelist()
        copied = name_copies(results.ranked, most_bytes=143)
        assert there == [name for one in copied for name in (one, one + ".xmp")] + ["ranking.csv"]
        assert len({name.casefold() for name in there}) == len(there)
        for name in copied:
            assert not set(name) & set('<>:"/\\|?*\0\n\r\t')
            assert name[-1] not in " ."
            assert unicodedata.is_normalized("NFC", name)
            assert len(f"{name}.xmp".encode()) <= 143
            Path(folder, name).write_bytes(b"")
            assert Path(folder, name).parent == Path(folder)


@given(ANYTHING)
@example("]]><!DOCTYPE a>&amp;<?xpacket?>")
def test_any_query_makes_a_packet_that_reads_back(query: str) -> None:
    marks = Xmp(XmpForm.EMBEDDED, query).marks_of(finish([5.0]).ranked[0], StarsByHand())
    for packet in (build_packet(marks), merge_packet(EARLIER, marks)):
        ET.fromstring(packet)
        assert ratings(packet) == ["2"]
        for keyword in marks.keywords:
            shown = keyword.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            assert any(len(text or "") == len(shown) for text in texts(packet, f"{DC}subject"))
            if shown.isprintable() and "\ufffd" not in shown:
                assert shown in texts(packet, f"{DC}subject")


@given(st.integers(0, len(EARLIER) - 1), st.binary(max_size=8), st.integers(0, 20))
@example(EARLIER.index(b"http://ns.adobe.com/xap"), b"}", 0)
def test_a_damaged_packet_is_merged_into_one_that_reads_or_refused(place: int, put_in: bytes, lost: int) -> None:
    damaged = EARLIER[:place] + put_in + EARLIER[place + lost :]
    try:
        packet = merge_packet(damaged, Marks(4, ("sofa",)))
    except MetadataUnreadable:
        return
    assert ratings(packet).count("4") >= 1
    assert "sofa" in texts(packet, f"{DC}subject")


@given(st.integers(0, 700), st.binary(max_size=8), st.integers(0, 20))
def test_a_damaged_jpeg_keeps_its_other_bytes_or_is_refused(place: int, put_in: bytes, lost: int) -> None:
    damaged = JPEG[:place] + put_in + JPEG[place + lost :]
    file = io.BytesIO(damaged)
    try:
        marked = embed_marks(file, Marks(4)) + file.read()
    except MetadataUnreadable:
        return
    start = next(n for n, (old, new) in enumerate(zip(damaged, marked, strict=False)) if old != new)
    grown = len(marked) - len(damaged)
    assert any(marked[:cut] + marked[cut + grown :] == damaged for cut in range(max(0, start - 4), start + 1))


@given(st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]), st.binary(max_size=100), st.integers(0, 5))
def test_any_exif_block_keeps_its_length_or_is_refused(head: bytes, rest: bytes, stars: int) -> None:
    with suppress(MetadataUnreadable):
        assert len(set_exif_rating(head + rest, stars)) == len(head + rest)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: b"file,text,label\n" + text.encode())))
def test_any_bytes_are_a_list_of_pairs_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            pairs = parse_pairs(content, find=find_below(Path(folder)), name="x")
        except PairsInvalid:
            return
        assert pairs.good == ()  # nothing lies there
        assert all(row.line > 1 for row in pairs.bad)
