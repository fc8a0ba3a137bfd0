"""Turns a downloaded copy of a public set into a folder for `lychee-rerank evaluate`; downloads nothing.

    python tools/public_sets.py flickr30k-cn flickr30k_cn_test.txt flickr30k-images
    python tools/public_sets.py muge MR_valid_queries.jsonl MR_valid_imgs.tsv muge
    python tools/public_sets.py coco annotations/captions_val2014.json val2014
    python tools/public_sets.py inquire data/validation-*.parquet inquire
    python tools/public_sets.py cirr captions/cap.rc2.val.json image_splits/split.rc2.val.json img_raw
    python tools/public_sets.py fashioniq captions/cap.dress.val.json images

The last name is the folder: queries.jsonl is written into it, beside the photos.
"""

import argparse
import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from example_sets import read_cirr, read_fashion_iq
from galleries import (
    DIFFERS,
    FILE_NAME,
    MATCHES,
    LabelledGallery,
    Row,
    SetInvalid,
    draw_galleries,
    write_galleries,
)

QUERIES = 200
PHOTOS = 32
LANGUAGES = {"flickr30k-cn": "zh", "muge": "zh", "coco": "en", "cirr": "en", "fashioniq": "en"}  # of sets drawn from
ROWS_AT_ONCE = 64  # of INQUIRE, 0.1 MB each
CAPTION = re.compile(r"(\d+)(?:\.jpg)?(?:#\S*)?[\s,]+(\S.*)")  # 1007129816#zhm#0 caption; 1007129816.jpg,caption


def read_flickr30k_cn(texts: Path) -> list[Row]:
    """A row for each caption."""
    rows = []
    for number, line in _lines(texts):
        caption = CAPTION.fullmatch(line.strip())
        if caption is None:
            raise SetInvalid(f"{texts}, line {number}: is no photo's number with a caption")
        rows.append(Row(caption[2], (f"{caption[1]}.jpg",)))
    return rows


def read_muge(texts: Path) -> list[Row]:
    """A row for each query; copies made for Chinese-CLIP call their columns `text` and `image_ids`."""
    rows = []
    for number, line in _lines(texts):
        try:
            fields = json.loads(line)
            query = fields["query_text"] if "query_text" in fields else fields["text"]
            items = fields["item_ids"] if "item_ids" in fields else fields["image_ids"]
        except (ValueError, KeyError, TypeError) as error:
            raise SetInvalid(f"{texts}, line {number}: is no query with its photos") from error
        rows.append(Row(query, tuple(f"{item}.jpg" for item in items)))
    return rows


def unpack_muge(pictures: Path, folder: Path) -> None:
    """Writes each picture of the table: its number, a tab, its bytes in base64."""
    folder.mkdir(exist_ok=True)
    for number, line in _lines(pictures):
        name, _, picture = line.rstrip("\n").partition("\t")
        try:
            content = base64.urlsafe_b64decode(picture)
        except ValueError as error:
            raise SetInvalid(f"{pictures}, line {number}: is no base64") from error
        if not name.isdecimal() or not content:  # the name becomes a file's
            raise SetInvalid(f"{pictures}, line {number}: is no photo's number with a picture")
        (folder / f"{name}.jpg").write_bytes(content)


def read_coco(captions: Path) -> list[Row]:
    """A row for each caption."""
    try:
        fields = json.loads(captions.read_text(encoding="utf-8"))
        names = {image["id"]: image["file_name"] for image in fields["images"]}
        return [Row(each["caption"].strip(), (names[each["image_id"]],)) for each in fields["annotations"]]
    except (ValueError, KeyError, TypeError) as error:
        raise SetInvalid(f"{captions}: holds no captions with their images") from error


