"""The sentences on finished results as one frozen table, filled once per language."""

from dataclasses import dataclass

from lychee_rerank.export.ratings import XmpForm
from lychee_rerank.facts import Orientation
from lychee_rerank.problems import CalibrationProblem
from lychee_rerank.results.selection import Selection, Sort


@dataclass(frozen=True, slots=True)
class ResultWords:
    """The sentences of one language; braces are filled by the caller with `str.format`."""

    threshold: str
    threshold_help: str
    top_k: str
    top_k_help: str
    sort_label: str
    sort: dict[Sort, str]
    bands_label: str
    bands: tuple[str, ...]
    cliff_line: str
    settled_line: str
    quick_legend: str
    full_looks: str
    best_of: str
    distinct: str
    distinct_help: str
    offer_distinct: str
    orientation_label: str
    orientation: dict[Orientation, str]
    width_label: str
    width: str
    any_width: str
    days_label: str
    shown: str
    none_shown: str
    none_in_range: str
    none_meets: str
    show_all: str
    histogram_title: str
    heat_title: str
    scores_axis: str
    photos_axis: str
    name_axis: str
    rank_axis: str
    pick: str
    picks: str
    pick_above: str
    pick_below: str
    pick_shown: str
    pick_none: str
    stars: tuple[str, ...]
    reject: str
    rejected: str
    rejected_among: str
    keys: str
    keys_steps: tuple[str, ...]
    keys_marks: tuple[str, ...]
    keys_others: tuple[str, ...]
    open_large: str
    previous: str
    next: str
    download: str
    criteria: str
    column_photo: str
    column_name: str
    column_whole: str
    criteria_help: str
    criteria_progress: str
    one_part: str
    offer_parts: str
    condition_least: str
    condition_most: str
    condition_both: str
    limits_help: str
    lift_condition: str
    offer_without: str
    conditions_met: str
    unwanted: str
    raw_score: str
    calibration_problem: dict[CalibrationProblem, str]
    why: str
    why_help: str
    why_waiting: str
    best: str
    best_all: str
    export: str
    part_label: str
    selection: dict[Selection, str]
    xmp_label: str
    xmp: dict[XmpForm, str]
    stars_label: str
    stars_help: str
    stars_wrong: str
    write_query: str
    as_zip: str
    as_csv: str
    as_json: str
    copy_to: str
    copy: str
    copying: str
