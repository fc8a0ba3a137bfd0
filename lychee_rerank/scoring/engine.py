"""What scoring needs beside a query, for as long as a process has the model; reads no more of a photo than it must."""

from dataclasses import dataclass, field

from lychee_rerank.photos.decode import Decode, read_bytes
from lychee_rerank.photos.hashes import PhotoHashes
from lychee_rerank.records import Photo
from lychee_rerank.scoring.judge import Encoded, Judge, Prepared
from lychee_rerank.scoring.photo_memory import PhotoMemory


@dataclass(frozen=True, slots=True)
class HashedPhoto:
    """A photo with the SHA-256 of its bytes, and the bytes themselves where the hash had to be computed."""

    photo: Photo
    photo_hash: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Engine:
    """A judge, how photos are decoded for it, and what is remembered of them."""

    judge: Judge
    decode: Decode
    memory: "PhotoMemory[Encoded]" = field(default_factory=lambda: PhotoMemory(0))
    hashes: PhotoHashes = field(default_factory=PhotoHashes)

    def hash(self, photo: Photo) -> HashedPhoto:
        """The photo with its hash, for which an unchanged file is read once only; raises PhotoRefused."""
        known = self.hashes.find(photo.path)
        if known is not None:
            return HashedPhoto(photo, known)
        content = read_bytes(photo.path)
        return HashedPhoto(photo, self.hashes.take(photo.path, content), content)

    def prepare(self, hashed: HashedPhoto) -> Prepared:
        """The photo decoded and prepared for the judge; any thread may call this. Raises PhotoRefused."""
        content = hashed.content or read_bytes(hashed.photo.path)
        return self.judge.prepare(self.decode(content, fit=self.judge.fit_size))
