"""A photo that is to be the example of a query; knows no query's words."""

from lychee_rerank.errors import ExampleRefused, PhotoRefused
from lychee_rerank.photos.decode import read_bytes
from lychee_rerank.photos.hashes import PhotoHashes
from lychee_rerank.query import Example
from lychee_rerank.records import Photo


def load_example(photo: Photo, *, hashes: PhotoHashes | None = None) -> Example:
    """The photo as an example; its file is read unless `hashes` knows it. Raises ExampleRefused."""
    hashes = hashes or PhotoHashes()
    try:
        photo_hash = hashes.find(photo.path) or hashes.take(photo.path, read_bytes(photo.path))
    except PhotoRefused as refused:
        raise ExampleRefused(refused.reason, detail=refused.detail) from refused
    return Example(photo.name, photo.path, photo_hash)
