"""evaluate: scores a labelled set and prints how well, per readout and language, as tables or as one JSON document."""

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from lychee_rerank.commands.calibrate import add_calibrate_option, check_calibrate, map_fields, print_map, save_map
from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_NOTHING_SCORED,
    add_model_option,
    with_readout,
)
from lychee_rerank.evaluation.labelled_set import ALL_LANGUAGES, LABELS_NAME, LabelledQuery, load_labels
from lychee_rerank.export.json_document import card_fields, like_fields
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.model_card import ModelCard
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.photos.hashes import hash_file
from lychee_rerank.records import Outcome, Readout, Refusal
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.prompts import PromptTemplate
from lychee_rerank.settings import Settings
from lychee_rerank.text import printable
from lychee_rerank.words import Words

if TYPE_CHECKING:  # scikit-learn and scipy are imported when a set is evaluated: other commands start at once
    from lychee_rerank.evaluation.evaluate import Evaluation, JudgedQuery, LanguageFigures

VERSIONS = ("torch", "transformers", "scikit-learn", "scipy")
RULES = """\
nDCG takes the truth itself as gain (linear). What is tied in score and in expected score is put in the worst order.
A best photo is any of the highest truth. A refused photo has the score 0 and stands last.
Queries with one truth for all photos are left out of nDCG@10, MRR, R@1 and Somers' D.
ECE: by how many points mean score and mean truth lie apart, over bands of one point. Refused photos are left out."""


