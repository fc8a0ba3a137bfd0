"""why: scores one photo against a query, and has the model explain that score in its own words."""

import argparse
import sys

from lychee_rerank.commands.output import (
    EXIT_DONE,
    EXIT_NOTHING_SCORED,
    add_model_option,
    add_readout_option,
    score_argument,
    with_readout,
)
from lychee_rerank.commands.question import add_question, read_question
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.query import Query
from lychee_rerank.records import Photo, Refusal, Rule
from lychee_rerank.scoring.engine import Engine
from lychee_rerank.scoring.explain import explain_score
from lychee_rerank.scoring.scorer import score_photos
from lychee_rerank.settings import Settings
from lychee_rerank.text import printable
from lychee_rerank.words import Words


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command and its options."""
    parser = commands.add_parser("why", help="score one photo and print why it got that score")
    add_question(parser, only_one=True)
    parser.add_argument(
        "--score", metavar="X", type=score_argument, help="explain this score, from 0 to 10, and score nothing"
    )
    add_model_option(parser)
    add_readout_option(parser)


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Prints the score and the explanation; EXIT_NOTHING_SCORED where the photo is refused."""
    settings = with_readout(settings, options.readout)
    query = read_question(options)  # a query that cannot be scored is refused before the model loads
    (path,) = options.paths
    photo = Photo(name=str(path), path=path)
    with DecodePool() as decoders:
        engine = Engine(ModelLoader(settings).load(), decoders.decode)
        return _explain(engine, query, photo, given=options.score, settings=settings, words=words)


def _explain(
    engine: Engine, query: Query, photo: Photo, *, given: float | None, settings: Settings, words: Words
) -> int:
    """Explains the given score, or else the one that the photo gets."""
    value, marks = given, []
    if value is None:
        (outcome,) = score_photos(
            engine,
            query,
            [photo],
            readout=settings.readout,
            template=settings.template,
            calibration=settings.calibration,
        )
        if isinstance(outcome, Refusal):
            return _print_refusal(outcome, words)
        value, marks = outcome.score.value, [words.no_number] * (outcome.score.rule is Rule.NONE)
    explanation = explain_score(engine, query, photo, score=value, language=words.like.language)
    if isinstance(explanation, Refusal):
        return _print_refusal(explanation, words)
    print("  ".join([words.score_of.format(score=value, name=printable(photo.name)), *marks]))
    print("\n".join(map(printable, explanation.splitlines())) or words.raw_answer_empty)
    return EXIT_DONE


def _print_refusal(refusal: Refusal, words: Words) -> int:
    print(f"{printable(refusal.name)}: {words.refusal(refusal)}", file=sys.stderr)
    return EXIT_NOTHING_SCORED
