"""Changes the code in one small place at a time, and lists the changes that no test notices.

    python tools/mutants.py [MODULE ...]

All of it happens in copies of the tree. A test that hangs has noticed. About an hour for all modules on two cores.
"""

import argparse
import importlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # before torch: a fork copies one thread alone

import pytest
from mutating import Mutant, find_mutants

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "lychee_rerank"
AT_ONCE = 2
LEAST_SHARE = 0.97  # of the mutants that change something
SLACK, SLACK_S = 4, 10.0  # a mutant may take so many times as long as the code, and so much more
FORK = multiprocessing.get_context("fork")

# A module by its place in the package, and the tests that have to notice what is changed in it, the quickest first.
TESTS: dict[str, tuple[str, ...]] = {
    "records": (
        "scoring/test_readout.py",
        "scoring/test_scorer.py",
        "store/test_store.py",
        "results/test_moderation.py",
    ),
    "pairs": ("test_pairs.py",),
    "settings": ("test_settings.py",),
    "scoring.prompts": ("scoring/test_prompts.py",),
    "scoring.readout": ("scoring/test_readout.py",),
    "scoring.cache_keys": ("scoring/test_cache_keys.py", "store/test_store.py"),
    "scoring.photo_memory": ("scoring/test_photo_memory.py",),
    "scoring.judge": ("scoring/test_scorer.py",),
    "scoring.tasks": ("scoring/test_scorer.py",),
    "scoring.prefetch": ("scoring/test_prefetch.py",),
    "results.ranking": ("results/test_ranking.py", "export/test_forms.py"),
    "results.spread": ("results/test_spread.py",),
    "results.selection": ("results/test_selection.py",),
    "results.criteria": ("results/test_criteria.py",),
    "results.moderation": ("results/test_moderation.py",),
    "evaluation.metrics": ("evaluation/test_metrics.py",),
    "evaluation.evaluate": ("evaluation/test_evaluate.py",),
    "evaluation.labelled_set": ("evaluation/test_labelled_set.py",),
    "photos.folders": ("photos/test_folders.py",),
    "photos.listing": ("photos/test_listing.py",),
    "photos.formats": ("photos/test_formats.py",),
    "photos.hashes": ("photos/test_hashes.py",),
    "photos.fingerprint": ("photos/test_fingerprint.py",),
    "store.retention": ("store/test_store.py",),
    "jobs.fair_queue": ("jobs/test_fair_queue.py",),
    "jobs.explanations": ("jobs/test_explanation.py", "jobs/test_explanation_book.py"),
    "model.checkpoint": ("model/test_checkpoint.py", "model/test_fingerprint.py", "model/test_from_folder.py"),
    "model.demo_vocabulary": ("model/test_demo_vocabulary.py",),
    "model.positions": ("model/test_positions.py",),
    "model.kv_cache": ("model/test_kv_cache.py",),
    "model.prompt": ("model/test_prompt.py", "model/test_generate.py", "model/test_failures.py"),
    "export.tables": ("export/test_tables.py", "export/test_spreadsheets.py", "results/test_moderation.py"),
    "export.ratings": ("export/test_xmp.py", "export/test_copies.py"),
    "export.exif_rating": ("export/test_older_ratings.py",),
    "export.file_names": ("export/test_file_names.py",),
    "export.json_document": ("export/test_json_document.py",),
    "disk": ("test_disk.py",),
    "text": ("test_text.py",),
}

