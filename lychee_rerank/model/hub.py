"""One repository's files from the hub into one folder; runs as a process of its own (see fetch.py).

Knows the hub's client and its errors; knows nothing of models, settings or disk space. The client's own
`snapshot_download` throws away a file that was cut in the middle (2.4.0), and one of these has 5 GB: so each file
arrives under a name with its version in it, is resumed, and is checked against the hub's listing.
"""

import errno
import hashlib
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.constants import ENDPOINT
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
from huggingface_hub.errors import HTTPError as HubError  # type: ignore[attr-defined]  # of its own HTTP client
from huggingface_hub.file_download import http_get
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import WeakFileLock, build_hf_headers  # type: ignore[attr-defined]  # exported lazily

from lychee_rerank.text import first_line

NEEDED_FILES = ("*.safetensors", "*.json", "*.txt", "*.jinja", "README*", "LICENSE*")  # never a pickle, never code
LOCK_WAIT_S = 0.1  # enough to take a free lock; whoever holds it does so for minutes
_GO_ON = "run the same command again: it goes on where it stopped"


def download_repository(repository: str, folder: Path) -> str:
    """Why the folder is not complete afterwards and what to do about it, as a sentence; empty when it is complete."""
    try:
        with WeakFileLock(folder / ".fetch.lock", timeout=LOCK_WAIT_S):
            _bring_files(repository, folder)
    except TimeoutError:  # of the lock; those of the network are another kind
        return f"another fetch is at work on {folder}: wait for it, or end it"
    except (RepositoryNotFoundError, HFValidationError) as error:
        return f"{ENDPOINT} has no such repository, or not for everyone ({first_line(error)})"
    except (OSError, HubError, ValueError) as error:  # ValueError: what came is no JSON
        return _explain(error)
    return ""


def _bring_files(repository: str, folder: Path) -> None:
    commit = HfApi().model_info(repository).sha  # one version for all files, whatever is published meanwhile
    for file in _needed_files(repository, commit):
        target = folder / file.path
        if not (target.is_file() and _is_as_listed(target, file)):
            _bring_file(file, target, hf_hub_url(repository, file.path, revision=commit))


def _needed_files(repository: str, commit: str | None) -> Iterator[RepoFile]:
    """The files at the top of the repository that a model is loaded from, with size and hash."""
    for entry in HfApi().list_repo_tree(repository, revision=commit):
        on_top = Path(entry.path).name == entry.path  # no answer of a hub leads out of the folder
        if on_top and isinstance(entry, RepoFile) and any(fnmatch(entry.path, pattern) for pattern in NEEDED_FILES):
            yield entry


def _bring_file(file: RepoFile, target: Path, url: str) -> None:
    """Completes one file; raises OSError when what has arrived is not what the hub listed."""
    part = target.with_name(f"{file.path}.{file.blob_id[:12]}.part")
    if part.is_file() and part.stat().st_size > file.size:  # nothing to go on with
        part.unlink()
    with part.open("ab") as stream:
        http_get(
            url,
            stream,
            resume_size=stream.tell(),
            headers=build_hf_headers() | {"Accept-Encoding": "identity"},  # bytes can be counted, so gone on with
            expected_size=file.size,
            displayed_filename=file.path,
        )
    if not _is_as_listed(part, file):
        part.unlink()
        raise OSError(f"{file.path} arrived damaged and was thrown away")
    part.replace(target)


def _is_as_listed(path: Path, file: RepoFile) -> bool:
    """True where length and hash are those of the hub's listing: SHA-256 for large files, git's own for small ones."""
    if path.stat().st_size != file.size:
        return False
    with path.open("rb") as stream:
        if file.lfs is not None:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.lfs.sha256
        content = b"blob %d\0" % file.size + stream.read()
    return hashlib.sha1(content, usedforsecurity=False).hexdigest() == file.blob_id


def _explain(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"{error.filename} cannot be written; set LYCHEE_MODELS_DIR to a folder of your own"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full; make room, then {_GO_ON}"
    away = f"{ENDPOINT} did not deliver ({first_line(error)})"
    return f"{away}; {_GO_ON}. Where that host is out of reach, set HF_ENDPOINT to the address of a mirror"


def main() -> int:
    """The exit status; standard output carries the reason of a failure, and nothing else."""
    repository, folder = sys.argv[1:]
    try:
        reason = download_repository(repository, Path(folder))
    except KeyboardInterrupt:  # a terminal sends it to both processes; the other one answers the user
        return 1
    sys.stdout.write(reason)
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
