"""The command line: rank, info, fetch; knows the settings, puts the model together, prints."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from lychee_rerank import __version__
from lychee_rerank.assembly import ModelLoader, see_gpu
from lychee_rerank.errors import LycheeError, ModelUnusable, QueryRefused, SettingInvalid
from lychee_rerank.fetch import fetch_weights
from lychee_rerank.folders import find_photos
from lychee_rerank.prompts import NUMBER, clean_query
from lychee_rerank.ranking import rank_photos
from lychee_rerank.records import ModelCard, RankedPhoto, Refusal, Rule, ScoredPhoto
from lychee_rerank.scorer import Outcome, score_photos
from lychee_rerank.settings import Settings, load_settings
from lychee_rerank.words import Words, words_for

EXIT_DONE, EXIT_NOTHING_SCORED, EXIT_WRONG_USE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when it did what it is for, 2 for wrong use, 1 otherwise."""
    options = _parse(arguments)
    words = words_for(os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG"))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = load_settings()
        if options.command == "fetch":
            fetch_weights(settings.models_dir, say=print)
            return EXIT_DONE
        if options.model:
            settings = replace(settings, model=options.model)
        return _info(settings) if options.command == "info" else _rank(options, settings, words)
    except LycheeError as error:
        told_on_the_page = isinstance(error, QueryRefused | ModelUnusable)
        print(words.failure(error) if told_on_the_page else error, file=sys.stderr)
        return EXIT_WRONG_USE if isinstance(error, QueryRefused | SettingInvalid) else EXIT_NOTHING_SCORED
    except KeyboardInterrupt:
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lychee_rerank", description="Rank photos by how well they match.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    rank = commands.add_parser("rank", help="score photos against a query and print them, best first")
    rank.add_argument("query", metavar="QUERY", help="one sentence: Chinese, English or both")
    rank.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="photos, or folders of photos")
    rank.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    rank.add_argument("--top-k", metavar="N", type=_at_least_one, help="print only the N best")
    info = commands.add_parser("info", help="print which model would be loaded, and where it would run")
    for command in (rank, info):
        command.add_argument("--model", help="a model folder, a hub name in the local cache, or 'demo'")
    commands.add_parser("fetch", help="bring the lychee weights (17 GB) to this machine")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number of at least 1")
    return int(text)


def _rank(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    clean_query(options.query)  # a query that cannot be scored is told before the model loads
    found = find_photos(options.paths)
    if not found.photos:
        print(words.no_photos.format(passed_over=found.passed_over), file=sys.stderr)
        return EXIT_NOTHING_SCORED
    judge = ModelLoader(settings).load()
    progress = tqdm(total=len(found.photos), unit="photo", file=sys.stderr, disable=not sys.stderr.isatty())
    outcomes: list[Outcome] = []
    for outcome in score_photos(judge, options.query, found.photos):
        outcomes.append(outcome)
        progress.update()
    progress.close()
    ranked = rank_photos(outcome for outcome in outcomes if isinstance(outcome, ScoredPhoto))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    if options.json:
        print(json.dumps(_report(options, judge.card, ranked, refused), ensure_ascii=False, indent=2))
    else:
        _print_table(ranked[: options.top_k], words)
        for refusal in refused:
            print(f"{_printable(refusal.name)}: {words.refusal(refusal)}", file=sys.stderr)
    return EXIT_DONE if ranked else EXIT_NOTHING_SCORED


def _report(
    options: argparse.Namespace, card: ModelCard, ranked: Sequence[RankedPhoto], refused: Sequence[Refusal]
) -> dict[str, object]:
    """The JSON form of a run; scores in full precision."""
    return {
        "query": options.query,
        "model": _card_fields(card),
        "readout": NUMBER.name,
        "results": [
            {
                "rank": photo.rank,
                "score": photo.scored.score.value,
                "index": photo.scored.index,
                "name": photo.scored.name,
                "answer": photo.scored.score.answer,
                "rule": photo.scored.score.rule,
            }
            for photo in ranked[: options.top_k]
        ],
        "refused": [
            {
                "index": refusal.index,
                "name": refusal.name,
                "reason": refusal.reason,
                "message": words_for("en").refusal(refusal),
            }
            for refusal in refused
        ],
    }


def _card_fields(card: ModelCard) -> dict[str, object]:
    return {
        "name": card.name,
        "demo": card.demo,
        "parameters": card.parameters,
        "dtype": card.dtype,
        "device": card.device,
        "off_gpu_layers": card.off_gpu_layers,
        "pixel_budget_px": card.pixel_budget_px,
    }


def _print_table(ranked: Iterable[RankedPhoto], words: Words) -> None:
    print("rank  score  name")
    for photo in ranked:
        score = photo.scored.score
        mark = f"  {words.no_number}" if score.rule is Rule.NONE else ""
        print(f"{photo.rank:4}  {score.value:5.1f}  {_printable(photo.scored.name)}{mark}")


def _printable(name: str) -> str:
    """A file name that cannot move the cursor or break the line."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def _info(settings: Settings) -> int:
    choice, gpu = ModelLoader(settings).choose(), see_gpu()
    print(f"model   {choice.name}{' (bundled demo model)' if choice.demo else ''}")
    print(f"folder  {choice.folder}")
    print(f"why     {choice.why.replace('_', ' ')}")
    if gpu.name:
        print(f"device  {gpu.name}, {gpu.free_bytes / 1e9:.1f} of {gpu.total_bytes / 1e9:.1f} GB free")
    else:
        print("device  CPU" + (": the NVIDIA driver is too old for this PyTorch" if gpu.driver_too_old else ""))
    print(f"images  {settings.images_dir}")
    print(f"data    {settings.data_dir}")
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