def _number(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"


ROWS: tuple[tuple[str, "Callable[[LanguageFigures], str]"], ...] = (
    ("queries", lambda row: str(row.queries)),
    ("  with one truth", lambda row: str(row.one_truth)),
    ("photos", lambda row: str(row.photos)),
    ("  refused", lambda row: str(row.refused)),
    ("  no number", lambda row: str(row.no_number)),
    ("nDCG@10", lambda row: _number(row.ndcg_at_10, 3)),
    ("MRR", lambda row: _number(row.mrr, 3)),
    ("R@1", lambda row: _number(row.recall_at_1, 3)),
    ("Somers' D", lambda row: _number(row.somers_d, 3)),
    ("Spearman, pooled", lambda row: _number(row.spearman, 3)),
    ("ECE", lambda row: _number(row.calibration_error, 2)),
    ("tied pairs", lambda row: f"{row.tied_share:.1%}"),
    ("label mass", lambda row: _number(row.label_mass, 3)),
    ("seconds per photo", lambda row: f"{row.seconds_per_photo:.3f}"),
)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("evaluate", help="score a labelled set and print how well the scores follow its truth")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help=f"photos and a {LABELS_NAME} (docs/evaluation.md)")
    names = [readout.value for readout in Readout]
    help_text = f"which readouts to compare, of {', '.join(names)}; all of them unless given"
    parser.add_argument("--readout", metavar="R", nargs="+", choices=names, default=names, help=help_text)
    add_calibrate_option(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    add_model_option(parser)


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Scores the set once per readout; EXIT_NOTHING_SCORED where every photo is refused."""
    check_calibrate(options)
    settings = replace(settings, calibration=None)  # what is measured is the model's own
    readouts = [with_readout(settings, name) for name in dict.fromkeys(options.readout)]
    with DecodePool() as decoders:
        labels = load_labels(options.folder, decode=decoders.decode)
        judge = ModelLoader(settings, hash_file=hash_file if options.calibrate else None).load()
        evaluations = _evaluate_all(Engine(judge, decoders.decode), labels, readouts=readouts)
    fitted = save_map(options.calibrate, evaluations[0], judge.card) if options.calibrate else None
    if options.json:
        report = _report(judge.card, evaluations) | ({"calibration": map_fields(fitted)} if fitted else {})
        print(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        _print_tables(judge.card, evaluations)
        if fitted:
            print_map(options.calibrate, fitted)
        for line in dict.fromkeys(_refused_lines(evaluations, words)):
            print(line, file=sys.stderr)
    scored = any(query.scores for evaluation in evaluations for query in evaluation.queries)
    return EXIT_DONE if scored else EXIT_NOTHING_SCORED


def _evaluate_all(
    engine: Engine, labels: Sequence[LabelledQuery], *, readouts: Sequence[Settings]
) -> "tuple[Evaluation, ...]":
    """One evaluation per readout, with a bar on a terminal."""
    from lychee_rerank.evaluation.evaluate import evaluate

    photos = sum(len(labelled.photos) for labelled in labels) * len(readouts)
    with tqdm(total=photos, unit="photo", file=sys.stderr, disable=not sys.stderr.isatty()) as progress:
        return tuple(
            evaluate(engine, labels, readout=each.readout, template=each.template, on_photo=progress.update)
            for each in readouts
        )


def _print_tables(card: ModelCard, evaluations: "Sequence[Evaluation]") -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    print(f"{printable(card.name)}, {card.dtype}, {card.device}; {versions}")
    for evaluation in evaluations:
        columns = evaluation.figures
        print(f"\n{evaluation.readout:18}" + "".join(f" {column.language:>10}" for column in columns))
        for label, cell in ROWS:
            print(f"{label:18}" + "".join(f" {cell(column):>10}" for column in columns))
        print(f"\n{'language':12}{'truth':12}{'photos':>8}{'mean truth':>12}{'mean score':>12}")
        for column in columns:
            for band in column.bands:
                means = f"{band.mean_truth:12.2f}{band.mean_score:12.2f}"
                print(f"{column.language:12}{band.band:12}{band.photos:8}{means}")
        print(f"\n{'language':12}{'score':12}{'photos':>8}{'mean score':>12}{'mean truth':>12}")
        for each in columns[-1].reliability:
            means = f"{each.mean_score:12.2f}{each.mean_truth:12.2f}"
            print(f"{ALL_LANGUAGES:12}{each.band:12}{each.photos:8}{means}")
    print(f"\n{RULES}")


def _refused_lines(evaluations: "Sequence[Evaluation]", words: Words) -> Iterator[str]:
    """A line for each photo that was not scored."""
    for query in itertools.chain.from_iterable(evaluation.queries for evaluation in evaluations):
        for refusal in query.refused:
            yield f"{printable(query.labelled.id)}: {printable(refusal.name)}: {words.refusal(refusal)}"


def _report(card: ModelCard, evaluations: "Sequence[Evaluation]") -> dict[str, object]:
    """The JSON form: the same figures unrounded, with every query and photo."""
    return {
        "model": card_fields(card),
        "versions": {name: version(name) for name in VERSIONS},
        "readouts": [
            {
                "readout": evaluation.readout,
                "prompt": _prompt_fields(evaluation.template),
                **_like_prompt_fields(evaluation),
                "figures": [asdict(row) for row in evaluation.figures],
                "queries": [_query_fields(query) for query in evaluation.queries],
            }
            for evaluation in evaluations
        ],
    }


def _prompt_fields(template: PromptTemplate) -> dict[str, object]:
    return {"name": template.name, "version": template.version, "text_hash": template.text_hash}


def _like_prompt_fields(evaluation: "Evaluation") -> dict[str, object]:
    """The prompt of the queries with an example, where there are any."""
    if all(query.labelled.query.example is None for query in evaluation.queries):
        return {}
    return {"like_prompt": _prompt_fields(evaluation.template.like)}


def _query_fields(query: "JudgedQuery") -> dict[str, object]:
    """One query's row; `ranks` is null where every truth is the same."""
    labelled = query.labelled
    return {
        "id": labelled.id,
        "query": labelled.query.text,
        **like_fields(labelled.query.example),
        "language": labelled.language,
        "ranks": None if query.ranks is None else asdict(query.ranks),
        "seconds": query.seconds_s,
        "photos": [
            {"name": outcome.name, "truth": truth, **_outcome_fields(outcome)}
            for truth, outcome in zip(labelled.truths, query.outcomes, strict=True)
        ],
    }


def _outcome_fields(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, Refusal):
        return {"refused": outcome.reason}
    score = asdict(outcome.score)
    del score["raw"]
    return {"score": score.pop("value"), **score}
