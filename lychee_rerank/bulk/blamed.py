"""The photos over which a GPU was lost, as empty files in a run's folder: they outlive the process that it cost."""

import re
import secrets
from collections import Counter

from pyarrow.fs import FileSelector, FileSystem

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.problems import RefusalReason
from lychee_rerank.records import Score
from lychee_rerank.scoring.judge import MOST_BLAMED, ScoresOfOneRun

_BLAMED = re.compile(r"_blamed-([0-9a-f]{64})-\w+")


class BlamedPhotos:
    """By the SHA-256 of a photo's bytes, how often a GPU was lost over it, or over others beside it."""

    def __init__(self, filesystem: FileSystem, folder: str) -> None:
        self._filesystem, self._folder = filesystem, folder
        names = (info.base_name for info in filesystem.get_file_info(FileSelector(folder)))
        self.times = Counter(match[1] for match in map(_BLAMED.fullmatch, names) if match)

    def add(self, photo_hash: str) -> None:
        """Notes it once more."""
        self.times[photo_hash] += 1
        name = f"{self._folder}/_blamed-{photo_hash}-{secrets.token_hex(8)}"
        self._filesystem.open_output_stream(name).close()


class ScoresOfOnePart(ScoresOfOneRun):
    """The scores of one part under one query, kept until its file is written."""

    def __init__(self, blamed: BlamedPhotos) -> None:
        self._blamed = blamed

    def find(self, photo_hash: str) -> Score | None:
        """The score of a photo; raises PhotoRefused where the GPU was lost over it twice."""
        if self._blamed.times[photo_hash] >= MOST_BLAMED:
            raise PhotoRefused(RefusalReason.SUSPECT)
        return self.get(photo_hash)

    def blame(self, photo_hash: str) -> None:
        """Remembers it beyond this process."""
        self._blamed.add(photo_hash)

    def blamed(self, photo_hash: str) -> bool:
        """True where it was blamed: the photo is to be tried by itself."""
        return self._blamed.times[photo_hash] > 0
