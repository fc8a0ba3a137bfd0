"""What scoring needs beside a query, for as long as a process has the model; reads no more of a photo than it must."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from lychee_rerank.photos.decode import Decode, read_bytes
from lychee_rerank.photos.hashes import PhotoHashes
from lychee_rerank.records import Photo
from lychee_rerank.scoring.cache_keys import EncodingKey
from lychee_rerank.scoring.judge import Encoded, Judge, KeptEncodings, Prepared
from lychee_rerank.scoring.photo_memory import PhotoMemory


@dataclass(frozen=True, slots=True)
class HashedPhoto:
    """A photo with the SHA-256 of its bytes, and the bytes themselves where the hash had to be computed."""

    photo: Photo
    photo_hash: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Engine:
    """A judge, how photos are decoded for it, and what is remembered of them: in memory, and in files if there are."""

    judge: Judge
    decode: Decode
    memory: "PhotoMemory[Encoded]" = field(default_factory=lambda: PhotoMemory(0))
    hashes: PhotoHashes = field(default_factory=PhotoHashes)
    files: KeptEncodings | None = None

    def hash(self, photo: Photo) -> HashedPhoto:
        """The photo with its hash, for which an unchanged file is read once only; raises PhotoRefused."""
        known = self.hashes.find(photo.path)
        if known is not None:
            return HashedPhoto(photo, known)
        content = read_bytes(photo.path)
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
        content = hashed.content or read_bytes(hashed.photo.path)
        return self.judge.prepare(self.decode(content, fit=self.judge.fit_size))
