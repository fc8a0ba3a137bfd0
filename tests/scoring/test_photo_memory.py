"""Encoded photos that are remembered: bounded, and of use where a gallery is larger than the room for them."""

from dataclasses import dataclass

import pytest

from lychee_rerank.scoring.photo_memory import PhotoMemory


@dataclass(frozen=True)
class Encoded:
    size_bytes: int = 10
    copied: bool = False

    def on_host(self) -> "Encoded":
        return Encoded(self.size_bytes, copied=True)


def scan(memory: PhotoMemory[Encoded], gallery: str, photos: range, *, size_bytes: int = 10) -> int:
    """Scores the photos in order, what is remembered first, as the scorer does; how many were remembered."""
    hits = 0
    for photo in sorted(photos, key=lambda photo: photo not in memory):
        if memory.find(photo, gallery=gallery) is not None:
            hits += 1
        else:
            memory.keep(photo, Encoded(size_bytes), gallery=gallery)
        assert memory.used_bytes <= memory.max_bytes
    return hits


def test_what_is_kept_is_found_again_as_a_copy_on_the_host() -> None:
    memory = PhotoMemory[Encoded](100)
    assert memory.keep("a", Encoded(), gallery="g")
    assert memory.find("a", gallery="g") == Encoded(10, copied=True)
    assert memory.find("b", gallery="g") is None
    assert ("a" in memory, "b" in memory, memory.used_bytes) == (True, False, 10)


@pytest.mark.parametrize("photos", [100, 101, 140, 150, 1000])
def test_a_gallery_larger_than_the_room_still_gets_all_that_fits(photos: int) -> None:
    memory = PhotoMemory[Encoded](100 * 10)
    assert scan(memory, "g", range(photos)) == 0
    assert [scan(memory, "g", range(photos)) for _ in range(3)] == [100] * 3


def test_photos_of_other_galleries_give_way_the_longest_unused_first() -> None:
    memory = PhotoMemory[Encoded](100)
    scan(memory, "old", range(5))
    scan(memory, "older", range(5, 10))
    memory.find(0, gallery="old")
    scan(memory, "new", range(20, 24))
    assert [photo for photo in range(10) if photo in memory] == [0, 5, 6, 7, 8, 9]
    assert scan(memory, "new", range(20, 24)) == 4


def test_a_photo_belongs_to_the_gallery_that_used_it_last() -> None:
    memory = PhotoMemory[Encoded](50)
    scan(memory, "first", range(5))
    assert scan(memory, "second", range(5)) == 5
    assert not memory.keep("more", Encoded(), gallery="second")
    assert memory.keep("more", Encoded(), gallery="first")


def test_nothing_leaves_for_what_would_not_fit_even_then() -> None:
    memory = PhotoMemory[Encoded](100)
    scan(memory, "mine", range(6))
    scan(memory, "other", range(10, 14))
    assert not memory.keep("large", Encoded(60), gallery="mine")
    assert not memory.keep("huge", Encoded(101), gallery="new")
    assert (memory.used_bytes, scan(memory, "other", range(10, 14))) == (100, 4)


def test_another_gallery_gives_way_for_a_single_byte_that_lacks() -> None:
    memory = PhotoMemory[Encoded](100)
    scan(memory, "old", range(10))
    assert memory.keep("small", Encoded(1), gallery="new")
    assert memory.used_bytes == 91


def test_without_room_nothing_is_kept_nor_copied() -> None:
    memory = PhotoMemory[Encoded](0)
    assert not memory.keep("a", Encoded(), gallery="g")
    assert memory.used_bytes == 0


def test_all_of_it_can_be_given_back() -> None:
    memory = PhotoMemory[Encoded](100)
    scan(memory, "g", range(5))
    memory.clear()
    assert (memory.used_bytes, 0 in memory) == (0, False)
    assert memory.keep("a", Encoded(100), gallery="g")
