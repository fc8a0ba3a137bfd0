"""Runs in a decoding process: takes a photo's bytes, returns its pixels or a refusal, until the pipe is closed.

The other end is decode_pool.py. Messages: the bytes; then here the upright size and there the size to resize to, both
as JSON; then here the facts as JSON, the fingerprint and the pixels. Wherever this end writes JSON it may write a
refusal.
"""

import json
import resource
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from lychee_rerank.errors import PhotoRefused
from lychee_rerank.photos.decode import decode_photo
from lychee_rerank.photos.limits import limit_pillow

# Of processor time. The largest photos within limits.py took 11.6 s as HEIC (a grid of 160 million pixels in 68 MB),
# 6 s as PNG, 5 s as progressive JPEG, 4 s as AVIF, 3 s as WebP.
LIMIT_S = 15.0
# Above what the process has at its start. The same took 2.0 GB (HEIC), 1.7 GB (WebP), 1.5 GB (AVIF), 1.4 GB (PNG) and
# 1.3 GB (JPEG); what is reserved and never used counts too.
LIMIT_BYTES = (2 << 30) + (3 << 29)


def main(descriptor: int) -> None:
    """Decodes what comes in until the other end is closed."""
    _limit_memory()
    limit_pillow()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process, even in the middle of a decoder
    with Connection(descriptor) as line, suppress(EOFError, ConnectionError):
        while True:
            content = line.recv_bytes()
            signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
            _decode(line, content)
            signal.setitimer(signal.ITIMER_PROF, 0)


def _decode(line: Connection, content: bytes) -> None:
    def fit(width_px: int, height_px: int) -> tuple[int, int]:
        """What the other end answers."""
        _send(line, (width_px, height_px))
        target_width_px, target_height_px = json.loads(line.recv_bytes())
        return target_width_px, target_height_px

    try:
        decoded = decode_photo(content, fit=fit)
    except PhotoRefused as refused:
        _send(line, {"reason": refused.reason, "detail": refused.detail})
        return
    *facts, fingerprint = decoded.facts.row
    _send(line, facts)
    line.send_bytes(fingerprint)
    line.send_bytes(decoded.picture.tobytes())


def _send(line: Connection, message: object) -> None:
    line.send_bytes(json.dumps(message).encode())


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, ValueError):  # macOS has neither this file nor this limit
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + LIMIT_BYTES,) * 2)


if __name__ == "__main__":
    main(int(sys.argv[1]))
