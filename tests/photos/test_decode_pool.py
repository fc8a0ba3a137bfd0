"""Decoding in processes of their own: the same pixels, and no photo that takes more than such a process with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from PIL import Image

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.decode_child import LIMIT_S
from lychee_rerank.photos.decode_pool import DecodePool
from lychee_rerank.problems import RefusalReason
from tests import pictures
from tests.decode_processes import decoding_processes
from tests.limits import WAIT_S
from tests.photos.decoding import same
from tests.served import ROOT

SAMPLES = sorted((ROOT / "images").iterdir())
GOOD = pictures.encode(pictures.make_photo(300, 200))


@pytest.fixture
def decoders() -> Iterator[DecodePool]:
    with DecodePool() as decoders:
        yield decoders
    assert decoding_processes() == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_pixels_and_facts_are_those_of_decoding_here(decoders: DecodePool, path: Path) -> None:
    asked = []

    def fit(width_px: int, height_px: int) -> tuple[int, int]:
        asked.append((width_px, height_px))
        return 280, 196

    decoded = decoders.decode(path.read_bytes(), fit=fit)
    expected, picture = decode_photo(path.read_bytes(), fit=fit), decoded.picture
    assert (picture.mode, picture.size, picture.tobytes()) == ("RGB", (280, 196), expected.picture.tobytes())
    assert decoded.facts == expected.facts
    assert asked[0] == asked[1]


@pytest.mark.parametrize("content", [b"", b"hello", GOOD[:-500], b"\x00\x00\x00\x18ftypheic" + bytes(100)])
def test_a_refusal_is_that_of_decoding_here(decoders: DecodePool, content: bytes) -> None:
    refusals = []
    for decode in (decoders.decode, decode_photo):
        with pytest.raises(PhotoRefused) as refused:
            decode(content, fit=same)
        refusals.append((refused.value.reason, refused.value.detail))
    assert refusals[0] == refusals[1]


def test_a_process_decodes_a_jpeg_at_its_limit_and_refuses_one_row_more(decoders: DecodePool) -> None:
    largest, larger = (pictures.claim_jpeg_size(GOOD, 20_000, height_px) for height_px in (12_500, 12_501))
    assert decoders.decode(largest, fit=lambda _w, _h: (28, 28)).picture.size == (28, 28)
    with pytest.raises(PhotoRefused) as refused:
        decoders.decode(larger, fit=same)
    assert refused.value.reason is RefusalReason.TOO_MANY_PIXELS


def test_one_process_serves_photo_after_photo(decoders: DecodePool) -> None:
    decoders.decode(GOOD, fit=same)
    first = decoding_processes()
    with pytest.raises(PhotoRefused):
        decoders.decode(b"hello", fit=same)
    decoders.decode(GOOD, fit=same)
    assert len(first) == 1
    assert decoding_processes() == first


def test_threads_decode_side_by_side_in_no_more_than_four_processes(decoders: DecodePool) -> None:
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda path: decoders.decode(path.read_bytes(), fit=same).picture.size, SAMPLES * 3))
    assert found == [decode_photo(path.read_bytes(), fit=same).picture.size for path in SAMPLES * 3]
    assert 1 < len(decoding_processes()) <= 4


def test_a_photo_that_hangs_is_refused_and_the_next_one_decoded(decoders: DecodePool) -> None:
    progressive = pictures.encode(Image.new("RGB", (8000, 8000)), "JPEG", progressive=True)
    scan = progressive[progressive.rfind(b"\xff\xda") : -2]
    hanging = progressive[:-2] + scan * 20_000 + progressive[-2:]
    begun_s = time.monotonic()
    with pytest.raises(PhotoRefused) as refused:
        decoders.decode(hanging, fit=same)
    assert refused.value.reason is RefusalReason.BROKEN
    assert time.monotonic() - begun_s > LIMIT_S / 2  # it was tried
    assert decoders.decode(GOOD, fit=same).picture.size == (300, 200)


def test_a_process_that_dies_is_replaced_and_the_photo_decoded(decoders: DecodePool) -> None:
    decoders.decode(GOOD, fit=same)
    (process,) = decoding_processes()
    process.send_signal(signal.SIGSEGV)
    process.wait(WAIT_S)
    assert decoders.decode(GOOD, fit=same).picture.size == (300, 200)


def test_a_photo_over_which_two_processes_die_is_a_suspect(decoders: DecodePool) -> None:
    died = []

    def fit(width_px: int, height_px: int) -> tuple[int, int]:
        (process,) = decoding_processes()
        process.kill()
        process.wait(WAIT_S)
        died.append(process.pid)
        return width_px, height_px

    with pytest.raises(PhotoRefused) as refused:
        decoders.decode(GOOD, fit=fit)
    assert refused.value.reason is RefusalReason.SUSPECT
    assert len(set(died)) == 2
    assert decoders.decode(GOOD, fit=same).picture.size == (300, 200)


def test_a_process_cannot_take_more_memory_than_its_limit() -> None:
    code = "from lychee_rerank.photos import decode_child as d; d._limit_memory(); bytearray(d.LIMIT_BYTES + (1 << 20))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr.splitlines()[-1] == "MemoryError"


def test_what_fit_raises_passes_through_and_the_next_photo_is_decoded(decoders: DecodePool) -> None:
    def fit(width_px: int, height_px: int) -> tuple[int, int]:
        raise KeyError(width_px)

    with pytest.raises(KeyError):
        decoders.decode(GOOD, fit=fit)
    assert decoders.decode(GOOD, fit=same).picture.size == (300, 200)


def test_a_process_that_decodes_while_the_pool_is_closed_ends_with_its_photo() -> None:
    pool = DecodePool()

    def close(width_px: int, height_px: int) -> tuple[int, int]:
        pool.close()
        return width_px, height_px

    assert pool.decode(GOOD, fit=close).picture.width == 300
    assert decoding_processes() == []


def test_no_process_is_left_when_the_app_is_killed() -> None:
    code = (
        "import sys; from lychee_rerank.photos.decode_pool import DecodePool; d = DecodePool();"
        "d.decode(sys.stdin.buffer.read(), fit=lambda w, h: (w, h));"
        "print(d._idle[0]._process.pid, flush=True); import time; time.sleep(60)"
    )
    app = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert app.stdin is not None
    assert app.stdout is not None
    with app:
        app.stdin.write(GOOD)
        app.stdin.close()
        child = psutil.Process(int(app.stdout.readline()))
        app.send_signal(signal.SIGKILL)
    child.wait(WAIT_S)
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE


def test_a_decoding_process_holds_no_file_of_the_apps(decoders: DecodePool, tmp_path: Path) -> None:
    with (tmp_path / "worker.lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        decoders.decode(GOOD, fit=same)
        (process,) = decoding_processes()
        assert [file.path for file in process.open_files() if str(tmp_path) in file.path] == []
