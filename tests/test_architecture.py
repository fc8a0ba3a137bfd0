"""Who may import whom, read from the import statements."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lychee_rerank"

# Where tensors are: the model, and what it is made of.
ENGINE = {
    f"lychee_rerank/{name}.py"
    for name in ("last_layer", "loading", "model", "positions", "question", "reader", "sights", "vision")
}

# A third-party package, and the only files that may import it.
ROOMS = {
    "sqlite3": {"lychee_rerank/store/"},
    "torch": ENGINE,
    "transformers": ENGINE,
    "starlette": {"serve.py", "lychee_rerank/web/"},
    "itsdangerous": {"lychee_rerank/web/"},
    "streamlit": {"app.py", "serve.py", "lychee_rerank/page/"},
    "PIL": {"lychee_rerank/intake.py"},
    "safetensors": {"lychee_rerank/loading.py"},
    "qwen_vl_utils": {"lychee_rerank/reader.py"},
    "huggingface_hub": {"lychee_rerank/weights.py", "lychee_rerank/hub.py"},
    "altair": {"lychee_rerank/page/charts.py"},
    "pandas": {"lychee_rerank/page/charts.py"},
    "psutil": {"lychee_rerank/machine.py"},
    "sklearn": {"lychee_rerank/metrics.py"},
    "scipy": {"lychee_rerank/metrics.py"},
}

# A module, and what of the package it may import; what is not named here may import anything that makes no cycle.
ALLOWED = {
    "records": set(),
    "problems": set(),
    "runs": {"problems", "records"},
    "errors": {"problems", "records"},
    "settings": {"records", "errors", "prompts"},
    "prompts": {"records", "errors"},
    "readout": {"records"},
    "ranking": {"records"},
    "formats": set(),
    "intake": {"records", "errors", "formats"},
    "decoders": {"records", "errors", "intake"},
    "decode_process": {"errors", "intake"},
    "folders": {"records"},
    "listing": {"records", "folders"},
    "checkpoint": {"records", "errors"},
    "weights": {"records", "errors", "checkpoint"},
    "fetch": {"errors", "checkpoint", "weights"},
    "hub": set(),
    "positions": set(),
    "sights": set(),
    "last_layer": set(),
    "reader": {"records", "errors", "intake", "last_layer", "vision"},  # intake for the type of a picture
    "question": {"records", "errors", "positions", "reader", "sights"},
    "model": {"memory", "prompts", "question", "reader"},
    "vision": set(),
    "loading": {"records", "errors", "checkpoint", "last_layer", "model", "vision"},
    "memory": set(),
    "ahead": set(),
    "photo_hashes": set(),
    "judge": {"records", "prompts", "intake", "memory"},
    "tasks": {"records", "errors", "judge"},
    "scorer": {
        "records", "errors", "prompts", "readout", "intake", "ahead", "judge", "keys", "machine", "memory",
        "photo_hashes", "tasks",
    },
    "keys": {"records", "prompts", "intake"},
    "explaining": {"records", "errors", "prompts", "intake", "judge", "keys", "scorer"},
    "fingerprint": set(),
    "lock": set(),
    "store.schema": set(),
    "store.paths": set(),
    "store.database": {"errors", "store.schema"},
    "store.scores": {"errors", "records", "keys", "store.database"},
    "store.lists": {"problems", "records", "runs", "store.database"},
    "store.runs": {
        "records", "runs", "store.database", "store.lists", "store.paths", "store.schema", "store.scores",
    },
    "store.explanations": {"store.database"},
    "store.picks": {"store.database"},
    "store.galleries": {"records", "store.database", "store.paths"},
    "store.upkeep": {"records", "store.database", "store.paths", "store.schema"},
    "store": {
        "store.database", "store.explanations", "store.galleries", "store.picks", "store.runs", "store.scores",
        "store.upkeep",
    },
    "retention": {"errors", "records", "spool", "store.upkeep"},
    "web": set(),
    "web.owner": set(),
    "web.hosts": set(),
    "web.headers": set(),
    "web.dialogs": set(),
    "web.login": {"words"},
    "web.addresses": set(),
    "web.downloads": set(),
    "web.originals": {"formats", "records"},
    "web.thumbnails": {"records", "spool", "web.addresses"},
    "spread": set(),
    "view": {"records"},
    "jobs": {"records", "runs", "errors", "prompts"},
    "turns": set(),
    "explanation": {"records", "errors", "jobs"},
    "explanation_book": {"records", "errors", "explaining", "explanation", "jobs", "scorer", "store.explanations"},
    "job_book": {"records", "runs", "errors", "prompts", "jobs", "store.runs"},
    "job_scoring": {"records", "prompts", "jobs", "keys", "scorer", "store"},
    "worker": {
        "records", "runs", "errors", "prompts", "explanation", "explanation_book", "intake", "job_book", "job_scoring",
        "jobs", "judge", "lock", "memory", "scorer", "store", "turns",
    },
    "spool": {"records", "errors", "intake"},
    "machine": set(),
    "vocabulary": set(),
    "export": set(),
    "criteria": {"errors", "prompts", "records"},
    "export.results": {"criteria", "problems", "ranking", "records"},
    "export.cells": {"problems", "records"},
    "export.table": {"export.cells", "export.results", "records"},
    "export.document": {"criteria", "export.cells", "records"},
    "export.package": {
        "export.archive", "export.cells", "export.document", "export.marks", "export.names", "export.results",
        "export.table", "records", "spread",
    },
    "export.names": {"records"},
    "export.marks": {"records"},
    "export.xmp": {"errors", "export.marks"},
    "export.jpeg": {"errors", "export.marks", "export.xmp"},
    "export.source": {"errors", "export.jpeg", "export.marks", "export.xmp", "problems"},
    "export.archive": {
        "export.cells", "export.marks", "export.names", "export.results", "export.source", "export.table", "problems",
        "records",
    },
    "export.copies": {
        "errors", "export.marks", "export.names", "export.results", "export.source", "problems", "records",
    },
    "export.flagged": {"export.cells", "moderation", "records"},
    "pairs": {"errors", "export.cells", "problems", "prompts", "records", "runs"},
    "moderation": {"judge", "prompts", "records", "runs", "scorer"},
    "words.results": {"export.marks", "view"},
    "words.lists": {"problems"},
    "words.table": {"records", "errors", "export.results", "problems", "spread", "words.lists", "words.results"},
    "words.english": {"records", "problems", "spread", "words.lists", "words.results", "words.table"},
    "words.chinese": {"records", "problems", "spread", "words.lists", "words.results", "words.table"},
    "words": {"words.lists", "words.results", "words.table", "words.english", "words.chinese"},
    "labels": {"records", "errors", "prompts"},
    "metrics": set(),
    "evaluation": {"records", "prompts", "judge", "labels", "metrics", "scorer"},
    "assembly": {"records", "errors", "fingerprint", "judge", "settings", "weights", "loading", "machine"},
    "reranker": {
        "assembly", "decoders", "errors", "explaining", "intake", "judge", "machine", "memory", "ranking", "records",
        "scorer", "settings", "spool",
    },
    "page.style": {"words", "page.gallery"},
    "page.places": {"words"},
    "page.recall": {"jobs", "page.controls", "page.gallery", "page.process"},
    "page.sidebar": {"words"},
    "page.process": {
        "assembly", "decoders", "listing", "lock", "machine", "records", "retention", "settings", "spool", "store",
        "web", "web.addresses", "web.downloads", "web.owner", "web.thumbnails", "worker",
    },
    "page.thumbnails": {"records", "spool", "web.thumbnails", "page.process"},
    "page.past": {"errors", "store.runs", "web.thumbnails", "words", "page.process"},
    "page.header": {"records", "words", "vocabulary", "page.process"},
    "page.folder": {"records", "listing", "words", "page.process"},
    "page.gallery": {"records", "runs", "errors", "pairs", "words", "page.folder", "page.process"},
    "page.lists": {"records", "runs", "errors", "jobs", "pairs", "words", "page.process"},
    "page.picks": {"errors", "jobs", "records", "view", "words", "page.process"},
    "page.controls": {"spread", "view", "words"},
    "page.criteria": {"criteria", "errors", "export.results", "jobs", "records", "words", "page.process"},
    "page.why": {"explanation", "jobs", "words", "page.process"},
    "page.large": {"jobs", "records", "words", "page.lists", "page.picks", "page.process", "page.why"},
    "page.charts": {"export.results", "records", "spread", "view", "words", "page.controls", "page.large"},
    "page.cards": {
        "jobs", "records", "vocabulary", "words", "page.large", "page.lists", "page.picks", "page.process",
        "page.thumbnails",
    },
    "page.copying": {
        "errors", "export.copies", "export.marks", "export.names", "export.results", "export.table", "folders",
        "records", "words", "page.process",
    },
    "page.exports": {
        "export.marks", "export.package", "export.results", "jobs", "view", "web.downloads", "words", "page.copying",
        "page.criteria", "page.picks", "page.process",
    },
    "page.results": {
        "export.results", "jobs", "records", "spread", "view", "words", "page.cards", "page.charts", "page.controls",
        "page.criteria", "page.exports", "page.large", "page.picks", "page.places", "page.process",
    },
    "page.moderated": {
        "export.flagged", "export.names", "export.package", "jobs", "moderation", "records", "runs", "web.downloads",
        "words", "page.cards", "page.large", "page.lists", "page.places", "page.process", "page.results",
    },
    "page.run": {
        "records", "runs", "errors", "export.results", "jobs", "words", "assembly", "page.moderated", "page.places",
        "page.process", "page.recall", "page.results",
    },
    "commands.output": {"errors", "prompts", "readout", "records", "settings", "store", "store.scores"},
    "commands.rank": {
        "assembly", "commands.export", "commands.output", "criteria", "decoders", "export.document", "export.results",
        "folders", "judge", "keys", "machine", "memory", "prompts", "records", "scorer", "settings", "spread",
        "store.scores", "view", "words",
    },
    "commands.export": {
        "commands.output", "errors", "export.copies", "export.marks", "export.results", "export.table", "records",
        "words",
    },
    "commands.moderate": {
        "assembly", "commands.output", "decoders", "export.copies", "export.flagged", "judge", "keys", "moderation",
        "pairs", "records", "runs", "scorer", "settings", "store.scores", "words",
    },
    "commands.why": {
        "assembly", "commands.output", "explaining", "prompts", "readout", "records", "scorer", "settings", "words",
    },
    "commands.evaluate": {
        "assembly", "commands.output", "evaluation", "judge", "labels", "records", "scorer", "settings", "words",
    },
    "commands.precision": {
        "assembly", "checkpoint", "commands.output", "folders", "machine", "prompts", "records", "scorer", "settings",
        "words",
    },
    "commands.info": {"assembly", "commands.output", "settings", "words"},
    "commands.fetch": {"commands.output", "fetch", "settings", "words"},
    "__main__": {"commands", "commands.output", "errors", "machine", "settings", "words"},
}  # fmt: skip

# Composition points alone know the settings; doors alone know the words.
KNOWN_BY = {
    "settings": {"assembly", "__main__", "page.process", "reranker", "serve"},
    "words": {"__main__", "app"},
}
DOORS = {"settings": ("commands.",), "words": ("commands.", "page.", "web.")}


def product_files() -> list[Path]:
    return [*PACKAGE.rglob("*.py"), ROOT / "app.py", ROOT / "serve.py"]


def module_name(path: Path) -> str:
    """The name inside the package: "model", "page.results"; "app" and "serve" beside it."""
    parts = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """Every module that the file imports, wherever in it the statement stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


