"""What scoring needs beside a query, for as long as a process has the model; reads no more of a photo than it must."""

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import Decode, fit_within, read_bytes
from lychee_rerank.photos.fingerprint import SAMPLED_PX
from lychee_rerank.photos.hashes import PhotoHashes, hash_bytes
from lychee_rerank.problems import RefusalReason
from lychee_rerank.query import Example
from lychee_rerank.records import Photo
from lychee_rerank.scoring.cache_keys import EncodingKey
from lychee_rerank.scoring.examples import EncodedExamples
from lychee_rerank.scoring.judge import Encoded, Judge, KeptEncodings, Prepared
from lychee_rerank.scoring.known_facts import KnownFacts
from lychee_rerank.scoring.photo_memory import PhotoMemory


@dataclass(frozen=True, slots=True)
class HashedPhoto:
    """A photo with the SHA-256 of its bytes, and the bytes themselves where the hash had to be computed."""

    photo: Photo
    photo_hash: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Engine:
    """A judge, how photos are read and decoded for it, and what is remembered of them: in memory, in files if any.

    `facts` takes what is known of photos beside their scores, where anybody wants that.
    """

    judge: Judge
    decode: Decode
    memory: "PhotoMemory[Encoded]" = field(default_factory=lambda: PhotoMemory(0))
    hashes: PhotoHashes = field(default_factory=PhotoHashes)
    files: KeptEncodings | None = None
    facts: KnownFacts | None = None
    read: Callable[[Path], bytes] = read_bytes
    examples: EncodedExamples = field(default_factory=EncodedExamples)

    def hash(self, photo: Photo) -> HashedPhoto:
        """The photo with its hash, for which an unchanged file is read once only; raises PhotoRefused."""
        known = self.hashes.find(photo.path)
        if known is not None:
            return HashedPhoto(photo, known)
        content = self.read(photo.path)
        return HashedPhoto(photo, self.hashes.take(photo.path, content), content)

    def find_file(self, key: EncodingKey, *, gallery: Hashable) -> Encoded | None:
        """What the photo's file holds, where there is one that can be read; any thread may call this."""
        path = self.files.find(key, gallery=gallery) if self.files else None
        encoded = self.judge.unpack(path) if path else None
        if self.files and path and encoded is None:
            self.files.drop(key)
        return encoded

    def keep(self, key: EncodingKey, encoded: Encoded, *, gallery: Hashable) -> None:
        """Remembers an encoded photo, where there is room."""
        self.memory.keep(key, encoded, gallery=gallery)
        if self.files:
            self.files.keep(key, encoded.size_bytes, lambda: self.judge.pack(encoded), gallery=gallery)

    def prepare(self, hashed: HashedPhoto) -> Prepared:
        """The photo decoded and prepared for the judge; any thread may call this. Raises PhotoRefused."""
        content = hashed.content or self.read(hashed.photo.path)
        decoded = self.decode(content, fit=self.judge.fit_size)
        if self.facts:
            self.facts.keep(hashed.photo_hash, decoded.facts)
        return self.judge.prepare(decoded.picture)

    def encode_example(self, example: Example) -> Encoded:
        """The example as prompts take it, looked at once; where memory lacks, what is remembered is given back first.

        Raises ExampleRefused, DeviceLost.
        """
        return self.examples.find(example, self._look_at)

    def _look_at(self, example: Example) -> Encoded:
        content = self.read(example.path)
        if hash_bytes(content) != example.photo_hash:  # scores are kept by the hash
            raise PhotoRefused(RefusalReason.UNREADABLE)
        picture = self.decode(content, fit=self.judge.fit_example).picture
        try:
            return self.judge.encode_example(picture)
        except PhotoRefused as refused:
            if refused.reason is not RefusalReason.OUT_OF_MEMORY or not self.memory.used_bytes:
                raise
        self.memory.clear()
        return self.judge.encode_example(picture)

    def note_facts(self, hashed: HashedPhoto) -> None:
        """Has the facts of a photo known that need not be decoded: an earlier version scored it without them."""
        if self.facts and not self.facts.of([hashed.photo_hash]):
            with suppress(PhotoRefused):  # it has a score, and its facts are not worth losing that
                content = hashed.content or self.read(hashed.photo.path)
                self.facts.keep(hashed.photo_hash, self.decode(content, fit=fit_within(SAMPLED_PX)).facts)
