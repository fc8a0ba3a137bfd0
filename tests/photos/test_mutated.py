"""Damaged pictures in bulk: each is scored or refused, in little time and memory, and none ends a process.

LYCHEE_MUTATIONS sets how many (2,000); 20,000 were tried once, with other numbers.
"""

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.decode_processes import computed_s, decoding_processes, peak_bytes
from tests.heif_pictures import encode_heic, encode_kind
from tests.mutations import mutate
from tests.profiles import DISPLAY_P3, linear_of_srgb, make_profile
from tests.served import ROOT

FILES = int(os.environ.get("LYCHEE_MUTATIONS", "2000"))
FIRST = int(os.environ.get("LYCHEE_FIRST_MUTATION", "0"))
MOST_S = 5.0  # of computing, by all decoding processes together: more than each has
MOST_BYTES = 700 << 20
PAGE = 60  # pictures between two looks at the memory


def originals() -> list[bytes]:
    """The sample gallery, and kinds of pictures that it lacks."""
    photo = pictures.make_photo(320, 240)
    frames = [photo, photo.rotate(180)]
    p3, turned = make_profile(DISPLAY_P3, linear_of_srgb), pictures.make_exif(6)
    kinds = {
        "JPEG": ({"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 2}, {"icc_profile": p3}),
        "PNG": ({"compress_level": 0}, {"optimize": True}, {"icc_profile": p3}),
        "WEBP": ({"lossless": True}, {"save_all": True, "append_images": frames[1:]}, {"icc_profile": p3}),
        "AVIF": ({}, {"exif": turned, "icc_profile": p3}, {"save_all": True, "append_images": frames[1:]}),
        "HEIC": ({"exif": turned}, {"tile_size": 64}, {"chroma": 444, "quality": -1}),
    }
    made = [encode_kind(kind, photo, **options) for kind, ways in kinds.items() for options in ways]
    made += [jpeg[:-2] for jpeg in made[:4]] + [encode_heic(*frames, primary=1)]
    modes = [pictures.encode(photo.convert(mode), "PNG") for mode in ("RGBA", "LA", "P", "L", "1", "I;16")]
    modes += [encode_kind(kind, photo.convert(mode)) for kind in ("HEIC", "AVIF") for mode in ("RGBA", "L")]
    return [path.read_bytes() for path in sorted((ROOT / "images").iterdir())] + made + modes


def fit(width_px: int, height_px: int) -> tuple[int, int]:
    """As a model with a small pixel budget would have it."""
    scale = min(1.0, 448 / max(width_px, height_px))
    return max(28, round(width_px * scale)), max(28, round(height_px * scale))


def test_every_damaged_picture_is_scored_or_refused_within_five_seconds_and_700_mb() -> None:
    contents = originals()
    with DecodePool() as decoders, ThreadPoolExecutor(2) as threads:

        def outcome(number: int) -> tuple[str, float]:
            content, begun_s = mutate(contents, number), computed_s()
            try:
                size = decoders.decode(content, fit=fit).picture.size
                assert max(size) <= 448
                return "decoded", computed_s() - begun_s
            except PhotoRefused as refused:
                return refused.reason, computed_s() - begun_s

        list(threads.map(outcome, range(-20, 0)))
        at_rest = {child.pid: child.memory_info().rss for child in decoding_processes()}
        outcomes = list(threads.map(outcome, range(FIRST, FIRST + FILES)))
        survivors = decoding_processes()
        most_bytes = max(peak_bytes(child) - at_rest[child.pid] for child in survivors if child.pid in at_rest)
    counts = Counter(reason for reason, _ in outcomes)
    slowest_s = max(seconds for _, seconds in outcomes)
    sys.stdout.write(f"{dict(counts)}, slowest {slowest_s:.2f} s, memory +{most_bytes / 2**20:.0f} MB\n")
    assert sum(counts.values()) == FILES
    assert counts["decoded"] > FILES // 20  # the damage leaves something to decode
    assert len(counts) > 4
    assert counts[RefusalReason.SUSPECT] == 0
    assert {child.pid for child in survivors} == set(at_rest)  # none died, none had to be stopped
    assert slowest_s < MOST_S
    assert most_bytes < MOST_BYTES


@pytest.mark.parametrize("number", range(5))
def test_the_damage_is_the_same_for_the_same_number(number: int) -> None:
    contents = originals()
    assert mutate(contents, number) == mutate(contents, number)
    assert mutate(contents, number) != mutate(contents, number + 1)
