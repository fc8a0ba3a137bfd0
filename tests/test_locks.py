"""What the container installs: the pins of requirements.txt, file by file with their hashes."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.served import ROOT

LOCKS = sorted((ROOT / "locks").iterdir())


def pins(path: Path) -> dict[str, set[str]]:
    """The versions of each package in the file: more than one where they depend on the machine."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-zA-Z0-9_-]+)==([^ \n;]+)", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name.lower().replace("_", "-"), set()).add(version)
    return found


def test_the_locks_hold_every_pin_and_agree() -> None:
    torch, app = (pins(ROOT / "locks" / name) for name in ("torch.txt", "app.txt"))
    wanted = pins(ROOT / "requirements.txt")
    assert len(wanted) > 10
    assert {name: (torch | app).get(name) for name in wanted} == wanted
    both = torch.keys() & app.keys()
    assert {name: torch[name] for name in both} == {name: app[name] for name in both}


def test_the_client_and_the_bulk_run_have_the_same_pins_as_all_the_rest() -> None:
    app, client, bulk = (
        pins(ROOT / name)
        for name in (
            "locks/app.txt",
            "requirements-client.txt",
            "requirements-bulk.txt",
        )
    )
    assert client.items() <= pins(ROOT / "requirements.txt").items()
    assert not client.keys() & {"torch", "transformers", "streamlit"}
    assert {name: app[name] for name in bulk.keys() & app.keys()} == {"pyarrow": bulk["pyarrow"]}


def test_nothing_of_the_gpu_is_in_the_lock_that_goes_with_any_torch() -> None:
    assert not [
        name for name in pins(ROOT / "locks" / "app.txt") if name.startswith(("torch", "nvidia", "cuda", "triton"))
    ]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_package_of_a_lock_has_hashes(path: Path) -> None:
    packages = re.split(r"^(?=[a-z])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert len(packages) > 10
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


def test_the_container_installs_nothing_without_a_hash_unless_its_index_is_chosen() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert text.count("--no-deps --require-hashes -r locks/") == 2
    assert "-r requirements.txt" not in text
    assert re.findall(r"pip install (.*) /src", text) == [
        "--no-cache-dir --root-user-action=ignore --no-index --no-deps --no-build-isolation"
    ]


def test_the_package_is_built_with_the_setuptools_of_the_locks() -> None:
    (required,) = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert [f"setuptools=={version}" for path in LOCKS for version in pins(path)["setuptools"]] == [required] * 2
