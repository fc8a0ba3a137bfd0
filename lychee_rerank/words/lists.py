"""The sentences on lists of photos and texts and their scores as one frozen table, filled once per language."""

from dataclasses import dataclass

from lychee_rerank.problems import PairsProblem, RowProblem


@dataclass(frozen=True, slots=True)
class ListWords:
    """The sentences of one language; braces are filled by the caller with `str.format`."""

    problem: dict[PairsProblem, str]
    row_problem: dict[RowProblem, str]
    read_as: str
    row_line: str
    pairs: str
    pairs_one: str
    passed_over: str
    moderate: str
    threshold: str
    threshold_help: str
    moderated: str
    figures: str
    undefined: str
    work_saved: str
    kept_recall: str
    kept_by_all: str
    kept_by_none: str
    no_misfits: str
    no_labels: str
    few_labels: str
    set_threshold: str
    recall: str
    precision: str
    saved: str
    line: str
    caption: str
    fits: str
    does_not_fit: str
    table: str
    terms: dict[str, str]
    remove: str
    newest: str
