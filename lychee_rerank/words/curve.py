"""What a curve of thresholds says, in sentences; knows no number that it was not given."""

from lychee_rerank.results.threshold import FEWEST_LABELS, Curve
from lychee_rerank.words.table import Words


def describe_kept(words: Words, curve: Curve) -> str:
    """Which threshold keeps the recall that was asked for, and how sure that is."""
    kept, recall = curve.kept, words.shares(recall=curve.keep_recall)
    if kept is None:
        return words.lists.no_misfits
    point = kept.point
    if point is None:
        return words.lists.kept_by_none.format(**recall)
    if not point.work_saved:
        return words.lists.kept_by_all.format(threshold=point.threshold, **recall)
    shares = recall | words.shares(precision=point.precision, work_saved=point.work_saved)
    return words.lists.kept_recall.format(threshold=point.threshold, low=kept.low, high=kept.high, **shares)


def warn_of_few(words: Words, curve: Curve) -> str:
    """The warning where labels are few, else nothing."""
    counts = {"fits": curve.fits, "misfits": curve.misfits, "fewest": FEWEST_LABELS}
    return words.lists.few_labels.format(**counts) if curve.few_labels else ""
