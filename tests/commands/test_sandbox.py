"""No command decodes a photo in its own process, where a hostile one could take the model or the user's rights."""

from pathlib import Path

import pytest
from PIL import Image

from lychee_rerank.__main__ import main
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos import decode
from tests.fakes import FakeJudge
from tests.pictures import encode, make_plain

LABELS = '{"query": "red", "language": "en", "relevance": {"a.png": 10, "b.png": 0}}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos with labels and a list; whatever is decoded in this process is refused."""

    def open_here(*_: object, **__: object) -> Image.Image:
        raise AssertionError("decoded beside the model")

    monkeypatch.setenv("LYCHEE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(ModelLoader, "load", lambda self: FakeJudge())
    monkeypatch.setattr(decode.Image, "open", open_here)
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, red in (("a.png", 255), ("b.png", 0)):
        (folder / name).write_bytes(encode(make_plain((red, 0, 0)), "PNG"))
    (folder / "queries.jsonl").write_text(LABELS)
    (folder / "pairs.csv").write_text("file,text\na.png,red\n")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "rank red {0}",
        "why red {0}/a.png",
        "moderate {0}/pairs.csv",
        "evaluate {0} --readout number",
        "precision red {0} --model demo",
    ],
    ids=lambda command: command.split()[0],
)
def test_a_command_scores_photos_that_its_own_process_cannot_open(
    folder: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.format(folder).split()) == 0
    assert "refused" not in capsys.readouterr().err
