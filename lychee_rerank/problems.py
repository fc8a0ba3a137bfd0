"""What can be wrong with a photo, a query, a model, a copy, a folder or a list, and what is no photo: closed lists."""

from enum import StrEnum


class RefusalReason(StrEnum):
    """Why one photo was refused: a closed list."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    TRUNCATED = "truncated"
    BROKEN = "broken"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_BYTES = "too_many_bytes"
    UNREADABLE = "unreadable"
    OUT_OF_MEMORY = "out_of_memory"
    SUSPECT = "suspect"
    NOT_FINITE = "not_finite"
    REFUSED_BY_SERVER = "refused_by_server"


class PassedOver(StrEnum):
    """Why a file in a folder, or in a drop, is none of the photos: a closed list."""

    OTHER_TYPE = "other_type"
    DELETED = "deleted"
    SNAPSHOT = "snapshot"
    DERIVED = "derived"
    HIDDEN = "hidden"
    SYSTEM = "system"
    LINKED_FOLDER = "linked_folder"
    LINK_OUT = "link_out"
    OWN_PICKS = "own_picks"


class QueryProblem(StrEnum):
    """Why a query was refused."""

    EMPTY = "empty"
    TOO_LONG = "too_long"


class ModelProblem(StrEnum):
    """Why a model folder cannot score."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    CUT_SHORT = "cut_short"
    WRONG_TENSORS = "wrong_tensors"
    PICKLED = "pickled"
    NOT_QWEN2_5_VL = "not_qwen2_5_vl"
    QUANTISED = "quantised"
    LACKS_PACKAGE = "lacks_package"
    BAD_TOKENIZER = "bad_tokenizer"
    NO_ROOM = "no_room"
    CHANGED = "changed"
    SPLIT_LABELS = "split_labels"
    NO_TORCH = "no_torch"
    NOT_SERVED = "not_served"
    NO_LOG_PROBABILITIES = "no_log_probabilities"


class CopyProblem(StrEnum):
    """What went wrong with the copy of one photo; the others are copied."""

    GONE = "gone"
    CUT_SHORT = "cut_short"
    NAME_REFUSED = "name_refused"
    XMP_KEPT = "xmp_kept"


class FolderProblem(StrEnum):
    """Why nothing more can be written to a place."""

    NOT_A_FOLDER = "not_a_folder"
    NOT_ALLOWED = "not_allowed"
    READ_ONLY = "read_only"
    DISK_FULL = "disk_full"
    TAKEN = "taken"
    OTHER = "other"


class DataProblem(StrEnum):
    """Why nothing is kept in the data folder."""

    NOT_WRITABLE = "not_writable"
    NO_LOCKS = "no_locks"


class PairsProblem(StrEnum):
    """Why a list of pairs cannot be used at all."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    UNKNOWN_ENCODING = "unknown_encoding"
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
    TOO_MANY_CELLS = "too_many_cells"
    LINE_BREAK = "line_break"


class CalibrationProblem(StrEnum):
    """What a calibration map was made for, and what the scores come from another of."""

    MODEL = "model"
    READOUT = "readout"
    PROMPT = "prompt"


class DocumentProblem(StrEnum):
    """Why a document of a request over HTTP is no photo; the others are scored."""

    TEXT = "text"
    ADDRESS = "address"
    BAD_BASE64 = "bad_base64"
    SEVERAL = "several"
    NOTHING = "nothing"
    OUTSIDE = "outside"


DAMAGED_ROW = frozenset({RowProblem.UNREADABLE, RowProblem.TOO_MANY_CELLS, RowProblem.LINE_BREAK})  # the list is broken
