"""Every error this package raises on purpose; knows no language of the page and no other module but the problems.

    LycheeError
    ├── SettingInvalid     a LYCHEE_ variable or an option that cannot be used
    ├── CalibrationRefused a calibration map that was made for other scores
    ├── QueryRefused       a query that is empty or too long
    ├── ExampleRefused     a query's example photo that cannot be looked at: the run ends
    ├── PhotoRefused       one photo that cannot be scored; the run goes on
    ├── ModelUnusable      a model folder that must not score anything
    ├── DeviceLost         a GPU that this process can use no more
    ├── ServersLost        servers that do not answer, not one of them: the run goes on once one does
    ├── ScoringElsewhere   a data folder whose photos another app scores
    ├── StorageFailed      a data folder that takes no more bytes
    ├── ExportFailed       a place that copies and tables cannot be written to
    ├── MetadataUnreadable metadata in a photo that nothing can be added to
    ├── RequestInvalid     a request over HTTP that says nothing that can be answered
    ├── LabelsInvalid      a labelled set that nothing can be measured with
    ├── BulkFailed         a bulk run that cannot begin, or not go on: its message says why
    ├── PairsInvalid       a list of photos and texts that cannot be used
    └── DownloadFailed     weights that could not be fetched

The facts are attributes; the message is English and meant for logs and the command line.
"""

from lychee_rerank.problems import (
    CalibrationProblem,
    FolderProblem,
    ModelProblem,
    PairsProblem,
    QueryProblem,
    RefusalReason,
)


class LycheeError(Exception):
    """The base of everything this package raises on purpose."""


class SettingInvalid(LycheeError):
    """A setting has a value that cannot be used."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value!r}: expected {expected}")
        self.name, self.value, self.expected = name, value, expected


class CalibrationRefused(LycheeError):
    """A map of LYCHEE_CALIBRATION was made for another model, readout or prompt: `made_for`."""

    def __init__(self, problem: CalibrationProblem, *, file: str, made_for: str) -> None:
        super().__init__(f"LYCHEE_CALIBRATION={file!r}: made for another {problem}: {made_for}")
        self.problem, self.file, self.made_for = problem, file, made_for


class QueryRefused(LycheeError):
    """A query is empty or too long; `characters` is its length after clean-up."""

    def __init__(self, problem: QueryProblem, *, characters: int) -> None:
        super().__init__(f"the query is {problem.value.replace('_', ' ')} ({characters} characters)")
        self.problem, self.characters = problem, characters


class ExampleRefused(LycheeError):
    """The photo that a query has as its example cannot be looked at; `reason` and `detail` as of PhotoRefused."""

    def __init__(self, reason: RefusalReason, *, detail: str = "") -> None:
        super().__init__(f"the example photo: {reason.value}" + (f": {detail}" if detail else ""))
        self.reason, self.detail = reason, detail


class PhotoRefused(LycheeError):
    """One photo cannot be scored; `detail`: what the bytes are ("GIF"), or how much too large ("182 MP > 160 MP")."""

    def __init__(self, reason: RefusalReason, *, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason, self.detail = reason, detail


class ModelUnusable(LycheeError):
    """A model folder cannot score; `file` is what is wrong in it, `detail` says how."""

    def __init__(self, problem: ModelProblem, *, file: str, detail: str = "", remedy: str) -> None:
        super().__init__(f"{problem.value}: {file}" + (f" ({detail})" if detail else "") + f"; {remedy}")
        self.problem, self.file, self.detail, self.remedy = problem, file, detail, remedy


class DeviceLost(LycheeError):
    """CUDA failed in a way that lasts as long as the process: it has to end and start again."""


class ServersLost(LycheeError):
    """No server answers; the message names the last one and what went wrong."""


class ScoringElsewhere(LycheeError):
    """Another app scores for this data folder."""


class StorageFailed(LycheeError):
    """A file could not be written, because the disk is full, say."""

    def __init__(self, folder: str, *, detail: str) -> None:
        super().__init__(f"{folder}: {detail}")
        self.folder, self.detail = folder, detail


class ExportFailed(LycheeError):
    """A folder or file cannot be written; `user` is the number of the user that tried."""

    def __init__(self, problem: FolderProblem, *, folder: str, user: int, detail: str = "") -> None:
        super().__init__(f"{folder}: {problem.value.replace('_', ' ')}" + (f" ({detail})" if detail else ""))
        self.problem, self.folder, self.user, self.detail = problem, folder, user, detail


class MetadataUnreadable(LycheeError):
    """The metadata that a photo has cannot be read, or takes nothing more: it is to be left as it is."""


class RequestInvalid(LycheeError):
    """A request over HTTP is none; the message says what it lacks."""


class LabelsInvalid(LycheeError):
    """A labelled set cannot be used; `line` counts from 1, and is None where the file as a whole is meant."""

    def __init__(self, file: str, detail: str, *, line: int | None = None) -> None:
        super().__init__(f"{file}, line {line}: {detail}" if line else f"{file}: {detail}")
        self.file, self.detail, self.line = file, detail, line


class PairsInvalid(LycheeError):
    """A list of pairs cannot be used as a whole."""

    def __init__(self, problem: PairsProblem, *, file: str, detail: str = "") -> None:
        super().__init__(f"{file}: {problem.value.replace('_', ' ')}" + (f" ({detail})" if detail else ""))
        self.problem, self.file, self.detail = problem, file, detail


class BulkFailed(LycheeError):
    """A bulk run cannot begin, or cannot go on; what is scored stays scored."""


class DownloadFailed(LycheeError):
    """The weights could not be fetched; what has arrived is kept and the next try goes on from there."""

    def __init__(self, repository: str, *, detail: str) -> None:
        super().__init__(f"{repository}: {detail}")
        self.repository, self.detail = repository, detail
