"""Photos that a program holds in memory -> the bytes of a picture file; knows no folder and no model."""

from collections.abc import Iterable
from os import PathLike
from typing import Any, Protocol

from PIL import Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import Picture, encode_picture
from lychee_rerank.problems import RefusalReason

TAKEN = "a path, bytes, an open binary file, a PIL picture, or an array (height, width, 3) of uint8"


class BinaryFile(Protocol):
    """What `open(path, "rb")` and io.BytesIO return."""

    def read(self) -> bytes:
        """The rest of it."""


class Pixels(Protocol):
    """A NumPy array, or what exports itself as one."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """https://numpy.org/doc/stable/reference/arrays.interface.html."""


PhotoSource = str | PathLike[str] | bytes | bytearray | memoryview | BinaryFile | Picture | Pixels


def check_sources(photos: object) -> list[PhotoSource]:
    """The photos as a list; raises TypeError for a lone photo, and for anything in the list that is none."""
    if is_source(photos) or not isinstance(photos, Iterable):
        raise TypeError(f"photos: expected a list of photos, got {type(photos).__name__}; each is {TAKEN}")
    sources = list(photos)
    for index, source in enumerate(sources):
        check_source(source, name=f"photo {index}")
    return sources


def check_source(source: object, *, name: str) -> None:
    """Raises TypeError for what is no photo by its type; `name` is what it is given as."""
    if not is_source(source):
        raise TypeError(f"{name}: {type(source).__name__} is no photo; give {TAKEN}")


def is_source(source: object) -> bool:
    """True for what may be a photo by its type."""
    known = isinstance(source, str | PathLike | bytes | bytearray | memoryview | Image.Image)
    return known or hasattr(source, "read") or hasattr(source, "__array_interface__")


def read_source(source: PhotoSource) -> bytes:
    """The bytes of the picture file that it is, or is made into; raises PhotoRefused, TypeError for any other thing."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    if isinstance(source, Image.Image):
        return _encode(source)
    return _read_file(source) if hasattr(source, "read") else _encode(_read_array(source))


def _encode(picture: Picture) -> bytes:
    try:
        return encode_picture(picture)
    except MemoryError as error:
        raise PhotoRefused(RefusalReason.OUT_OF_MEMORY) from error
    except Exception as error:  # a picture that is closed, cut short or empty: Pillow raises half a dozen kinds
        raise PhotoRefused(RefusalReason.BROKEN) from error


def _read_file(file: Any) -> bytes:
    try:
        content = file.read()
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise PhotoRefused(RefusalReason.UNREADABLE) from error
    if not isinstance(content, bytes):
        raise TypeError(f"the file gives {type(content).__name__}: open it with mode 'rb'")
    return content


def _read_array(array: Any) -> Picture:
    interface = getattr(array, "__array_interface__", None)
    if interface is None:
        raise TypeError(f"{type(array).__name__} is no photo: give {TAKEN}")
    shape, kind = tuple(interface["shape"]), interface["typestr"]
    if len(shape) != 3 or shape[2] != 3 or kind != "|u1":
        raise TypeError(f"an array of shape {shape} and type {kind} is no photo: give {TAKEN}")
    if 0 in shape:
        raise PhotoRefused(RefusalReason.EMPTY)
    return Image.fromarray(array)
