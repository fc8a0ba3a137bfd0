"""The ZIP as other programs read it: from its beginning, as it comes in, and by the names that they take for UTF-8."""

import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from lychee_rerank.export.archive import stream_archive
from lychee_rerank.export.ratings import Xmp, XmpForm
from lychee_rerank.words import ENGLISH
from tests.finished import finish
from tests.pictures import encode, make_photo

NAMES = ["001_9.0_sofa.jpg", "001_9.0_sofa.jpg.xmp", "002_8.0_café.jpg", "002_8.0_café.jpg.xmp", "ranking.csv"]
BEHIND, UTF8 = (
    1 << 3,
    1 << 11,
)  # the general purpose bits for sizes behind the entry and for UTF-8 names (APPNOTE 4.4.4)
LIST_JAVA = """
import java.nio.charset.StandardCharsets;
import java.util.zip.*;
public class List {
  public static void main(String[] none) throws Exception {
    ZipInputStream in = new ZipInputStream(System.in, StandardCharsets.UTF_8);
    for (ZipEntry entry; (entry = in.getNextEntry()) != null; ) {
      CRC32 sum = new CRC32();
      sum.update(in.readAllBytes());
      System.out.println(sum.getValue());
    }
  }
}
"""


@pytest.fixture
def archive(photo_folder: Path) -> bytes:
    """Two photos with a sidecar each, one name as macOS writes it, and one photo of several pieces."""
    paths = [photo_folder / "sofa.jpg", photo_folder / "cafe\u0301.jpg"]
    for n, path in enumerate(paths):
        path.write_bytes(encode(make_photo(seed=n)) + bytes(2_500_000 * n))
    results = finish([9.0, 8.0], paths=paths)
    return b"".join(
        stream_archive(results, results.ranked, describe=ENGLISH.describe, xmp=Xmp(XmpForm.SIDECAR, "red sofa"))
    )


@dataclass(frozen=True)
class Entry:
    """What a reader of a stream knows of an entry once it has come to its end."""

    name: str
    flags: int
    content: bytes


def read_stream(content: bytes) -> Iterator[Entry]:
    """The entries in their order, from the local headers alone; the end of each is where its deflated content ends."""
    while content.startswith(b"PK\3\4"):
        _, flags, method, _, _, *sizes, name_bytes, extra_bytes = struct.unpack_from("<HHHHHLLLHH", content, 4)
        assert (method, sizes) == (zipfile.ZIP_DEFLATED, [0, 0, 0])
        start, inflate = 30 + name_bytes + extra_bytes, zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = inflate.decompress(content[start:])
        assert inflate.eof
        deflated_bytes = len(content) - start - len(inflate.unused_data)
        told = struct.unpack_from("<4sLLL", inflate.unused_data)
        assert told == (b"PK\7\x08", zlib.crc32(inflated), deflated_bytes, len(inflated))
        yield Entry(content[30 : 30 + name_bytes].decode(), flags, inflated)
        content = inflate.unused_data[16:]
    assert content.startswith(b"PK\1\2")


def test_a_reader_of_the_stream_finds_each_entry_and_its_end(archive: bytes) -> None:
    entries = list(read_stream(archive))
    assert [entry.name for entry in entries] == NAMES
    assert {entry.flags & BEHIND for entry in entries} == {BEHIND}
    with zipfile.ZipFile(BytesIO(archive)) as whole:
        assert [entry.content for entry in entries] == [whole.read(name) for name in NAMES]


def test_names_beyond_ascii_are_marked_as_utf8_in_both_places(archive: bytes) -> None:
    marked = [False, False, True, True, False]  # Windows takes what has no mark for its own code page: ASCII there too
    assert [bool(entry.flags & UTF8) for entry in read_stream(archive)] == marked
    with zipfile.ZipFile(BytesIO(archive)) as whole:
        assert [bool(entry.flag_bits & UTF8) for entry in whole.infolist()] == marked


def test_it_is_hardly_longer_than_what_is_in_it(archive: bytes) -> None:
    with zipfile.ZipFile(BytesIO(archive)) as whole:
        content_bytes = sum(entry.file_size for entry in whole.infolist())
    assert content_bytes < len(archive) < 1.001 * content_bytes


@pytest.mark.parametrize(
    ("command", "from_pipe"),
    [
        (["unzip", "-tq", "a.zip"], False),
        (["7z", "t", "a.zip"], False),
        (["bsdtar", "-xOf", "a.zip"], False),
        (["bsdtar", "-xOf", "-"], True),
        (["funzip"], True),
    ],
)
def test_other_programs_read_it_from_a_file_and_from_a_pipe(
    archive: bytes, tmp_path: Path, command: list[str], from_pipe: bool
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    (tmp_path / "a.zip").write_bytes(archive)
    done = subprocess.run(command, cwd=tmp_path, input=archive if from_pipe else b"", capture_output=True, check=True)
    if command[0] in ("bsdtar", "funzip"):
        contents = [entry.content for entry in read_stream(archive)]
        assert done.stdout == (contents[0] if command[0] == "funzip" else b"".join(contents))


@pytest.mark.skipif(shutil.which("javac") is None, reason="needs a JDK")
def test_java_reads_it_as_a_stream(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "List.java").write_text(LIST_JAVA)
    done = subprocess.run(["java", "List.java"], cwd=tmp_path, input=archive, capture_output=True, check=True)
    assert done.stdout.decode().split() == [str(zlib.crc32(entry.content)) for entry in read_stream(archive)]
