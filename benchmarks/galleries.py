"""Galleries to measure with: drawn at a size, or many cheap ones; every file differs from every other."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from PIL import Image

from lychee_rerank.records import Photo
from lychee_rerank.settings import PROJECT_FOLDER

_COMMENT = b"\xff\xfe"  # JPEG's marker of a comment, which no decoder looks at


def draw_photos(folder: Path, count: int, size: tuple[int, int]) -> tuple[Photo, ...]:
    """The samples at that size with the grain of a camera."""
    samples = [Image.open(path).convert("RGB") for path in sorted((PROJECT_FOLDER / "images").iterdir())]
    folder.mkdir()
    photos = []
    for n in range(count):
        grain = Image.effect_noise((400, 300), 40).resize(size).convert("RGB")
        picture = Image.blend(samples[n % len(samples)].resize(size), grain, 0.1)
        picture.putpixel((0, 0), (n % 256, n // 256, 0))
        photos.append(Photo(f"{n}.jpg", folder / f"{n}.jpg"))
        picture.save(photos[-1].path, quality=90)
    return tuple(photos)


def copy_photos(photos: tuple[Photo, ...], folder: Path) -> Iterator[Photo]:
    """As many as one wants, as cheap as can be: the same pictures with another comment in each file."""
    folder.mkdir()
    contents = cycle([photo.path.read_bytes() for photo in photos])
    for n, content in enumerate(contents):
        comment = f"{folder.name} {n}".encode()
        path = folder / f"{n}.jpg"
        path.write_bytes(content[:2] + _COMMENT + (len(comment) + 2).to_bytes(2, "big") + comment + content[2:])
        yield Photo(path.name, path)
