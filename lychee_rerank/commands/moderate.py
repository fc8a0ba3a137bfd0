"""moderate: scores photos against a text each, and prints the ones that do not fit, least fitting first."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_LIST_DAMAGED,
    EXIT_NOTHING_SCORED,
    add_model_option,
    add_readout_option,
    key_by_settings,
    open_store,
    percentage_argument,
    score_argument,
    with_readout,
)
from lychee_rerank.errors import SettingInvalid
from lychee_rerank.export.copies import check_free, check_writable, save_as
from lychee_rerank.export.tables import build_curve_table, build_flagged_table
from lychee_rerank.lists.encoding import UTF_8
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.pairs import load_pairs
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.problems import DAMAGED_ROW
from lychee_rerank.query import Query
from lychee_rerank.records import Outcome, Pair, Refusal
from lychee_rerank.results.moderation import DEFAULT_THRESHOLD, Moderation, collect_moderation
from lychee_rerank.results.threshold import KEEP_RECALL, Curve, measure_curve
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Judge, KnownScores
from lychee_rerank.scoring.scorer import score_pairs
from lychee_rerank.settings import Settings
from lychee_rerank.store.scores import Scores
from lychee_rerank.text import printable
from lychee_rerank.words import Words
from lychee_rerank.words.curve import describe_kept, warn_of_few

_PRINTED_EACH = 5  # tenths of a point of threshold: 21 rows


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("moderate", help="score photos against a text each and print those that do not fit")
    parser.add_argument("pairs", metavar="PAIRS.CSV", type=Path, help="columns file, text and, if known, label")
    help_text = f"flag what is scored below X (unless given: {DEFAULT_THRESHOLD})"
    parser.add_argument("--threshold", metavar="X", type=score_argument, default=DEFAULT_THRESHOLD, help=help_text)
    parser.add_argument("--export", metavar="OUT.CSV", type=Path, help="write every pair there, the flagged first")
    kept = f"{100 * KEEP_RECALL:.0f}"
    help_text = f"by the labels, name the threshold that flags X %% of what does not fit (unless given: {kept})"
    parser.add_argument("--keep-recall", metavar="X", type=percentage_argument, help=help_text)
    help_text = "write there what each threshold from 0 to 10 gives, by the labels"
    parser.add_argument("--curve", metavar="OUT.CSV", type=Path, help=help_text)
    add_model_option(parser)
    add_readout_option(parser)
    parser.add_argument("--no-store", action="store_true", help="neither read nor keep scores in the data folder")


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Prints the flagged pairs and the figures; EXIT_NOTHING_SCORED where no pair was scored.

    EXIT_LIST_DAMAGED where lines of the list could not be read as they were meant: these are named, the others scored.
    """
    settings = with_readout(settings, options.readout)
    _check_files(options)
    pairs = load_pairs(options.pairs)
    if pairs.encoding != UTF_8:
        read_as = words.lists.read_as.format(encoding=pairs.encoding)
        print(f"{printable(str(options.pairs))}: {read_as}", file=sys.stderr)
    outcomes: list[Outcome] = []
    if pairs.good:
        with open_store(settings, wanted=not options.no_store) as store:
            scores = store.scores if store else None
            judge = ModelLoader(settings, hash_file=scores.hash_file if scores else None).load()
            outcomes = _score_all(judge, pairs.good, settings=settings, scores=scores)
    moderation = collect_moderation(pairs, outcomes, threshold=options.threshold)
    _print_flagged(moderation)
    _print_passed_over(moderation, words)
    _print_figures(moderation, words)
    curve = _draw_curve(moderation, options, words)
    if options.export is not None:
        save_as(options.export, build_flagged_table(moderation, describe=words.describe))
    if options.curve is not None:
        save_as(options.curve, build_curve_table(curve.all_points if curve else ()))
    if any(row.problem in DAMAGED_ROW for row in moderation.bad):
        return EXIT_LIST_DAMAGED
    return EXIT_DONE if moderation.flagged or moderation.passed else EXIT_NOTHING_SCORED


def _check_files(options: argparse.Namespace) -> None:
    """Refuses what cannot be written, before the model loads."""
    files = [file for file in (options.export, options.curve) if file is not None]
    if len(files) > len({file.resolve() for file in files}):
        raise SettingInvalid("--curve", str(options.curve), "another file than that of --export")
    for file in files:
        check_free(file)
        check_writable(file.parent)


def _score_all(judge: Judge, pairs: tuple[Pair, ...], *, settings: Settings, scores: Scores | None) -> list[Outcome]:
    """Every pair's outcome, with a bar on a terminal."""

    def known_for(query: Query) -> KnownScores | None:
        return scores.of(key_by_settings(judge.card, query, settings)) if scores else None

    with DecodePool() as decoders:
        engine = Engine(judge, decoders.decode)
        scoring = score_pairs(
            engine,
            pairs,
            readout=settings.readout,
            template=settings.template,
            calibration=settings.calibration,
            known_for=known_for,
        )
        return list(tqdm(scoring, total=len(pairs), unit="pair", file=sys.stderr, disable=not sys.stderr.isatty()))


def _print_flagged(moderation: Moderation) -> None:
    print("score  file  text")
    for one in moderation.flagged:
        print(f"{one.score:5.1f}  {printable(one.pair.photo.name)}  {printable(one.pair.query.text)}")


def _print_passed_over(moderation: Moderation, words: Words) -> None:
    """Each refused photo and each bad row, with its line."""
    found = [(row.line, row.file, words.describe(row.problem)) for row in moderation.bad]
    for one in moderation.refused:
        if isinstance(one.outcome, Refusal):
            found.append((one.pair.line, one.pair.photo.name, words.refusal(one.outcome)))
    for line, file, problem in sorted(found):
        row = words.lists.row_line.format(line=line, problem=problem)
        print(f"{row} ({printable(file)})" if file else row, file=sys.stderr)


def _print_figures(moderation: Moderation, words: Words) -> None:
    pairs = words.pairs(moderation.pairs)
    print("\n" + words.lists.moderated.format(all=pairs, threshold=moderation.threshold, **moderation.counts))
    figures = moderation.figures
    if figures.labelled:
        print(words.lists.figures.format(n=figures.labelled, **words.shares(**figures.shares)))
    print(words.lists.work_saved.format(**words.shares(share=moderation.work_saved)))


def _draw_curve(moderation: Moderation, options: argparse.Namespace, words: Words) -> Curve | None:
    """The curve, printed; where there is none, that is said to who asked for it."""
    curve = measure_curve(moderation, keep_recall=options.keep_recall or KEEP_RECALL)
    if curve is not None:
        _print_curve(curve, words)
    elif options.keep_recall or options.curve:
        print(words.lists.no_labels, file=sys.stderr)
    return curve


def _print_curve(curve: Curve, words: Words) -> None:
    """A row per half point of threshold, the threshold that keeps the recall, and a warning where labels are few."""
    print("\nthreshold  precision  recall  work saved")
    for point in curve.points[::_PRINTED_EACH]:
        precision, recall, saved = ("-" if share is None else f"{share:.1%}" for share in point.shares)
        print(f"{point.threshold:9.1f}  {precision:>9}  {recall:>6}  {saved:>10}")
    print(describe_kept(words, curve))
    if curve.few_labels:
        print(warn_of_few(words, curve), file=sys.stderr)