def own(names: set[str]) -> set[str]:
    return {name.removeprefix("lychee_rerank.") for name in names if name.startswith("lychee_rerank.")}


@pytest.mark.parametrize("path", product_files(), ids=module_name)
def test_a_package_is_imported_in_its_own_room_alone(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    for package, rooms in ROOMS.items():
        if package in tops:
            assert path.relative_to(ROOT).as_posix().startswith(tuple(rooms)), f"imports {package}"


@pytest.mark.parametrize("path", product_files(), ids=module_name)
def test_imports_point_inwards(path: Path) -> None:
    name, mine = module_name(path), own(imported(path))
    assert mine <= ALLOWED.get(name, mine)
    for known, readers in KNOWN_BY.items():
        if known in mine and not name.startswith(DOORS[known]):
            assert name in readers


def test_the_table_names_modules_that_exist() -> None:
    there = {module_name(path) for path in product_files()}
    assert ALLOWED.keys() <= there
    assert set().union(*KNOWN_BY.values()) <= there


def test_no_imports_run_in_a_circle() -> None:
    graph = {module_name(path): own(imported(path)) for path in product_files()}
    while graph:
        leaves = {name for name, needs in graph.items() if not needs & graph.keys()}
        assert leaves, f"a circle among {sorted(graph)}"
        graph = {name: needs for name, needs in graph.items() if name not in leaves}
