"""Calibration maps that can be applied by hand, and a file of one."""

from dataclasses import replace
from pathlib import Path

from lychee_rerank.records import Readout
from lychee_rerank.scoring.calibration import Calibration, Fit, write_calibration
from lychee_rerank.scoring.prompts import NUMBER

KNOTS = ((1.0, 0.0), (4.0, 3.0), (6.0, 3.0), (8.0, 7.0))
MAP = Calibration(KNOTS, "demo", "f1", Readout.NUMBER, NUMBER.identity, Fit(30, 3, 1.5, 0.5))
LEVEL = replace(MAP, knots=((0.0, 1.0), (2.0, 4.0), (10.0, 4.0)))  # from 2.0 on, all are 4.0
HALF = replace(MAP, knots=((0.0, 0.0), (10.0, 5.0)))


def save_in(folder: Path, calibration: Calibration) -> str:
    """The name of a file that holds it."""
    file = folder / "map.json"
    file.write_text(write_calibration(calibration), encoding="utf-8")
    return str(file)
