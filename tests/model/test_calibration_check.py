"""A map is refused by the loader, which knows the model, before any weights are read."""

from dataclasses import replace
from pathlib import Path

import pytest

from lychee_rerank.errors import CalibrationRefused
from lychee_rerank.model.checkpoint import fingerprint_folder
from lychee_rerank.model.choice import DEMO_FOLDER
from lychee_rerank.model.loader import ModelLoader
from lychee_rerank.photos.hashes import hash_file
from lychee_rerank.problems import CalibrationProblem
from lychee_rerank.records import Readout
from lychee_rerank.scoring.calibration import Calibration
from lychee_rerank.settings import Settings, load_settings
from tests.maps import MAP

MADE_HERE = replace(MAP, fingerprint=fingerprint_folder(DEMO_FOLDER, hash_file))


def settings_with(folder: Path, calibration: Calibration) -> Settings:
    settings = load_settings({"LYCHEE_MODEL": "demo", "LYCHEE_DATA_DIR": str(folder), "LYCHEE_DEVICE": "cpu"})
    return replace(settings, calibration=calibration)


def test_a_map_for_this_model_is_taken_and_the_fingerprint_known_though_nobody_else_asked(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, MADE_HERE)
    assert ModelLoader(settings).load().card.fingerprint == MADE_HERE.fingerprint
    assert ModelLoader(replace(settings, calibration=None)).load().card.fingerprint == ""


@pytest.mark.parametrize(
    ("calibration", "readout", "problem"),
    [
        (MAP, Readout.NUMBER, CalibrationProblem.MODEL),
        (MADE_HERE, Readout.EXPECTED, CalibrationProblem.READOUT),
        (replace(MADE_HERE, prompt="number 1 other"), Readout.NUMBER, CalibrationProblem.PROMPT),
    ],
)
def test_a_map_for_other_scores_is_refused_before_the_weights_are_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    calibration: Calibration,
    readout: Readout,
    problem: CalibrationProblem,
) -> None:
    monkeypatch.setattr("lychee_rerank.model.from_folder.load_model", None)
    with pytest.raises(CalibrationRefused) as refused:
        ModelLoader(replace(settings_with(tmp_path, calibration), readout=readout)).load()
    assert refused.value.problem is problem
