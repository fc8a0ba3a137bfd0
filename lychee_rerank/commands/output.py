"""What the commands have in common: exit statuses, options and the kept scores."""

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from lychee_rerank.errors import StorageFailed
from lychee_rerank.records import Readout
from lychee_rerank.scoring.readout import MAX_SCORE
from lychee_rerank.settings import Settings
from lychee_rerank.store.scores import Scores
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


@contextmanager
def open_scores(settings: Settings, *, wanted: bool) -> Iterator[Scores | None]:
    """The kept scores of the data folder; None where they are not wanted, or cannot be read (logged)."""
    store = None
    try:
        store = Store(settings.data_dir) if wanted else None
    except StorageFailed as error:
        log.warning("no score is kept: %s", error)
    try:
        yield store.scores if store else None
    finally:
        if store:
            store.close()


def score_argument(argument: str) -> float:
    """An argument that is a score."""
    try:
        score = float(argument)
    except ValueError:
        score = -1.0
    if not 0 <= score <= MAX_SCORE:  # "nan" too
        raise argparse.ArgumentTypeError(f"expected a number from 0 to {MAX_SCORE:.0f}")
    return score
