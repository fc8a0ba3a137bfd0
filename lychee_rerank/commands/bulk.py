"""bulk: scores very many photos against some queries, on one machine or several, into parquet files."""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_NOTHING_SCORED,
    add_model_option,
    add_readout_option,
    at_least_one,
    with_readout,
)
from lychee_rerank.errors import BulkFailed, SettingInvalid
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.folders import Links
from lychee_rerank.settings import Settings
from lychee_rerank.words import Words

if TYPE_CHECKING:  # Ray and pyarrow are imported when the command runs: the others start at once, and without them
    from lychee_rerank.bulk.bulk_run import BulkRun
    from lychee_rerank.bulk.pace import Pace
    from lychee_rerank.bulk.staff import Machine, Staff

PLAN_S, PLAN_PHOTOS, PLAN_PART = 60.0, 100_000, 50
TELL_EVERY_S = 30.0  # where no terminal shows a bar


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("bulk", help="score very many photos against some queries, into parquet files")
    parser.add_argument("queries", metavar="QUERIES.txt", type=Path, help="one query a line")
    parser.add_argument("photos", metavar="PHOTOS", help="a folder, here or on an object store; or a list of photos")
    parser.add_argument("out", metavar="OUT", help="the folder for the results, here or on an object store")
    parser.add_argument("--resume", action="store_true", help="go on with the run that OUT holds")
    parser.add_argument(
        "--plan", action="store_true", help="measure a minute, print what a million takes; OUT stays as it is"
    )
    parser.add_argument(
        "--workers", metavar="N", type=at_least_one, help="models at once: a GPU each, or some cores of a CPU"
    )
    parser.add_argument("--address", help="a Ray cluster's, for several machines")
    parser.add_argument(
        "--follow-links", action="store_true", help="follow links to folders and out of them, each folder once"
    )
    add_model_option(parser)
    add_readout_option(parser)


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Scores what is not scored yet; EXIT_NOTHING_SCORED where every photo is refused."""
    from lychee_rerank.bulk.bulk_run import BulkRun, begin_run, read_queries
    from lychee_rerank.bulk.photo_list import list_photos
    from lychee_rerank.bulk.places import is_address

    settings = _settle_paths(with_readout(settings, options.readout))
    queries = read_queries(options.queries)
    follow = options.follow_links or settings.follow_links
    photos = list_photos(options.photos, links=Links.ANYWHERE if follow else Links.FILES_INSIDE)
    if options.plan:
        if options.resume or options.address:
            raise SettingInvalid("--plan", "", "neither --resume nor --address beside it: it measures this machine")
        with tempfile.TemporaryDirectory(prefix="lychee-plan-") as folder:
            few = list(islice(photos, PLAN_PHOTOS))  # again and again where they are soon scored
            bulk = BulkRun(folder, queries, settings)
            part = min(PLAN_PART, len(few))  # in which none comes twice
            begin_run(bulk, islice(cycle(few), PLAN_PHOTOS), resume=False, photos_per_part=part)
            _plan(bulk, options, distinct=len(few))
            return EXIT_DONE
    out = options.out if is_address(options.out) else str(Path(options.out).absolute())
    bulk = BulkRun(out, queries, settings)
    begin_run(bulk, photos, resume=options.resume)
    _score(bulk, options, words)
    listed = bulk.open_list()
    rows, refused = len(listed) * len(queries), bulk.open_parts().count_refused(range(listed.parts))
    print(words.bulk_done.format(rows=rows, refused=refused, out=options.out), file=sys.stderr)
    return EXIT_DONE if refused < rows else EXIT_NOTHING_SCORED


def _score(bulk: "BulkRun", options: argparse.Namespace, words: Words) -> None:
    """Scores the parts that are not there, and tells how far it is."""
    from lychee_rerank.bulk.cluster import cluster
    from lychee_rerank.bulk.pace import Pace

    photos, parts = bulk.open_list(), bulk.open_parts()
    finished = parts.finished()
    pace = Pace(len(photos), photos=sum(map(photos.size, finished)))
    left = [part for part in range(photos.parts) if part not in finished]
    if not left:
        return
    bar = tqdm(total=pace.total, initial=pace.photos, unit="photo", file=sys.stderr, disable=not sys.stderr.isatty())
    with bar, cluster(options.address) as machines:
        from lychee_rerank.bulk.workers import score_parts  # which imports Ray

        staff = _choose_staff(bulk.settings, options.workers, machines)
        told_s = time.monotonic()
        for part in score_parts(bulk, left, staff):
            pace.add(part)
            bar.update(part.photos)
            if bar.disable and time.monotonic() - told_s > TELL_EVERY_S:
                told_s = time.monotonic()
                print(_progress(pace, words), file=sys.stderr, flush=True)


def _choose_staff(settings: Settings, wanted: int | None, machines: "list[Machine]") -> "Staff":
    """How many workers there are; raises BulkFailed for a GPU by its number, as Ray gives them out."""
    from lychee_rerank.bulk.staff import choose_staff

    if settings.servers:
        return choose_staff(machines, wanted, on_gpu=False, small=False)
    if settings.device and ":" in settings.device:
        raise BulkFailed(f"LYCHEE_DEVICE={settings.device}: here CUDA_VISIBLE_DEVICES chooses")
    small = ModelLoader(settings).choose().demo
    return choose_staff(machines, wanted, on_gpu=settings.device != "cpu", small=small)


def _settle_paths(settings: Settings) -> Settings:
    """The settings with paths that mean the same in the folders in which Ray's workers run."""
    model = str(Path(settings.model).absolute()) if settings.model and Path(settings.model).exists() else settings.model
    return replace(settings, model=model, models_dir=settings.models_dir.absolute())


def _progress(pace: "Pace", words: Words) -> str:
    left = "?" if pace.left_s is None else words.duration(pace.left_s)
    rate = pace.per_second or 0.0
    return words.bulk_progress.format(done=pace.photos, total=pace.total, refused=pace.refused, rate=rate, left=left)


def _plan(bulk: "BulkRun", options: argparse.Namespace, *, distinct: int) -> None:
    """Measures a minute of the run, and prints what follows from it."""
    from lychee_rerank.bulk.bulk_run import PHOTOS_PER_PART
    from lychee_rerank.bulk.cluster import cluster
    from lychee_rerank.bulk.pace import Pace
    from lychee_rerank.bulk.places import size_of
    from lychee_rerank.bulk.plan import Measured, plan_lines

    photos, parts = bulk.open_list(), bulk.open_parts()
    pace = Pace(len(photos))
    with cluster(None) as machines:
        from lychee_rerank.bulk.workers import score_parts  # which imports Ray

        staff = _choose_staff(bulk.settings, options.workers, machines)
        for part in score_parts(bulk, range(photos.parts), staff):
            pace.add(part)
            if pace.timed_s > PLAN_S:
                break
    if pace.per_second is None:
        raise BulkFailed("a single part was scored, which tells nothing")
    sizes = [size for size in map(size_of, photos.read(0)) if size]
    measured = Measured(
        photos=pace.timed,
        seconds=pace.timed_s,
        row_bytes=parts.row_bytes(min(PHOTOS_PER_PART, distinct) * len(bulk.queries)),
        photo_bytes=sum(sizes) / max(len(sizes), 1),
        queries=len(bulk.queries),
        workers=staff.workers,
        model=ModelLoader(bulk.settings).choose().name if not bulk.settings.servers else "",
    )
    print("\n".join(plan_lines(measured)))
