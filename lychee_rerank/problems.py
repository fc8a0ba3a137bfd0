"""What can be wrong with a copy, a place to write to, or a list of pairs: closed lists; knows nothing else."""

from enum import StrEnum


class CopyProblem(StrEnum):
    """What went wrong with the copy of one photo; the others are copied."""

    GONE = "gone"
    CUT_SHORT = "cut_short"
    XMP_KEPT = "xmp_kept"


class FolderProblem(StrEnum):
    """Why nothing more can be written to a place."""

    NOT_A_FOLDER = "not_a_folder"
    NOT_ALLOWED = "not_allowed"
    READ_ONLY = "read_only"
    DISK_FULL = "disk_full"
    TAKEN = "taken"
    OTHER = "other"


class PairsProblem(StrEnum):
    """Why a list of pairs cannot be used at all."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NO_COLUMNS = "no_columns"


class RowProblem(StrEnum):
    """Why one row of such a list is passed over; the others are scored."""

    NO_FILE = "no_file"
    NOT_THERE = "not_there"
    SEVERAL = "several"
    OUTSIDE = "outside"
    NO_TEXT = "no_text"
    TEXT_TOO_LONG = "text_too_long"
    BAD_LABEL = "bad_label"
    UNREADABLE = "unreadable"
