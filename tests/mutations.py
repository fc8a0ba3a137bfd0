"""Pictures with damage that no camera makes: the same one for the same number."""

import random
import struct
from collections.abc import Callable

LENGTHS = (0, 1, 2, 7, 255, 4096, 65535, 1 << 24, (1 << 31) - 1, (1 << 32) - 1)


def mutate(contents: list[bytes], number: int) -> bytes:
    """One of the contents, damaged in one to six ways."""
    pick = random.Random(number)
    content = bytearray(pick.choice(contents))
    for _ in range(pick.choice((1, 1, 1, 2, 3, 6))):
        if content:
            pick.choice(MUTATIONS)(content, pick, contents)
    return bytes(content)


def _place(content: bytearray, pick: random.Random) -> int:
    """Somewhere in the content: as often in the headers at its start as anywhere."""
    return pick.randrange(min(len(content), pick.choice((64, 1024, len(content)))))


def _flip_bits(content: bytearray, pick: random.Random, _: list[bytes]) -> None:
    for _ in range(pick.choice((1, 1, 8, 64))):
        content[_place(content, pick)] ^= 1 << pick.randrange(8)


def _write_noise(content: bytearray, pick: random.Random, _: list[bytes]) -> None:
    start = _place(content, pick)
    content[start : start + 32] = pick.randbytes(pick.randrange(1, 64))


def _write_length(content: bytearray, pick: random.Random, _: list[bytes]) -> None:
    start, width = _place(content, pick), pick.choice((">I", "<I", ">H", "<H"))
    length = pick.choice(LENGTHS) % (1 << 8 * struct.calcsize(width))
    content[start : start + struct.calcsize(width)] = struct.pack(width, length)


def _cut_out(content: bytearray, pick: random.Random, _: list[bytes]) -> None:
    start = _place(content, pick)
    del content[start : start + pick.choice((1, 4, 100, 10_000))]


def _repeat(content: bytearray, pick: random.Random, _: list[bytes]) -> None:
    start = _place(content, pick)
    content[start:start] = content[start : start + pick.choice((4, 100, 10_000))] * pick.choice((1, 3, 50))


def _end_early(content: bytearray, pick: random.Random, _: list[bytes]) -> None:
    del content[_place(content, pick) :]


def _go_on_as_another(content: bytearray, pick: random.Random, contents: list[bytes]) -> None:
    other, start = pick.choice(contents), _place(content, pick)
    content[start:] = other[pick.randrange(len(other)) :]


MUTATIONS: tuple[Callable[[bytearray, random.Random, list[bytes]], None], ...] = (
    _flip_bits,
    _write_noise,
    _write_length,
    _cut_out,
    _repeat,
    _end_early,
    _go_on_as_another,
)
