"""The export options of `rank`: chosen photos are copied into a folder, with the ranking as a table."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from lychee_rerank.errors import SettingInvalid
from lychee_rerank.export.copies import check_writable, copy_photos, save_file
from lychee_rerank.export.ratings import DEFAULT_STARS, Stars, Xmp, XmpForm, parse_stars
from lychee_rerank.export.tables import TABLE_NAME, build_table
from lychee_rerank.records import RankedPhoto
from lychee_rerank.results.ranking import Results
from lychee_rerank.text import printable
from lychee_rerank.words import Words


@dataclass(frozen=True, slots=True)
class Export:
    """A folder that can be written, and what goes into the copies."""

    folder: Path
    xmp: Xmp


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    forms = [form.value for form in XmpForm]
    lines = ",".join(f"{line:g}" for line in DEFAULT_STARS)
    parser.add_argument("--export", metavar="FOLDER", type=Path, help="copy the printed photos there, named by rank")
    parser.add_argument("--xmp", choices=forms, help="write stars into the copies of JPEGs, or into files beside them")
    parser.add_argument("--stars", type=_stars, help=f"the least scores of one to five stars (unless given: {lines})")
    parser.add_argument("--write-query", action="store_true", help="write query and score too, as keywords")


def plan_export(options: argparse.Namespace, asked: str) -> Export | None:
    """The export that the options want, None where they want none; raises SettingInvalid, ExportFailed.

    `asked` is the query, as it is written where that is wanted.
    """
    form = XmpForm(options.xmp or XmpForm.NONE)
    if options.export is None and form is not XmpForm.NONE:
        raise SettingInvalid("--xmp", form.value, "--export FOLDER beside it")
    if form is XmpForm.NONE and (options.write_query or options.stars):
        option = "--write-query" if options.write_query else "--stars"
        raise SettingInvalid("--xmp", form.value, f"another form beside {option}")
    if options.export is None:
        return None
    check_writable(options.export)
    query = asked if options.write_query else ""
    return Export(options.export, Xmp(form, query, options.stars or DEFAULT_STARS))


def export_photos(export: Export, results: Results, chosen: Sequence[RankedPhoto], *, words: Words) -> None:
    """Copies the photos and saves the table beside them; prints what went wrong, and where they are."""
    copying = copy_photos(results, chosen, export.folder, xmp=export.xmp)
    copies = list(tqdm(copying, total=len(chosen), unit="copy", file=sys.stderr, disable=not sys.stderr.isatty()))
    table = save_file(export.folder, TABLE_NAME, build_table(results, describe=words.describe, copies=copies))
    for copy in copies:
        if copy.problem:
            print(f"{printable(copy.photo.scored.name)}: {words.describe(copy.problem)}", file=sys.stderr)
    print(words.copied(copies, folder=printable(str(export.folder)), table=table), file=sys.stderr)


def _stars(text: str) -> Stars:
    try:
        return parse_stars(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("expected five rising scores from 0 to 10, such as 2,4,6,8,9") from error
