"""Source text -> the same with one small change, over and over; knows no file and no test.

Comparisons are turned, "and" is exchanged for "or", conditions are negated, plus for minus and the like, numbers are
moved, statements are taken out. Left alone is what changes nothing that a test could see: annotations, decorators,
docstrings, log lines, assertions for the type checker, and `strict`, which guards against what cannot happen.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

AROUND = 50  # characters that are shown on each side of a change
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.USub: ast.UAdd, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}  # fmt: skip
TAKEN_OUT = (
    ast.Assign, ast.AugAssign, ast.Break, ast.Continue, ast.Delete, ast.Expr, ast.For, ast.If, ast.Raise, ast.Return,
)  # fmt: skip
CONDITIONS = ("test", "ifs")
LEFT_ALONE = ("annotation", "returns", "decorator_list")
DECIDED = (ast.Compare, ast.BoolOp, ast.Constant)  # conditions that are changed further inside


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed source; `line` counts from 1 in the original, `before` and `after` are the line that differs."""

    line: int
    before: str
    after: str
    source: str

    @property
    def excerpt(self) -> str:
        """What was changed into what, with a few words around it."""
        start = max(_count_alike(self.before, self.after) - AROUND, 0)
        end = max(_count_alike(self.before[::-1], self.after[::-1]) - AROUND, 0)
        return "  ->  ".join(line[start : len(line) - end] for line in (self.before, self.after))


def find_mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    plain = ast.unparse(tree)
    mutants: dict[str, Mutant] = {}
    for parent, field, place, child in _places(tree):
        if isinstance(child, ast.Assign) and isinstance(parent, ast.Module | ast.ClassDef):
            continue  # a name that is gone stops everything
        for other in _others(child, field):
            _put(parent, field, place, other)
            changed = ast.unparse(tree)
            _put(parent, field, place, child)
            if changed != plain:
                line = getattr(child, "lineno", getattr(parent, "lineno", 0))
                mutants.setdefault(changed, Mutant(line, *_differing_lines(plain, changed), changed))
    return sorted(mutants.values(), key=lambda mutant: mutant.line)


def _places(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node to be changed: what holds it, in which field, at which place of a list."""
    for field, value in ast.iter_fields(parent):
        if field in LEFT_ALONE:
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for place, child in children:
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield parent, field, place, child
                yield from _places(child)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func).startswith("log.")
    if isinstance(node, ast.keyword):
        return node.arg == "strict"
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.Assert)


def _others(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """What may stand in the node's place."""
    if type(node) in SWAPS:
        yield SWAPS[type(node)]()
    elif isinstance(node, TAKEN_OUT):
        yield ast.Pass()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif field in CONDITIONS and isinstance(node, ast.expr) and not isinstance(node, DECIDED):
        yield ast.UnaryOp(ast.Not(), node)
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)


def _other_constants(value: object) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, float):
        yield ast.Constant(value * 1.1 if value else 0.1)


def _put(parent: ast.AST, field: str, place: int | None, child: ast.AST) -> None:
    if place is None:
        setattr(parent, field, child)
    else:
        getattr(parent, field)[place] = child


def _differing_lines(before: str, after: str) -> tuple[str, str]:
    """The first line that differs, without its indentation."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    old, new = next((old, new) for old, new in pairs if old != new)
    return old.strip(), new.strip()


def _count_alike(one: str, other: str) -> int:
    """How many characters both start with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
