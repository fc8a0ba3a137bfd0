"""The option of `evaluate` that writes a calibration map; scikit-learn is imported when one is made."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lychee_rerank.errors import LabelsInvalid, SettingInvalid
from lychee_rerank.export.copies import check_free, check_writable, save_as
from lychee_rerank.model_card import ModelCard
from lychee_rerank.scoring.calibration import write_calibration
from lychee_rerank.text import printable

if TYPE_CHECKING:
    from lychee_rerank.evaluation.calibrate import FittedMap
    from lychee_rerank.evaluation.evaluate import Evaluation


def add_calibrate_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    help_text = "write there a map by which scores of the one readout that is chosen mean what they say"
    parser.add_argument("--calibrate", metavar="FILE", type=Path, help=help_text)


def check_calibrate(options: argparse.Namespace) -> None:
    """Refuses what cannot be calibrated or written before the model loads; raises SettingInvalid, ExportFailed."""
    if options.calibrate is None:
        return
    readouts = list(dict.fromkeys(options.readout))
    if len(readouts) != 1:
        raise SettingInvalid("--readout", " ".join(readouts), "exactly one beside --calibrate")
    check_free(options.calibrate)
    check_writable(options.calibrate.parent)


def save_map(file: Path, evaluation: "Evaluation", card: ModelCard) -> "FittedMap":
    """Writes the map; raises LabelsInvalid where the set gives none, ExportFailed."""
    from lychee_rerank.evaluation.calibrate import calibrate

    fitted = calibrate(evaluation, card)
    if fitted is None:
        raise LabelsInvalid(
            str(file), "not written: a map needs scored photos of two queries in words that ask for two things"
        )
    save_as(file, write_calibration(fitted.calibration).encode())
    return fitted


def print_map(file: Path, fitted: "FittedMap") -> None:
    """What the map changes for queries that it has not seen."""
    fit = fitted.calibration.fit
    print("\nmapped, each query by a map made without it")
    print(f"{'score':12}{'photos':>8}{'mean score':>12}{'mean truth':>12}")
    for band in fitted.reliability:
        print(f"{band.band:12}{band.photos:8}{band.mean_score:12.2f}{band.mean_truth:12.2f}")
    made_from = f"{fit.photos} photos, {fit.queries} queries"
    if fit.error_after >= fit.error_before:
        print("The map makes nothing better: it needs more queries, or none is needed.")
    print(f"ECE {fit.error_before:.2f} before, {fit.error_after:.2f} after: {printable(str(file))}, from {made_from}")


def map_fields(fitted: "FittedMap") -> dict[str, object]:
    """The same as JSON."""
    fit = fitted.calibration.fit
    return {"ece_before": fit.error_before, "ece_after": fit.error_after} | {
        "reliability": [asdict(band) for band in fitted.reliability]
    }
