"""The command line: reads the settings, hands over to one of the commands, prints what went wrong."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from lychee_rerank import __version__
from lychee_rerank.commands import bulk, evaluate, fetch, info, moderate, precision, rank, why
from lychee_rerank.commands.criteria import spell_out_criteria
from lychee_rerank.commands.output import EXIT_NOTHING_SCORED, EXIT_WRONG_USE
from lychee_rerank.commands.question import split_arguments
from lychee_rerank.errors import (
    CalibrationRefused,
    ExampleRefused,
    ExportFailed,
    LycheeError,
    ModelUnusable,
    PairsInvalid,
    QueryRefused,
    SettingInvalid,
)
from lychee_rerank.machine import let_threads_sleep
from lychee_rerank.settings import load_settings
from lychee_rerank.words import words_for

COMMANDS = {
    "rank": rank,
    "bulk": bulk,
    "why": why,
    "moderate": moderate,
    "evaluate": evaluate,
    "precision": precision,
    "info": info,
    "fetch": fetch,
}
# The page has a sentence for them too.
IN_WORDS = (QueryRefused, ExampleRefused, ModelUnusable, CalibrationRefused, ExportFailed, PairsInvalid)
WRONG_USE = (QueryRefused, ExampleRefused, SettingInvalid, CalibrationRefused)


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
        return EXIT_WRONG_USE if isinstance(error, WRONG_USE) else EXIT_NOTHING_SCORED
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("lychee_rerank"):
            raise
        print(words.not_installed.format(package=error.name), file=sys.stderr)
        return EXIT_WRONG_USE
    except KeyboardInterrupt:
        return 130


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lychee-rerank", description="Rank photos by how well they match.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS.values():
        command.add_parser(commands)
    given = sys.argv[1:] if arguments is None else list(arguments)
    options, rest = parser.parse_known_args(spell_out_criteria(given) if given[:1] == ["rank"] else given)
    refuse = commands.choices[options.command].error
    if "arguments" in options:
        split_arguments(options, rest, refuse)
    elif rest:
        refuse("unrecognized arguments: " + " ".join(rest))
    return options


if __name__ == "__main__":
    sys.exit(main())