def unpack_inquire(tables: Sequence[Path], folder: Path) -> list[LabelledGallery]:
    """Writes each picture once, as it is, and returns the set's own galleries, in its order."""
    folder.mkdir(exist_ok=True)
    written: set[str] = set()
    truths: dict[str, dict[str, int]] = {}
    for query, name, picture, relevant in _inquire_rows(tables):
        if name not in written:
            (folder / name).write_bytes(picture)
            written.add(name)
        truths.setdefault(query, {})[name] = MATCHES if relevant else DIFFERS
    return [LabelledGallery(query, "en", photos) for query, photos in truths.items()]


def _inquire_rows(tables: Sequence[Path]) -> Iterator[tuple[str, str, bytes, int]]:
    """Query, photo's name, its bytes, relevance; raises SetInvalid where a table cannot be read."""
    from pyarrow import ArrowException, parquet  # comes with Streamlit; the other sets do without

    for table in tables:
        try:
            columns = ["query", "inat24_image_id", "image", "relevant"]
            for batch in parquet.ParquetFile(table).iter_batches(batch_size=ROWS_AT_ONCE, columns=columns):
                for row in batch.to_pylist():
                    name = f"{int(row['inat24_image_id'])}.jpg"
                    yield row["query"], name, bytes(row["image"]["bytes"]), row["relevant"]
        except (ArrowException, KeyError, TypeError) as error:
            raise SetInvalid(f"{table}: is no table with query, inat24_image_id, image and relevant") from error


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers; raises SetInvalid where they are no text."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except UnicodeDecodeError as error:
        raise SetInvalid(f"{path}: is no UTF-8 text") from error


def read_galleries(options: argparse.Namespace) -> Iterable[LabelledGallery]:
    """The galleries of the set that was asked for; its pictures are in the folder when this returns."""
    if options.set == "inquire":
        return unpack_inquire(options.tables, options.folder)
    if options.set == "muge":
        unpack_muge(options.pictures, options.folder)
    return draw_galleries(_read_rows(options), LANGUAGES[options.set], queries=options.queries, photos=options.photos)


def _read_rows(options: argparse.Namespace) -> list[Row]:
    if options.set == "cirr":
        return read_cirr(options.texts, options.splits, options.folder)
    if options.set == "fashioniq":
        return read_fashion_iq(options.texts, options.folder)
    return {"flickr30k-cn": read_flickr30k_cn, "muge": read_muge, "coco": read_coco}[options.set](options.texts)


def parse_count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return int(text)


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """One command per set; the folder comes last."""
    parser = argparse.ArgumentParser(description="Make a downloaded public set a folder for `evaluate`.")
    sets = parser.add_subparsers(dest="set", required=True)
    for name in LANGUAGES:
        texts = "queries" if name == "muge" else "captions"
        drawn = sets.add_parser(name, help=f"galleries drawn from the {texts} of {name}")
        drawn.add_argument("texts", type=Path, help=f"the file of {texts}")
        if name == "muge":
            drawn.add_argument("pictures", type=Path, help="the table of pictures")
        if name == "cirr":
            drawn.add_argument("splits", type=Path, help="the table of the photos' paths")
        drawn.add_argument("--queries", type=parse_count, default=QUERIES, help="how many at most (%(default)s)")
        drawn.add_argument("--photos", type=parse_count, default=PHOTOS, help="how many in a gallery (%(default)s)")
    own = sets.add_parser("inquire", help="the set's own galleries")
    own.add_argument("tables", type=Path, nargs="+", help="its parquet files")
    for each in sets.choices.values():
        each.add_argument("folder", type=Path, help=f"where the photos are, or go, with {FILE_NAME} beside them")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one folder; 1, with a sentence, where that cannot be done."""
    options = parse_options(arguments)
    try:
        if (options.folder / FILE_NAME).exists():
            raise SetInvalid(f"{options.folder / FILE_NAME}: is there already")
        queries = write_galleries(options.folder, read_galleries(options))
    except (SetInvalid, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.folder / FILE_NAME}: {queries} queries")
    return 0


if __name__ == "__main__":
    sys.exit(main())
