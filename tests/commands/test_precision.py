"""`precision`, on the bundled model: a row per precision, and what cannot fit is said."""

import argparse
import math
from pathlib import Path

import pytest

from lychee_rerank.commands import precision
from lychee_rerank.model.checkpoint import count_parameters
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.settings import Settings, load_settings
from lychee_rerank.words import ENGLISH
from tests.served import ROOT

QUERY = "沙发 + 灯泡 + 咖啡"
SAMPLES = [ROOT / "images" / name for name in ("IMG_2690.jpg", "IMG_7489.jpg", "IMG_1206.jpg", "IMG_1583.jpg")]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"LYCHEE_MODEL": "demo", "LYCHEE_DATA_DIR": str(tmp_path)})


def print_table(settings: Settings, paths: list[Path]) -> int:
    options = argparse.Namespace(query=QUERY, paths=paths, readout=None)
    return precision.run(options, settings, ENGLISH)


def test_every_precision_has_its_row_and_the_scores_stay_near(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_table(settings, SAMPLES) == 0
    head, *rows = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert head.split()[:2] == ["dtype", "s/photo"]
    assert [row.split()[0] for row in rows] == ["float32", "bfloat16", "float16"]
    for row in rows:
        seconds, peak_gb, top, deviation, difference, no_number = map(float, row.split()[1:])
        assert seconds > 0
        assert 0.1 < peak_gb < 10
        assert top == pytest.approx((10 + 6.7 + 3.3) / 3, abs=0.3)
        assert deviation == pytest.approx(3.7, abs=0.4)  # of 10, 6.7, 3.3 and 0
        assert (difference, no_number) == (0, 0)


def test_what_cannot_fit_is_said_and_not_tried(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    halves = round(count_parameters(DEMO_FOLDER) * 2 * precision.ROOM)
    monkeypatch.setattr(precision, "available_bytes", lambda: halves)
    assert print_table(settings, SAMPLES[:1]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "float32  does not fit: it needs 0.0 GB, 0.0 GB are free"
    assert told[2].startswith("bfloat16  ")
    assert told[3].startswith("float16  ")


def test_where_nothing_can_be_scored_the_command_says_so(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert print_table(settings, [tmp_path / "gone.jpg"]) == 1
    assert "no photo could be scored" in capsys.readouterr().out


def test_parameters_are_counted_from_the_headers_alone() -> None:
    assert math.isclose(count_parameters(DEMO_FOLDER), 7.176e6, rel_tol=0.01)
