"""Folders with files in them, and a disk that is slow or fails.

It is played where the system answers: root may read everything, and no test sleeps.
"""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.limits import WAIT_S


def fill(folder: Path, *names: str, content: bytes | None = None) -> Path:
    """The folder with a small file under every name; its name is its content unless another is given."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.fsencode(name) if content is None else content)
    return folder


@dataclass(frozen=True)
class Held:
    """A question about a path that the disk does not answer before the test lets it."""

    asked: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> None:
        """Waits for the test."""
        self.asked.set()
        assert self.let_go.wait(WAIT_S)


class Disk:
    """Answers as the system does, but for the paths that the test names.

    `fails` is what listing a folder raises, `closed` the paths that this user may not open, `listed` what was listed.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails: dict[Path, Exception] = {}
        self.closed: set[Path] = set()
        self.listed: list[Path] = []
        self._held: dict[Path, Held] = {}
        self._scandir, self._access = os.scandir, os.access
        monkeypatch.setattr(os, "scandir", self._list)
        monkeypatch.setattr(os, "access", self._may_open)

    def hold(self, path: Path) -> Held:
        """Answers nothing on that path until the test lets it."""
        self._held[path] = Held()
        return self._held[path]

    def _list(self, path: Any = ".") -> Any:
        if not isinstance(path, int):
            self.listed.append(Path(path))
            self._wait(path)
            if Path(path) in self.fails:
                raise self.fails[Path(path)]
        return self._scandir(path)

    def _may_open(self, path: Any, mode: int, **how: Any) -> bool:
        self._wait(path)
        return Path(path) not in self.closed and self._access(path, mode, **how)

    def _wait(self, path: Any) -> None:
        held = self._held.get(Path(path))
        if held is not None:
            held.answer()
