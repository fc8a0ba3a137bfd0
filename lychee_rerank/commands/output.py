"""What the commands have in common: exit statuses, options and the kept scores."""

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from lychee_rerank.errors import StorageFailed
from lychee_rerank.model_card import ModelCard
from lychee_rerank.query import Query
from lychee_rerank.records import Readout
from lychee_rerank.scoring.cache_keys import ScoreKey, build_key
from lychee_rerank.scoring.readout import MAX_SCORE
from lychee_rerank.settings import Settings
from lychee_rerank.store.store import Store

log = logging.getLogger(__name__)

EXIT_DONE, EXIT_NOTHING_SCORED, EXIT_WRONG_USE = 0, 1, 2
EXIT_LIST_DAMAGED = 1


def add_model_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option that overrides LYCHEE_MODEL."""
    parser.add_argument("--model", help="a model folder, a hub name in the local cache, or 'demo'")


def add_readout_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option that overrides LYCHEE_READOUT."""
    names = [readout.value for readout in Readout]
    parser.add_argument("--readout", choices=names, help="how the score is read from the model")


def with_readout(settings: Settings, readout: str | None) -> Settings:
    """The settings with the readout of the command line, where it names one; raises SettingInvalid."""
    return settings if readout is None else replace(settings, readout=Readout(readout))


def key_by_settings(card: ModelCard, query: Query, settings: Settings) -> ScoreKey:
    """What the scores of a query's photos depend on."""
    return build_key(
        card, query, readout=settings.readout, template=settings.template, calibration=settings.calibration
    )


@contextmanager
def open_store(settings: Settings, *, wanted: bool) -> Iterator[Store | None]:
    """What is kept in the data folder; None where it is not wanted, or cannot be read (logged)."""
    store = None
    try:
        store = Store(settings.data_dir) if wanted else None
    except StorageFailed as error:
        log.warning("no score is kept: %s", error)
    try:
        yield store
    finally:
        if store:
            store.close()


def at_least_one(argument: str) -> int:
    """An argument that is a number of things."""
    if not argument.isdecimal() or int(argument) < 1:
        raise argparse.ArgumentTypeError("expected a whole number of at least 1")
    return int(argument)


def percentage_argument(argument: str) -> float:
    """An argument that is a percentage, as a share; none up to 1, as that may be meant as a share."""
    try:
        percentage = float(argument.removesuffix("%"))
    except ValueError:
        percentage = 0.0
    if not 1 < percentage <= 100:  # "nan" too
        raise argparse.ArgumentTypeError("expected a percentage above 1, such as 95")
    return percentage / 100


def score_argument(argument: str) -> float:
    """An argument that is a score."""
    try:
        score = float(argument)
    except ValueError:
        score = -1.0
    if not 0 <= score <= MAX_SCORE:  # "nan" too
        raise argparse.ArgumentTypeError(f"expected a number from 0 to {MAX_SCORE:.0f}")
    return score
