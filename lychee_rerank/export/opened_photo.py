"""One chosen photo, opened for copying: its bytes as they are or with marks in them, and its sidecar."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from lychee_rerank.errors import MetadataUnreadable
from lychee_rerank.export.jpeg_xmp import JPEG_START, embed_marks
from lychee_rerank.export.ratings import Marks, XmpForm
from lychee_rerank.export.xmp import build_packet
from lychee_rerank.problems import CopyProblem

CHUNK_BYTES = 1 << 20


class CutShort(Exception):
    """A photo that could be opened gave fewer bytes than it has."""


@dataclass(frozen=True, slots=True)
class OpenedPhoto:
    """The content of a copy: `head`, then `rest_bytes` of the file; `modified_s` in seconds since 1970.

    `sidecar` is written beside it, None where nothing is.
    """

    file: BinaryIO
    rest_bytes: int
    modified_s: float
    head: bytes = b""
    sidecar: bytes | None = None
    problem: CopyProblem | None = None

    @property
    def size_bytes(self) -> int:
        """The length of the copy."""
        return len(self.head) + self.rest_bytes

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the copy in chunks; raises CutShort where the file ends too early."""
        yield self.head
        left = self.rest_bytes
        while left:
            try:
                chunk = self.file.read(min(left, CHUNK_BYTES))
            except OSError as error:
                raise CutShort from error
            if not chunk:
                raise CutShort
            left -= len(chunk)
            yield chunk


@contextmanager
def open_photo(path: Path, form: XmpForm, marks: Marks) -> Iterator[OpenedPhoto]:
    """The photo, opened for reading alone; raises OSError where it is gone or cannot be opened."""
    if not path.is_file():  # opening a pipe would wait for ever
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        plain = OpenedPhoto(file, status.st_size, status.st_mtime)
        if form is XmpForm.NONE:
            yield plain
            return
        is_jpeg = file.read(len(JPEG_START)) == JPEG_START
        file.seek(0)
        if form is XmpForm.EMBEDDED and is_jpeg:
            yield _with_marks(plain, marks)
        else:
            yield replace(plain, sidecar=build_packet(marks))


def name_sidecar(name: str, form: XmpForm) -> str:
    """The name of the sidecar of a copy."""
    return (os.path.splitext(name)[0] if form is XmpForm.SIDECAR_SHORT else name) + ".xmp"


def _with_marks(jpeg: OpenedPhoto, marks: Marks) -> OpenedPhoto:
    """A JPEG with the marks in it, or as it is where its metadata takes none."""
    try:
        head = embed_marks(jpeg.file, marks)
        return replace(jpeg, head=head, rest_bytes=jpeg.rest_bytes - jpeg.file.tell())
    except MetadataUnreadable:
        jpeg.file.seek(0)
        return replace(jpeg, problem=CopyProblem.XMP_KEPT)
