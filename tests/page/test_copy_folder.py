"""The folder of the copies is called as it was typed, and a photo whose name it refuses is named below."""

import errno
from pathlib import Path
from typing import IO, Any

import pytest
from streamlit.testing.v1 import AppTest

from lychee_rerank.photos.folders import PICKS_FOLDER
from lychee_rerank.problems import CopyProblem
from lychee_rerank.words import ENGLISH


def test_both_sides_of_a_slash_are_kept_and_a_refused_name_is_told(
    page: AppTest, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(path: Path, *rest: Any, **options: Any) -> IO[Any]:
        if path.name == "002_9.6_b.png":
            raise OSError(errno.EINVAL, "Invalid argument")
        return opened(path, *rest, **options)

    monkeypatch.setattr(Path, "open", refuse)
    page.number_input(key="top").set_value(3).run()
    page.text_input(key="copy-folder").set_value("red/blue: sofa").run()
    page.button(key="copy").click().run()
    copies = photo_folder / PICKS_FOLDER / "red-blue-sofa"
    assert sorted(path.name[:3] for path in copies.iterdir()) == ["001", "003", "ran"]
    assert not page.error
    assert f"b.png: {ENGLISH.copy_problem[CopyProblem.NAME_REFUSED]}" in [element.value for element in page.text]
