"""The sentences on lists of photos and texts, in English."""

from lychee_rerank.export.tables import FLAGGED_COLUMNS, LABELS, NO, YES
from lychee_rerank.problems import PairsProblem, RowProblem
from lychee_rerank.words.lists import ListWords

ENGLISH_LISTS = ListWords(
    problem={
        PairsProblem.UNREADABLE: "{file} cannot be read ({detail}).",
        PairsProblem.TOO_LARGE: "{file} is larger than 20 MB: please split it.",
        PairsProblem.UNKNOWN_ENCODING: "{file} is of no certain encoding: in Excel, save it as “CSV UTF-8”.",
        PairsProblem.NO_COLUMNS: "{file} has to name the columns “file” and “text” in its first line.",
    },
    row_problem={
        RowProblem.NO_FILE: "the file is missing",
        RowProblem.NOT_THERE: "there is no such file",
        RowProblem.SEVERAL: "several photos have this name",
        RowProblem.OUTSIDE: "the name leads out of the folder of the list",
        RowProblem.NO_TEXT: "the text is missing",
        RowProblem.TEXT_TOO_LONG: "the text has more than 2,000 characters",
        RowProblem.BAD_LABEL: "the label is none of 1, 0, yes, no, fits, does not",
        RowProblem.UNREADABLE: "the quotes in it do not match",
        RowProblem.TOO_MANY_CELLS: "there are more cells than columns: a text with commas has to stand in quotes",
        RowProblem.LINE_BREAK: "the text seems to be broken here: one of several lines has to stand in quotes",
    },
    read_as="read as {encoding}",
    row_line="line {line}: {problem}",
    pairs="{n} pairs",
    pairs_one="1 pair",
    passed_over="Rows passed over: {n}",
    moderate="Score each pair",
    threshold="Check below",
    threshold_help="what is scored below this comes first, to be checked by hand; scores count unrounded",
    moderated="{all} = {flagged} below {threshold:g} + {passed} not below it + {refused} refused",
    figures="Against {n} labels: accuracy {accuracy}, precision {precision}, recall {recall}",
    undefined="undefined",
    work_saved="Manual work saved: {share}",
    kept_recall="Recall stays at {recall} or more from a threshold of {threshold} on (95% interval, by drawing the "
    "labels anew: {low:.1f} to {high:.1f}); precision {precision}, manual work saved {work_saved} there",
    kept_by_all="Recall stays at {recall} only if every pair is flagged: threshold {threshold}",
    kept_by_none="No threshold keeps recall at {recall}: too many pairs that do not fit are scored 10",
    no_misfits="No label says that a pair does not fit, so there is no recall to keep",
    no_labels="No scored pair has a label, so there is no curve",
    set_threshold="Set to {threshold}",
    recall="recall",
    precision="precision",
    saved="manual work saved",
    few_labels="⚠ Few labels ({fits} fit, {misfits} do not): below {fewest} of either kind, chance decides much",
    line="↑ {n} below {threshold:g}",
    caption="Score: {score}",
    fits="label: fits",
    does_not_fit="label: does not fit",
    table="All of it · CSV",
    terms={name: name for name in (*FLAGGED_COLUMNS, YES, NO, *LABELS.values())},
    remove="Remove",
    newest="added last",
)
