"""A HEIC made to cost much costs its process, within that one's limits, and the next photo is decoded as before."""

import pytest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode_child import LIMIT_BYTES
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.decode_processes import decoding_processes, peak_bytes
from tests.heif_boxes import Item, make_grid, make_overlay, make_tile, write_heic

TILE = make_tile()
LARGE = (12_000, 12_000)
GOOD = pictures.encode(pictures.make_photo(300, 200))


def small(width_px: int, height_px: int) -> tuple[int, int]:
    return 280, 196


def outcome(decoders: DecodePool, content: bytes) -> str:
    """What becomes of the file."""
    try:
        return f"decoded {decoders.decode(content, fit=small).picture.size}"
    except PhotoRefused as refused:
        return refused.reason


def test_the_boxes_are_put_together_as_a_decoder_wants_them() -> None:
    with DecodePool() as decoders:
        six = write_heic(*[TILE] * 6, make_grid(2, 3, (192, 128), sources=range(1, 7)), primary=7)
        laid = write_heic(TILE, make_overlay((640, 640), sources=[1]), primary=2)
        assert {outcome(decoders, content) for content in (six, laid)} == {"decoded (280, 196)"}


HOSTILE: dict[str, tuple[tuple[Item, ...], str]] = {
    "a grid of fewer tiles than it claims": ((TILE, make_grid(256, 256, LARGE, sources=[1])), "broken"),
    "a grid that claims more pixels than its tiles have": ((TILE, make_grid(1, 1, LARGE, sources=[1])), "broken"),
    "a grid of itself": ((TILE, make_grid(1, 1, (64, 64), sources=[2])), "broken"),
    "two grids of each other": (
        (TILE, make_grid(1, 1, (64, 64), sources=[3]), make_grid(1, 1, (64, 64), sources=[2])),
        "broken",
    ),
    "a grid of nothing": ((TILE, make_grid(1, 1, (64, 64), sources=[99])), "broken"),
    "a canvas of 3 GB laid on itself 199 times": (
        (TILE, *[make_overlay(LARGE, sources=[number]) for number in range(1, 200)]),
        "broken",
    ),
    "5,000 items": ((TILE,) * 5_000, "broken"),
    "a canvas above the limit": ((TILE, make_overlay((16_000, 10_001), sources=[1])), "too_many_pixels"),
    "900 tiles on one canvas": (
        ((TILE,) * 900 + (make_overlay((4_000, 4_000), sources=range(1, 901)),)),
        "decoded (280, 196)",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_heic_stays_within_its_process_and_memory_is_back_afterwards(name: str) -> None:
    items, expected = HOSTILE[name]
    with DecodePool() as decoders:
        assert outcome(decoders, GOOD) == "decoded (280, 196)"
        (process,) = decoding_processes()
        at_rest_bytes = process.memory_info().rss
        found = outcome(decoders, write_heic(*items, primary=len(items)))
        assert found == expected
        assert found != RefusalReason.SUSPECT
        assert outcome(decoders, GOOD) == "decoded (280, 196)"
        (process,) = decoding_processes()
        assert process.memory_info().rss < at_rest_bytes + 100_000_000
        assert peak_bytes(process) < at_rest_bytes + LIMIT_BYTES
