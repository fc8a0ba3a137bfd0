"""The small changes that `make mutants` tries."""

import ast
import sys
from pathlib import Path

import pytest

from tests.served import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from mutating import find_mutants

# Read, not imported: the import would set how many threads every later test has.
MAPS = {
    node.target.id: ast.literal_eval(node.value)
    for node in ast.parse((ROOT / "tools" / "mutants.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
}
SOURCE = '''"""What it is."""
LINE = 5

@kept(2)
def is_above(score: Literal[10], line: float=0.0) -> Literal[True]:
    """True above the line."""
    log.debug("asked %d times", 1)
    assert line is not None
    return score >= line and (not score == 0)
'''


def changes(source: str) -> list[str]:
    return [mutant.after for mutant in find_mutants(source)]


def test_what_decides_and_what_is_counted_is_changed_and_nothing_else_is() -> None:
    mutants = find_mutants(SOURCE)
    assert {(mutant.line, mutant.after) for mutant in mutants} == {
        (2, "LINE = 6"),
        (5, "def is_above(score: Literal[10], line: float=0.1) -> Literal[True]:"),
        (9, "pass"),
        (9, "return score > line and (not score == 0)"),
        (9, "return score >= line or not score == 0"),
        (9, "return score >= line and score == 0"),
        (9, "return score >= line and (not score != 0)"),
        (9, "return score >= line and (not score == 1)"),
    }
    lines = ast.unparse(ast.parse(SOURCE)).splitlines()
    for mutant in mutants:
        changed = mutant.source.splitlines()
        assert [old.strip() for old, new in zip(lines, changed, strict=True) if old != new] == [mutant.before]


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("while ask():\n    go = 1 if ready else 2", ["while not ask():", "go = 1 if not ready else 2"]),
        ("x = [one for one in all if one]", ["x = [one for one in all if not one]"]),
        ("def f():\n    del held[0]\n    held += given", ["pass", "del held[1]", "pass", "held -= given"]),
        ("f(strict=True, whole=True)", ["pass", "f(strict=True, whole=False)"]),
    ],
)
def test_conditions_are_negated_and_statements_taken_out(source: str, after: list[str]) -> None:
    assert set(after) <= set(changes(source))
    assert "strict=False" not in "".join(changes(source))


def test_what_the_type_checker_alone_reads_is_left_alone() -> None:
    assert changes("if TYPE_CHECKING:\n    import other\n\nclass Kind:\n    ONE = one\n    size: Literal[3]") == []


def test_a_change_in_a_long_line_is_shown_with_what_stands_around_it() -> None:
    filler = "x" * 200
    (mutant,) = [mutant for mutant in find_mutants(f"a = (one.{filler}, 7, one.{filler})") if "8" in mutant.after]
    assert mutant.excerpt == f"{'x' * 48}, 7, one.{'x' * 44}  ->  {'x' * 48}, 8, one.{'x' * 44}"
    assert [mutant.excerpt for mutant in find_mutants("a = 7")] == ["a = 7  ->  a = 8"]


def source_of(module: str) -> Path:
    return ROOT / "lychee_rerank" / f"{module.replace('.', '/')}.py"


def test_every_module_with_named_tests_is_there_and_so_are_its_tests() -> None:
    files = {ROOT / "tests" / test for tests in MAPS["TESTS"].values() for test in tests}
    assert [path for path in {*map(source_of, MAPS["TESTS"]), *files} if not path.is_file()] == []


@pytest.mark.parametrize("module", MAPS["SAME"])
def test_every_change_that_is_called_the_same_is_a_change_of_its_module(module: str) -> None:
    lines = changes(source_of(module).read_text(encoding="utf-8"))
    assert [part for part in MAPS["SAME"][module] if not any(part in line for line in lines)] == []
