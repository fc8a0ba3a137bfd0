"""Who may import whom: the rooms are the package's folders and the files beside them."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lychee_rerank"
EVERYBODYS = {"records", "problems", "errors", "query", "facts", "model_card", "text", "disk"}

# A room, and the others that it may import beside what is everybody's.
ALLOWED: dict[str, set[str]] = {
    "records": set(),
    "problems": set(),
    "errors": set(),
    "negation": set(),
    "query": {"negation"},
    "facts": set(),
    "model_card": set(),
    "text": set(),
    "disk": set(),
    "machine": set(),
    "photos": set(),
    "scoring": {"photos", "machine"},
    "settings": {"scoring"},
    "results": set(),
    "evaluation": {"photos", "scoring"},
    "export": {"results"},
    "lists": {"photos"},
    "pairs": {"export", "lists"},
    "words": {"export", "results"},
    "store": {"photos", "scoring"},
    "jobs": {"photos", "scoring", "store"},
    "model": {"photos", "scoring", "settings", "machine"},
    "web": {"photos", "store", "words"},
    "reranker": {"model", "photos", "results", "scoring", "settings", "store", "machine"},
    "service": {"jobs", "machine", "model", "photos", "settings", "store", "web"},
    "api": {"jobs", "model", "photos", "results", "service", "words"},
    "page": {"export", "jobs", "lists", "model", "pairs", "photos", "results", "service", "store", "web", "words"},
    "bulk": {"machine", "model", "photos", "scoring", "settings"},
    "commands": {
        "bulk",
        *("evaluation", "export", "model", "photos", "results", "scoring", "store", "words"),
        *("lists", "machine", "pairs", "settings"),
    },
    "__init__": {"reranker"},
    "__main__": {"commands", "machine", "settings", "words"},
    "app": {"page", "service"},
    "serve": {"api", "service", "settings", "web"},
}

# A third-party package, and the rooms that may import it.
HOMES = {
    "PIL": {"photos"}, "pi_heif": {"photos"},
    "sqlite3": {"store"}, "psutil": {"machine"}, "sklearn": {"evaluation"}, "scipy": {"evaluation"},
    "torch": {"model"}, "transformers": {"model"}, "safetensors": {"model"}, "qwen_vl_utils": {"model"},
    "httpx2": {"model"}, "huggingface_hub": {"model"},
    "streamlit": {"page", "app", "serve"}, "altair": {"page"}, "pandas": {"page"},
    "starlette": {"api", "web", "serve"}, "itsdangerous": {"web"}, "charset_normalizer": {"lists"},
    "prometheus_client": {"api"}, "ray": {"bulk"}, "pyarrow": {"bulk"},
}  # fmt: skip

# Where a program starts, the two functions of every command, and the loader's late way to what needs torch.
SHARED_NAMES = {"main", "add_parser", "run", "give_memory_back"}


def module_name(path: Path) -> str:
    """The name inside the package: "machine", "page.results"; "app" and "serve" beside it."""
    parts = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """Every module that the file imports, wherever in it the statement stands, and each name with its module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("lychee_rerank.") for name in names}


MODULES = {module_name(path): path for path in (*PACKAGE.rglob("*.py"), ROOT / "app.py", ROOT / "serve.py")}
IMPORTED = {module: imported(path) for module, path in MODULES.items()}
OWN = {name: needs & IMPORTED.keys() - {name} for name, needs in IMPORTED.items()}


def room_of(name: str) -> str:
    return name.split(".")[0]


def first_circle(graph: dict[str, set[str]]) -> list[str]:
    """What is left once all that needs nothing more is taken away."""
    while leaves := {name for name, needs in graph.items() if not needs & graph.keys()}:
        graph = {name: needs for name, needs in graph.items() if name not in leaves}
    return sorted(graph)


def test_imports_point_inwards() -> None:
    may = {name: ALLOWED[room_of(name)] | EVERYBODYS | {room_of(name)} for name in OWN}
    assert [(name, needed) for name, needs in OWN.items() for needed in needs if room_of(needed) not in may[name]] == []


def test_a_package_is_imported_in_its_own_rooms_alone() -> None:
    pairs = [(name, needed.split(".")[0]) for name, needs in IMPORTED.items() for needed in needs]
    assert [pair for pair in pairs if room_of(pair[0]) not in HOMES.get(pair[1], {room_of(pair[0])})] == []


def test_every_room_has_its_row() -> None:
    assert {room_of(name) for name in OWN} == ALLOWED.keys()
    assert EVERYBODYS.union(*ALLOWED.values()) <= ALLOWED.keys()


def test_no_name_stands_for_two_things() -> None:
    homes: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(module)
    assert {name for name, modules in homes.items() if len(modules) > 1} - SHARED_NAMES == set()


def test_no_imports_run_in_a_circle() -> None:
    assert first_circle(OWN) == []
    assert first_circle(ALLOWED) == []
