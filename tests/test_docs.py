"""The pages for readers: links lead somewhere, settings are listed, commands can be typed."""

import re
from pathlib import Path

import pytest

from lychee_rerank.__main__ import COMMANDS
from tests.served import ROOT

PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"\bLYCHEE_[A-Z_]+\b")


def by_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(*names: str) -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def anchors(page: Path) -> set[str]:
    """The headings as GitHub names them: lower case, spaces as hyphens, no other signs."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_link_to_a_page_or_a_heading_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))) if "://" not in link]
    assert links
    for link in links:
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), f"{link} leads nowhere"
        assert target.is_relative_to(ROOT), f"{link} leads out"
        assert not heading or heading in anchors(target), f"{link}: no such heading"


def test_the_readme_leads_to_every_page() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in LINK.findall(read("README.md"))}
    assert set(PAGES) - linked == {ROOT / "README.md"}


def test_every_setting_has_its_row() -> None:
    rows = re.findall(r"^\| `(LYCHEE_\w+)` \|", read("docs/settings.md"), re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == set(VARIABLE.findall(read("lychee_rerank/settings.py")))
    assert set(VARIABLE.findall(read("tests/test_settings.py", "Dockerfile", *map(by_name, PAGES)))) <= set(rows)


def test_every_command_is_on_its_page_and_every_command_on_a_page_can_be_typed() -> None:
    text = read(*map(by_name, PAGES))
    assert set(re.findall(r"lychee-rerank (\w+)", text)) == COMMANDS.keys()
    listed = set(re.findall(r"^lychee-rerank (\w+)", read("docs/command-line.md"), re.MULTILINE))
    assert listed == COMMANDS.keys()
    for module in re.findall(r"-m\s(benchmarks\.\w+)", text):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
    for tool in re.findall(r"tools/\w+\.py", text):
        assert (ROOT / tool).is_file(), tool


def test_ci_runs_the_checks_that_the_pages_name() -> None:
    makefile, script = read("Makefile"), read(".ci/run")
    ((*checks,),) = (line.split() for line in re.findall(r"^make ([a-z ]+)", script, re.MULTILINE))
    assert checks == re.findall(r"^check: (.+)$", makefile, re.MULTILINE)[0].split()
    assert "test" in checks
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", read(*map(by_name, PAGES)), re.MULTILINE))
    assert {one or other for one, other in named} <= targets
    assert {"run", "test", "check"} <= {one or other for one, other in named}
