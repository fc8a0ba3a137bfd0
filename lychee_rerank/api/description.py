"""What can be asked over HTTP: an OpenAPI document, and a page of it that loads from this app alone."""

import json
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from lychee_rerank import __version__

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def build_openapi(base_path: str) -> dict[str, Any]:
    """The document, below the base path (https://spec.openapis.org/oas/v3.1.0)."""
    document: dict[str, Any] = json.loads((_FOLDER / "openapi.json").read_text(encoding="utf-8"))
    document["info"]["version"] = __version__
    document["servers"] = [{"url": base_path or "/"}]
    return document


def draw_openapi(base_path: str) -> str:
    """The same as HTML."""
    document = build_openapi(base_path)
    parts = [f"<p>{escape(document['info']['description'])}</p>"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.append(_draw_operation(f"{method.upper()} {base_path}{path}", operation))
    parts += [_draw_schema(name, schema) for name, schema in document["components"]["schemas"].items()]
    page = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
    return page.substitute(title=escape(document["info"]["title"]), parts="\n".join(parts), base_path=base_path)


def _draw_operation(title: str, operation: dict[str, Any]) -> str:
    rows = [(code, answer["description"]) for code, answer in operation["responses"].items()]
    parts = [f"<h2><code>{escape(title)}</code></h2>", f"<p>{escape(operation['summary'])}</p>"]
    example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if example:
        parts.append(f"<pre>{escape(json.dumps(example, ensure_ascii=False, indent=2))}</pre>")
    return "\n".join([*parts, _draw_table(rows)])


def _draw_schema(name: str, schema: dict[str, Any]) -> str:
    """A table of its properties, or of the shapes that it may have."""
    rows = [(key, _describe(value)) for key, value in schema.get("properties", {}).items()]
    for shape in schema.get("anyOf", ()):
        (key, value) = next(iter(shape.get("properties", {}).items()), (shape["type"], shape))
        rows.append((key, _describe(value)))
    description = f"<p>{escape(schema['description'])}</p>" if "description" in schema else ""
    return f"<h3 id='{name}'>{name}</h3>{description}{_draw_table(rows)}"


def _describe(schema: dict[str, Any]) -> str:
    """What it says of itself, or the name of the schema that it refers to."""
    names = [schema, schema.get("items", {}), *schema.get("anyOf", ())]
    refers = [name["$ref"].rpartition("/")[2] for name in names if "$ref" in name]
    return " ".join(filter(None, (schema.get("description", ""), f"({refers[0]})" if refers else "")))


def _draw_table(rows: list[tuple[str, str]]) -> str:
    cells = (f"<tr><td><code>{escape(name)}</code></td><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<table>{''.join(cells)}</table>" if rows else ""