# Changes after which the code does the same: a part of the changed line, by module. Read, each of them.
SAME: dict[str, tuple[str, ...]] = {
    "results.spread": ("round(upper - lower, 10)",),  # no float is so far off
    "photos.formats": ("content[21:26]", "content[26:29]", "content[28:31]"),  # the mask behind them drops what is more
    "evaluation.metrics": ("'10': 11.0",),  # no truth is above 10
    "model.kv_cache": ("like = rows[0][1]",),  # both pieces are alike but for their length
    "model.prompt": ("argmax(+1", "dim=+1", "keepdim=False"),  # the last of two; one token is decoded as a list is
    "scoring.readout": ("if odds > 0 ", "if odds >= 1 "),  # both forms are right near 0
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant under test in one copy of the tree."""

    mutant: Mutant
    tree: Path
    process: ForkProcess
    until_s: float

    @property
    def over(self) -> bool:
        """True once the tests have ended, or should have."""
        return not self.process.is_alive() or time.monotonic() > self.until_s

    def end(self) -> bool:
        """Ends the tests and all that they started; True where they noticed the change."""
        assert self.process.pid is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()
        return self.process.exitcode != 0


def main() -> int:
    """Prints the survivors of each module and the share that was noticed; 1 where that is too small."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"one of {', '.join(TESTS)}; all unless given")
    modules = parser.parse_args().modules or list(TESTS)
    if unknown := set(modules) - TESTS.keys():
        parser.error(f"no tests are named for {', '.join(sorted(unknown))}")
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees = [copy_tree(Path(folder) / str(number)) for number in range(AT_ONCE)]
        counts = [try_module(module, trees) for module in modules]
    noticed, counted = map(sum, zip(*counts, strict=True))
    print(f"all: {tell_share(noticed, counted)}")
    return int(noticed < LEAST_SHARE * counted)


def copy_tree(tree: Path) -> Path:
    """The checkout as it stands, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    return tree


def try_module(module: str, trees: Sequence[Path]) -> tuple[int, int]:
    """How many of a module's mutants were noticed, and how many there are that change something."""
    name = f"{PACKAGE}/{module.replace('.', '/')}.py"
    tests = [f"tests/{test}" for test in TESTS[module]]
    limit_s = SLACK * max(run_unchanged(tree, tests) for tree in trees) + SLACK_S
    mutants = find_mutants((ROOT / name).read_text(encoding="utf-8"))
    different = [one for one in mutants if not any(part in one.after for part in SAME.get(module, ()))]
    noticed = 0
    for one, seen in try_mutants(different, name, trees, tests, limit_s):
        noticed += seen
        if not seen:
            print(f"{name}:{one.line}: {one.excerpt}", flush=True)
    print(f"{module}: {tell_share(noticed, len(different))}", flush=True)
    return noticed, len(different)


def tell_share(noticed: int, counted: int) -> str:
    """The share in words."""
    return f"{noticed} of {counted} noticed ({100 * noticed / max(counted, 1):.1f} %)"


def run_unchanged(tree: Path, tests: Sequence[str]) -> float:
    """How long the tests take, in seconds, on the code as it is; what they need of other packages is imported here."""
    begun_s = time.monotonic()
    ours, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=run_tests, args=(tree, tests, theirs))
    process.start()
    theirs.close()
    imported = ours.recv()
    process.join()
    if process.exitcode:
        sys.exit(f"these tests fail without any change: {' '.join(tests)}")
    for name in imported:
        with suppress(Exception):  # some names are no modules
            importlib.import_module(name)
    return time.monotonic() - begun_s


def run_tests(tree: Path, tests: Sequence[str], told: Connection | None = None) -> None:
    """Ends this process with what pytest says of the tests in that tree, once it has `told` what they import."""
    os.setsid()
    os.chdir(tree)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    if told is None:  # a mutant's bytecode would be taken for the code's
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = pytest.main([*options, f"--basetemp={tree.with_name(f'{tree.name}-temporary')}", *tests])
    if told is not None:
        own = (PACKAGE, "tests", "__")
        told.send([name for name in sys.modules if not name.startswith(own)])
    os._exit(int(code))


def try_mutants(
    mutants: Iterable[Mutant], name: str, trees: Sequence[Path], tests: Sequence[str], limit_s: float
) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant as it is over, and whether a test noticed."""
    left, free = list(mutants)[::-1], list(trees)
    running: list[Trial] = []
    source, state = (ROOT / name).read_bytes(), (ROOT / name).stat()
    try:
        while left or running:
            while left and free:
                running.append(begin_trial(left.pop(), free.pop(), name, tests, limit_s))
            wait([trial.process.sentinel for trial in running], timeout=1.0)
            for trial in [trial for trial in running if trial.over]:
                running.remove(trial)
                free.append(trial.tree)
                yield trial.mutant, trial.end()
    finally:  # Ctrl-C too
        for trial in running:
            trial.end()
    for tree in trees:
        (tree / name).write_bytes(source)
        os.utime(tree / name, ns=(state.st_atime_ns, state.st_mtime_ns))  # its bytecode is good again


def begin_trial(mutant: Mutant, tree: Path, name: str, tests: Sequence[str], limit_s: float) -> Trial:
    """The tests begun on the mutant."""
    (tree / name).write_text(mutant.source, encoding="utf-8")
    process = FORK.Process(target=run_tests, args=(tree, tests))
    process.start()
    return Trial(mutant, tree, process, time.monotonic() + limit_s)


if __name__ == "__main__":
    sys.exit(main())
