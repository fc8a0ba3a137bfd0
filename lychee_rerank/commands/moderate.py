"""moderate: scores photos against a text each, and prints the ones that do not fit, least fitting first."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_NOTHING_SCORED,
    add_model_option,
    add_readout_option,
    open_scores,
    printable,
    score_argument,
    with_readout,
)
from lychee_rerank.export.copies import check_folder, check_free, save_as
from lychee_rerank.export.tables import build_flagged_table
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.pairs import load_pairs
from lychee_rerank.photos.decode_pool import Decoders
from lychee_rerank.records import Pair, Refusal
from lychee_rerank.results.moderation import DEFAULT_THRESHOLD, JudgedPair, Moderation, flag_pairs, judge_pairs
from lychee_rerank.scoring.cache_keys import build_key
from lychee_rerank.scoring.judge import Judge, Known
from lychee_rerank.scoring.scorer import Engine
from lychee_rerank.settings import Settings
from lychee_rerank.store.scores import Scores
from lychee_rerank.words import Words


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("moderate", help="score photos against a text each and print those that do not fit")
    parser.add_argument("pairs", metavar="PAIRS.CSV", type=Path, help="columns file, text and, if known, label")
    told = f"flag what is scored below X (unless given: {DEFAULT_THRESHOLD})"
    parser.add_argument("--threshold", metavar="X", type=score_argument, default=DEFAULT_THRESHOLD, help=told)
    parser.add_argument("--export", metavar="OUT.CSV", type=Path, help="write every pair there, the flagged first")
    add_model_option(parser)
    add_readout_option(parser)
    parser.add_argument("--no-store", action="store_true", help="neither read nor keep scores in the data folder")


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Prints the flagged pairs and the figures; EXIT_NOTHING_SCORED where no pair was scored."""
    settings = with_readout(settings, options.readout)
    if options.export is not None:  # what cannot be written is told before the model loads
        check_free(options.export)
        check_folder(options.export.parent)
    pairs = load_pairs(options.pairs)
    judged: list[JudgedPair] = []
    if pairs.good:
        with open_scores(settings, wanted=not options.no_store) as scores:
            judge = ModelLoader(settings, hash_file=scores.hash_file if scores else None).load()
            judged = _judge_all(judge, pairs.good, settings=settings, scores=scores)
    moderation = flag_pairs(judged, threshold=options.threshold, bad=pairs.bad)
    _print_flagged(moderation)
    _tell_passed_over(moderation, words)
    _print_figures(moderation, words)
    if options.export is not None:
        save_as(options.export, build_flagged_table(moderation, tell=words.note))
    return EXIT_DONE if moderation.flagged or moderation.passed else EXIT_NOTHING_SCORED


def _judge_all(judge: Judge, pairs: tuple[Pair, ...], *, settings: Settings, scores: Scores | None) -> list[JudgedPair]:
    """Every pair's outcome, with a bar on a terminal."""
    readout, template = settings.readout, settings.template

    def known_for(text: str) -> Known | None:
        return scores.of(build_key(judge.card, text, readout=readout, template=template)) if scores else None

    with Decoders() as decoders:
        engine = Engine(judge, decode=decoders.decode)
        judging = judge_pairs(engine, pairs, readout=readout, template=template, known_for=known_for)
        return list(tqdm(judging, total=len(pairs), unit="pair", file=sys.stderr, disable=not sys.stderr.isatty()))


def _print_flagged(moderation: Moderation) -> None:
    print("score  file  text")
    for one in moderation.flagged:
        print(f"{one.score:5.1f}  {printable(one.pair.photo.name)}  {printable(one.pair.text)}")


def _tell_passed_over(moderation: Moderation, words: Words) -> None:
    """Each refused photo and each bad row, with its line."""
    found = [(row.line, row.file, words.note(row.problem)) for row in moderation.bad]
    for one in moderation.refused:
        if isinstance(one.outcome, Refusal):
            found.append((one.pair.line, one.pair.photo.name, words.refusal(one.outcome)))
    for line, file, problem in sorted(found):
        told = words.lists.row_line.format(line=line, problem=problem)
        print(f"{told} ({printable(file)})" if file else told, file=sys.stderr)


def _print_figures(moderation: Moderation, words: Words) -> None:
    pairs = words.pairs(moderation.pairs)
    print("\n" + words.lists.moderated.format(all=pairs, threshold=moderation.threshold, **moderation.counts))
    figures = moderation.figures
    if figures.labelled:
        print(words.lists.figures.format(n=figures.labelled, **words.shares(**figures.shares)))
    print(words.lists.work_saved.format(**words.shares(share=moderation.work_saved)))
