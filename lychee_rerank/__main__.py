"""The command line: reads the settings, hands over to one of the commands, prints what went wrong."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from lychee_rerank import __version__
from lychee_rerank.commands import evaluate, fetch, info, moderate, precision, rank, why
from lychee_rerank.commands.output import EXIT_NOTHING_SCORED, EXIT_WRONG_USE
from lychee_rerank.errors import ExportFailed, LycheeError, ModelUnusable, PairsInvalid, QueryRefused, SettingInvalid
from lychee_rerank.machine import let_threads_sleep
from lychee_rerank.settings import load_settings
from lychee_rerank.words import words_for

COMMANDS = {
    "rank": rank,
    "why": why,
    "moderate": moderate,
    "evaluate": evaluate,
    "precision": precision,
    "info": info,
    "fetch": fetch,
}
IN_WORDS = (QueryRefused, ModelUnusable, ExportFailed, PairsInvalid)  # the page has a sentence for them too


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when it did what it is for, 2 for wrong use, 1 otherwise."""
    options = _parse(arguments)
    words = words_for(os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG"))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    let_threads_sleep()
    try:
        settings = load_settings()
        logging.root.setLevel((settings.log_level or "warning").upper())
        if getattr(options, "model", None):
            settings = replace(settings, model=options.model)
        status: int = COMMANDS[options.command].run(options, settings, words)
        return status
    except LycheeError as error:
        print(words.failure(error) if isinstance(error, IN_WORDS) else error, file=sys.stderr)
        return EXIT_WRONG_USE if isinstance(error, QueryRefused | SettingInvalid) else EXIT_NOTHING_SCORED
    except KeyboardInterrupt:
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lychee-rerank", description="Rank photos by how well they match.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS.values():
        command.add_parser(commands)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
