"""rank: scores photos against a query and prints them, best first, as a table or as one JSON document."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from tqdm import tqdm

from lychee_rerank.commands.criteria import add_criteria_option, plan_criteria, print_conditions
from lychee_rerank.commands.export import add_export_options, export_photos, plan_export
from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_NOTHING_SCORED,
    add_model_option,
    add_readout_option,
    at_least_one,
    key_by_settings,
    open_store,
    score_argument,
    with_readout,
)
from lychee_rerank.commands.question import add_question, print_example, read_question
from lychee_rerank.errors import SettingInvalid
from lychee_rerank.export.json_document import ScoredBy, write_document
from lychee_rerank.machine import photo_memory_bytes
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.folders import Links, find_photos
from lychee_rerank.problems import PassedOver
from lychee_rerank.query import Query
from lychee_rerank.records import Look, Outcome, Photo, RankedPhoto, Refusal, Rule
from lychee_rerank.results.conditions import Condition
from lychee_rerank.results.criteria import collect_criteria
from lychee_rerank.results.ranking import Results, add_facts, collect_results, count_full_looks
from lychee_rerank.results.selection import Selection, View
from lychee_rerank.results.settled import likely_settled
from lychee_rerank.results.spread import SpreadVerdict, measure_spread
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.judge import Encoded, Judge, ScoresOfOneRun
from lychee_rerank.scoring.known_facts import FactsInMemory
from lychee_rerank.scoring.photo_memory import PhotoMemory
from lychee_rerank.scoring.quick_look import NO_QUICK_LOOKS, MostPromisingFirst
from lychee_rerank.settings import Settings
from lychee_rerank.store.scores import Scores
from lychee_rerank.store.store import Store
from lychee_rerank.text import printable
from lychee_rerank.words import ENGLISH, Words


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("rank", help="score photos against a query and print them, best first")
    add_question(parser)
    parser.add_argument(
        "--follow-links", action="store_true", help="follow links to folders and out of them, each folder once"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    add_criteria_option(parser)
    parser.add_argument("--top-k", metavar="N", type=at_least_one, help="only the N best")
    parser.add_argument("--settle", action="store_true", help="with --top-k: stop once the N best are likely settled")
    parser.add_argument("--distinct", action="store_true", help="of photos that are nearly the same only the best")
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
    query = read_question(options)  # a query that cannot be scored is refused before the model loads
    _check_together(options)
    parts, conditions = plan_criteria(options.criteria, query)
    export = plan_export(options, words.like.asked(query))
    follow = options.follow_links or settings.follow_links
    found = find_photos(options.paths, links=Links.ANYWHERE if follow else Links.FILES_INSIDE)
    if not found.photos:
        print(words.no_photos, file=sys.stderr)
        _print_passed_over(found.reasons, words)
        return EXIT_NOTHING_SCORED
    if options.criteria and not parts:
        print(words.results.one_part, file=sys.stderr)
    with open_store(settings, wanted=not options.no_store) as store:
        judge = ModelLoader(settings, hash_file=store.scores.hash_file if store else None).load()
        queries = (query, *parts)
        settle = options.top_k if options.settle else 0
        results, reused = _rank_all(judge, queries, found.photos, settings=settings, store=store, settle=settle)
    results = replace(results, passed_over=found.reasons)
    chosen = _view(options, conditions).take(results, Selection.ABOVE)
    if options.json:
        key = key_by_settings(judge.card, query, settings)
        scored_by = ScoredBy(key.fields, demo=judge.card.demo, loaded=judge.card, reused=reused)
        _print_document(results, chosen, query, scored_by=scored_by, conditions=conditions)
    else:
        print_example(query, words)
        _print_table(chosen, results, words, distinct=options.distinct)
        _print_notes(results, query, words, settle=options.settle)
    print_conditions(conditions, results, given=options.criteria or (), words=words)
    if export:
        export_photos(export, results, chosen, words=words)
    return EXIT_DONE if results.ranked else EXIT_NOTHING_SCORED


def _view(options: argparse.Namespace, conditions: tuple[Condition, ...]) -> View:
    """Which photos are printed, copied and written."""
    min_score, top_k = options.min_score or 0.0, options.top_k or 0
    return View(min_score=min_score, top_k=top_k, distinct=options.distinct, conditions=conditions)


def _check_together(options: argparse.Namespace) -> None:
    """Raises SettingInvalid where options do not go together.

    There has to be a number of photos to be settled, and no need to score all of them; words beside an example have no
    parts.
    """
    if options.like and options.criteria:
        raise SettingInvalid(
            "--criteria", "", "no --like beside it: words beside an example change it, and are no parts"
        )
    if options.settle and (not options.top_k or options.criteria or options.distinct):
        raise SettingInvalid("--settle", "", "--top-k N beside it, and neither --criteria nor --distinct")


def _print_document(
    results: Results,
    chosen: Sequence[RankedPhoto],
    query: Query,
    *,
    scored_by: ScoredBy,
    conditions: Sequence[Condition],
) -> None:
    """The chosen photos as one JSON document, in English, as scripts read it."""
    describe = ENGLISH.describe
    document = write_document(
        results, chosen, query=query.text, scored_by=scored_by, describe=describe, conditions=conditions
    )
    print(document)


def _rank_all(
    judge: Judge,
    queries: Sequence[Query],
    photos: tuple[Photo, ...],
    *,
    settings: Settings,
    store: Store | None,
    settle: int,
) -> tuple[Results, int]:
    """The photos ranked by the first query, the others as criteria; and how many scores were reused."""
    scores, facts = (store.scores, store.facts) if store else (None, FactsInMemory())
    parts = queries[1:]
    memory = PhotoMemory[Encoded](photo_memory_bytes(settings.memory_bytes) if parts else 0)
    with DecodePool() as decoders:
        engine = Engine(judge, decoders.decode, memory, facts=facts)
        runs = [_score_all(engine, query, photos, settings=settings, scores=scores, settle=settle) for query in queries]
    outcomes, *of_parts = (run for run, _ in runs)
    criteria = collect_criteria(parts, of_parts)
    results = replace(collect_results(photos, outcomes), criteria=criteria, example=queries[0].example)
    known = facts.of(photo.scored.photo_hash for photo in results.ranked)
    return add_facts(results, known), sum(reused for _, reused in runs)


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
    key = key_by_settings(engine.judge.card, query, settings)
    known = {key: scores.of(key)} if scores else {}
    scorer = MostPromisingFirst(
        engine,
        settings.quick_looks.to_settle() if settle else NO_QUICK_LOOKS,
        readout=settings.readout,
        template=settings.template,
        calibration=settings.calibration,
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


def _print_notes(results: Results, query: Query, words: Words, *, settle: bool) -> None:
    """What is to be known of all scores, the refused photos, and the other files."""
    if settle:
        looked_at = count_full_looks(results.ranked)
        print(words.results.full_looks.format(n=looked_at, total=len(results.ranked)), file=sys.stderr)
    _print_spread(results, query, words)
    for refusal in results.refused:
        print(f"{printable(refusal.name)}: {words.refusal(refusal)}", file=sys.stderr)
    _print_passed_over(results.passed_over or {}, words)


def _print_spread(results: Results, query: Query, words: Words) -> None:
    """The spread of the scores; where they are close, the hint that parts of the query can be scored instead."""
    spread = measure_spread([photo.scored.score.value for photo in results.ranked])
    for sentence in words.spread(spread):
        print(sentence, file=sys.stderr)
    if spread.verdict is SpreadVerdict.FLAT and not results.criteria.parts and query.has_parts:
        print(words.results.offer_parts, file=sys.stderr)


def _print_passed_over(reasons: Mapping[PassedOver, int], words: Words) -> None:
    """How many other files lie beside the photos, and of which kinds they are."""
    if reasons:
        print(words.other_files(reasons), file=sys.stderr)


def _print_table(ranked: Iterable[RankedPhoto], results: Results, words: Words, *, distinct: bool) -> None:
    """A row per photo; a column per part of the query, listed above the table.

    Where the photos are `distinct`, the best of a group is told as that.
    """
    criteria, sizes = results.criteria, results.near_copies.group_sizes() if distinct else Counter[int]()
    columns = [f"({n})" for n in range(1, len(criteria.parts) + 1)]
    for column, part in zip(columns, criteria.parts, strict=True):
        print(column, printable(part.text))
    print("  ".join(["rank", "score", *(f"{column:>5}" for column in columns), "name"]))
    for photo in ranked:
        score = photo.scored.score
        marks = [words.tied] * photo.tied + [words.no_number] * (score.rule is Rule.NONE)
        size = sizes[results.near_copies.group_of(photo)]
        marks += [words.results.best_of.format(n=size)] * (size > 1)
        parts = [" " * 5 if value is None else f"{value:5.1f}" for value in criteria.of(photo.scored.index)]
        print("  ".join([f"{photo.rank:4}", f"{score.value:5.1f}", *parts, printable(photo.scored.name), *marks]))
