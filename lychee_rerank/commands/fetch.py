"""fetch: downloads the lychee weights."""

import argparse

from lychee_rerank.commands.output import EXIT_DONE
from lychee_rerank.model.fetch import fetch_weights
from lychee_rerank.settings import Settings
from lychee_rerank.words import Words


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    commands.add_parser("fetch", help="bring the lychee weights (17 GB) to this machine")


def run(options: argparse.Namespace, settings: Settings, words: Words) -> int:
    """Fetches what is missing; raises DownloadFailed."""
    fetch_weights(settings.models_dir, report=print)
    return EXIT_DONE
