"""The photos of a bulk run, listed once: what is given -> a parquet file with a row group for each part of the run.

Knows no query and no score. A million paths are never held at once, but for those of a folder, which come sorted.
"""

import os
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
from pyarrow import csv, parquet
from pyarrow.fs import FileSelector, FileSystem, FileType

from lychee_rerank.bulk.places import is_address, open_place, write_whole
from lychee_rerank.errors import BulkFailed
from lychee_rerank.photos.folders import Links, find_photos, why_passed_over

LIST_NAME = "_photos.list"  # parquet, but no part: readers of a folder of those are to pass it over
PATH = "path"
_SCHEMA = pa.schema([(PATH, pa.binary())])  # a name on a disk may be no UTF-8


def list_photos(source: str, *, links: Links = Links.FILES_INSIDE) -> Iterator[str]:
    """The photos that a folder holds, or that a list names: a path a line, or a column `path` of CSV or parquet.

    Paths in a list are relative to its folder. Raises BulkFailed where there is no such folder, and no such list.
    """
    if is_address(source):
        yield from _list_store(source)
    elif Path(source).is_dir():
        yield from (str(photo.path.absolute()) for photo in find_photos([Path(source)], links=links).photos)
    else:
        folder = Path(source).absolute().parent
        yield from (name if is_address(name) else str(folder / name) for name in _read_names(Path(source)))


def _list_store(address: str) -> Iterator[str]:
    """The photos below a folder of an object store, sorted."""
    filesystem, folder = open_place(address)
    try:
        found = filesystem.get_file_info(FileSelector(folder, recursive=True))
    except (OSError, ValueError) as error:  # ValueError: a name that is no UTF-8
        raise BulkFailed(f"{address}: {error}") from error
    below = len(folder.rstrip("/")) + 1
    names = sorted(one.path[below:] for one in found if one.type is FileType.File)
    root, mark, options = address.partition("?")  # "s3://bucket/photos?region=eu-west-1"
    for name in names:
        if why_passed_over(tuple(name.split("/"))) is None:
            yield f"{root.rstrip('/')}/{quote(name)}{mark}{options}"


def _read_names(file: Path) -> Iterator[str]:
    """The paths as the list has them."""
    try:
        if file.suffix.lower() == ".parquet":
            with parquet.ParquetFile(file) as opened:
                for batch in opened.iter_batches(columns=[PATH]):
                    yield from filter(None, batch.column(PATH).cast(pa.string()).to_pylist())
        elif file.suffix.lower() == ".csv":
            options = csv.ConvertOptions(include_columns=[PATH], column_types={PATH: pa.string()})
            for batch in csv.open_csv(file, convert_options=options):
                yield from filter(None, batch.column(PATH).to_pylist())
        else:
            with file.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
                yield from filter(None, (line.rstrip("\r\n") for line in lines))
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise BulkFailed(f"{file}: {error}") from error


def write_list(filesystem: FileSystem, folder: str, photos: Iterable[str], *, photos_per_part: int) -> None:
    """Writes the list into the folder."""
    rest, out = iter(photos), BytesIO()
    with parquet.ParquetWriter(out, _SCHEMA) as writer:
        while part := list(islice(rest, photos_per_part)):
            writer.write_table(pa.table({PATH: list(map(os.fsencode, part))}, schema=_SCHEMA))
    write_whole(filesystem, f"{folder}/{LIST_NAME}", out.getvalue())


class PhotoList:
    """A list that was written, opened to be read part by part."""

    def __init__(self, filesystem: FileSystem, folder: str) -> None:
        self._file = parquet.ParquetFile(f"{folder}/{LIST_NAME}", filesystem=filesystem)

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return int(self._file.num_row_groups)

    def size(self, part: int) -> int:
        """How many photos a part has."""
        return int(self._file.metadata.row_group(part).num_rows)

    def read(self, part: int) -> list[str]:
        """The photos of a part."""
        return [os.fsdecode(name) for name in self._file.read_row_group(part).column(PATH).to_pylist()]
