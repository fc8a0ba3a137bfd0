"""rank: scores photos against a query and prints them, best first, as a table or as one JSON document."""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from tqdm import tqdm

from lychee_rerank.commands.export import add_export_options, export_photos, plan_export
from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_NOTHING_SCORED,
    add_model_option,
    add_readout_option,
    open_scores,
    score_argument,
    with_readout,
)
from lychee_rerank.errors import SettingInvalid
from lychee_rerank.export.json_document import ScoredBy, write_document
from lychee_rerank.machine import photo_memory_bytes
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.folders import Links, find_photos
from lychee_rerank.problems import PassedOver
from lychee_rerank.query import Query, parse_query
from lychee_rerank.records import Look, Outcome, Photo, RankedPhoto, Refusal, Rule
from lychee_rerank.results.criteria import Criteria, collect_criteria
from lychee_rerank.results.ranking import Results, collect_results, count_full_looks
from lychee_rerank.results.selection import Selection, View
from lychee_rerank.results.settled import likely_settled
from lychee_rerank.results.spread import SpreadVerdict, measure_spread
from lychee_rerank.scoring.cache_keys import build_key
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded, Judge, ScoresOfOneRun
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.quick_look import NO_QUICK_LOOKS, MostPromisingFirst
from lychee_rerank.settings import Settings
from lychee_rerank.store.scores import Scores
from lychee_rerank.text import decode_name, printable
from lychee_rerank.words import ENGLISH, Words


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("rank", help="score photos against a query and print them, best first")
    parser.add_argument("query", metavar="QUERY", type=decode_name, help="one sentence: Chinese, English or both")
    parser.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="photos, or folders of photos")
    parser.add_argument(
        "--follow-links", action="store_true", help="follow links to folders and out of them, each folder once"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    parser.add_argument(
        "--criteria", action="store_true", help="score the parts of the query too, such as those of 'sofa + lamp'"
    )
    parser.add_argument("--top-k", metavar="N", type=_at_least_one, help="only the N best")
    parser.add_argument("--settle", action="store_true", help="with --top-k: stop once the N best are likely settled")
    parser.add_argument(
        "--min-score", metavar="X", type=score_argument, help="only what is scored X or more, with one decimal"
    )
    add_export_options(parser)
    add_model_option(parser)
    add_readout_option(parser)
    parser.add_argument("--no-store", action="store_true", help="neither read nor keep scores in the data folder")


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Prints the ranking; EXIT_NOTHING_SCORED where there is none."""
    settings = with_readout(settings, options.readout)
    query = parse_query(options.query)  # a query that cannot be scored is refused before the model loads
    _check_settle(options)
    export = plan_export(options)
    follow = options.follow_links or settings.follow_links
    found = find_photos(options.paths, links=Links.ANYWHERE if follow else Links.FILES_INSIDE)
    if not found.photos:
        print(words.no_photos, file=sys.stderr)
        _print_passed_over(found.reasons, words)
        return EXIT_NOTHING_SCORED
    parts = _split(query, words) if options.criteria else ()
    with open_scores(settings, wanted=not options.no_store) as scores:
        judge = ModelLoader(settings, hash_file=scores.hash_file if scores else None).load()
        queries = (query, *parts)
        settle = options.top_k if options.settle else 0
        results, reused = _rank_all(judge, queries, found.photos, settings=settings, scores=scores, settle=settle)
    results = replace(results, passed_over=found.reasons)
    line = View(min_score=options.min_score or 0.0, top_k=options.top_k or 0)
    chosen = line.take(results.ranked, Selection.ABOVE)
    if options.json:
        card = judge.card
        key = build_key(card, query, readout=settings.readout, template=settings.template)
        scored_by = ScoredBy(asdict(key), demo=card.demo, loaded=card, reused=reused)
        print(write_document(results, chosen, query=options.query, scored_by=scored_by, describe=ENGLISH.describe))
    else:
        _print_table(chosen, results.criteria, words)
        if options.settle:
            looked_at = count_full_looks(results.ranked)
            print(words.results.full_looks.format(n=looked_at, total=len(results.ranked)), file=sys.stderr)
        _print_spread(results, query, words)
        for refusal in results.refused:
            print(f"{printable(refusal.name)}: {words.refusal(refusal)}", file=sys.stderr)
        _print_passed_over(found.reasons, words)
    if export:
        export_photos(export, results, chosen, words=words)
    return EXIT_DONE if results.ranked else EXIT_NOTHING_SCORED


def _check_settle(options: argparse.Namespace) -> None:
    """Raises SettingInvalid where there is no number of photos to be settled, or every photo has to be scored."""
    if options.settle and (not options.top_k or options.criteria):
        raise SettingInvalid("--settle", "", "--top-k N beside it, and no --criteria")


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number of at least 1")
    return int(text)


def _split(query: Query, words: Words) -> tuple[Query, ...]:
    """The parts of the query; none where it has but one, which is printed."""
    if len(query.parts) < 2:
        print(words.results.one_part, file=sys.stderr)
        return ()
    return query.parts


def _rank_all(
    judge: Judge,
    queries: Sequence[Query],
    photos: tuple[Photo, ...],
    *,
    settings: Settings,
    scores: Scores | None,
    settle: int,
) -> tuple[Results, int]:
    """The photos ranked by the first query, the others as criteria; and how many scores were reused."""
    parts = queries[1:]
    memory = PhotoMemory[Encoded](photo_memory_bytes(settings.memory_bytes) if parts else 0)
    with DecodePool() as decoders:
        engine = Engine(judge, decoders.decode, memory)
        runs = [_score_all(engine, query, photos, settings=settings, scores=scores, settle=settle) for query in queries]
    outcomes, *of_parts = (run for run, _ in runs)
    results = replace(collect_results(photos, outcomes), criteria=collect_criteria(parts, of_parts))
    return results, sum(reused for _, reused in runs)


def _score_all(
    engine: Engine,
    query: Query,
    photos: Sequence[Photo],
    *,
    settings: Settings,
    scores: Scores | None,
    settle: int,
) -> tuple[list[Outcome], int]:
    """What came of the photos, with a bar on a terminal, and how many scores were reused.

    Ends once the first `settle` are likely settled; 0: once every photo has an outcome.
    """
    key = build_key(engine.judge.card, query, readout=settings.readout, template=settings.template)
    known = {key: scores.of(key)} if scores else {}
    scorer = MostPromisingFirst(
        engine,
        settings.quick_looks.to_settle() if settle else NO_QUICK_LOOKS,
        readout=settings.readout,
        template=settings.template,
        known_for=lambda wanted: known.get(wanted) or (scores.of(wanted) if scores else ScoresOfOneRun()),
    )
    outcomes: list[Outcome] = []
    steps = scorer.steps({query: list(enumerate(photos))})
    with closing(steps), tqdm(total=len(photos), unit="photo", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        for step in steps:
            outcomes += step
            bar.update(sum(isinstance(one, Refusal) or one.look is Look.FULL for one in step))
            if settle and step and likely_settled(outcomes, photos=len(photos), first=settle):
                break
    in_upload_order = sorted(outcomes, key=lambda outcome: outcome.index)  # a quick look stays before the full one
    return in_upload_order, known[key].reused if known else 0


def _print_spread(results: Results, query: Query, words: Words) -> None:
    """The spread of the scores; where they are close, the hint that parts of the query can be scored instead."""
    spread = measure_spread([photo.scored.score.value for photo in results.ranked])
    for sentence in words.spread(spread):
        print(sentence, file=sys.stderr)
    if spread.verdict is SpreadVerdict.FLAT and not results.criteria.parts and len(query.parts) > 1:
        print(words.results.offer_parts, file=sys.stderr)


def _print_passed_over(reasons: Mapping[PassedOver, int], words: Words) -> None:
    """How many other files lie beside the photos, and of which kinds they are."""
    if reasons:
        print(words.other_files(reasons), file=sys.stderr)


def _print_table(ranked: Iterable[RankedPhoto], criteria: Criteria, words: Words) -> None:
    """A row per photo; a column per part of the query, listed above the table."""
    columns = [f"({n})" for n in range(1, len(criteria.parts) + 1)]
    for column, part in zip(columns, criteria.parts, strict=True):
        print(column, printable(part.text))
    print("  ".join(["rank", "score", *(f"{column:>5}" for column in columns), "name"]))
    for photo in ranked:
        score = photo.scored.score
        marks = [words.tied] * photo.tied + [words.no_number] * (score.rule is Rule.NONE)
        parts = [" " * 5 if value is None else f"{value:5.1f}" for value in criteria.of(photo.scored.index)]
        print("  ".join([f"{photo.rank:4}", f"{score.value:5.1f}", *parts, printable(photo.scored.name), *marks]))
